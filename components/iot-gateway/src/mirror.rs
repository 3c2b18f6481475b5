//! Devices as rows of the hotel's database: what each is, kept up with in its own time.
//!
//! Pure. States, not steps: whatever the database missed, it gets what is now; a device that changes
//! faster than rows are taken has one row to send, not many.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wire::gateway::DeviceState;
use wire::record::Record;
use wire::{DeviceId, Integer, replica};

/// The table of devices.
const TABLE: &str = "device_state";

/// The row of every device.
pub type Rows = BTreeMap<DeviceId, Map<String, Value>>;

/// The row of a device.
pub fn row(state: &DeviceState) -> Map<String, Value> {
    let columns = [
        ("id", json!(state.device)),
        ("kind", json!(state.kind)),
        ("room", json!(state.room)),
        ("online", json!(state.online)),
        ("state", json!(state.reported)),
        ("at", json!(state.reported_at.unwrap_or_default())),
    ];
    columns
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// What the database lacks: the rows that differ from those it has confirmed, and the ends of
/// devices that are no more; at most `most` of them.
pub fn lacking(now: Integer, wanted: &Rows, confirmed: &Rows, most: usize) -> Vec<Record> {
    let changed = wanted
        .iter()
        .filter(|(device, row)| confirmed.get(*device) != Some(*row))
        .map(|(_, row)| row.clone());
    let gone = confirmed
        .keys()
        .filter(|device| !wanted.contains_key(*device))
        .map(end);
    changed
        .chain(gone)
        .take(most)
        .map(|row| replica::row(now, TABLE, row))
        .collect()
}

/// Takes over what the database has confirmed.
pub fn confirm(confirmed: &mut Rows, records: Vec<Record>) {
    for Record { body, .. } in records {
        let device = body.get("id").and_then(Value::as_str);
        let Some(device) = device.and_then(|device| device.parse().ok()) else {
            continue;
        };
        if body.contains_key(DELETED) {
            confirmed.remove(&device);
        } else {
            confirmed.insert(device, body);
        }
    }
}

/// The member that says that a row is no more.
const DELETED: &str = "_deleted";

fn end(device: &DeviceId) -> Map<String, Value> {
    [("id", json!(device)), (DELETED, json!(true))]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;
