//! What devices of a kind usually can.

use std::collections::BTreeSet;

use wire::Capability;
use wire::device::Kind;

/// The capabilities a device gets when nobody names any.
pub(super) fn usual(kind: Kind) -> BTreeSet<Capability> {
    let words: &[&str] = match kind {
        Kind::Thermostat => &[
            "temperature",
            "humidity",
            "target-temperature",
            "mode",
            "battery",
        ],
        Kind::Lock => &["lock", "door", "battery"],
        Kind::Occupancy => &["occupancy", "battery"],
        Kind::Contact => &["contact", "battery"],
    };
    words
        .iter()
        .map(|word| word.parse().expect("capabilities are words"))
        .collect()
}
