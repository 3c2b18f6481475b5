//! Devices as rows of the hotel's database: what each is, kept up with in its own time.
//!
//! Pure. States, not steps: whatever the database missed, it gets what is now; a device that changes
//! faster than rows are taken has one row to send, not many. The end of a row is a state as well:
//! the database may have a device that was taken out of the registry while nobody looked.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wire::gateway::DeviceState;
use wire::record::Record;
use wire::replica::{self, DELETED};
use wire::{DeviceId, Integer};

/// The table of devices.
const TABLE: &str = "device_state";

/// The row of every device that is, and the end of every one that was.
pub type Rows = BTreeMap<DeviceId, Map<String, Value>>;

/// The row of a device.
pub fn row(state: &DeviceState) -> Map<String, Value> {
    replica::columns([
        ("id", json!(state.device)),
        ("kind", json!(state.kind)),
        ("room", json!(state.room)),
        ("online", json!(state.online)),
        ("state", json!(state.reported)),
        ("at", json!(state.reported_at.unwrap_or_default())),
    ])
}

/// The end of the row of a device that is no more.
pub fn end(device: &DeviceId) -> Map<String, Value> {
    replica::columns([("id", json!(device)), (DELETED, json!(true))])
}

/// What the database lacks: the rows that differ from those it has confirmed; at most `most` of
/// them.
pub fn lacking(now: Integer, wanted: &Rows, confirmed: &Rows, most: usize) -> Vec<Record> {
    wanted
        .iter()
        .filter(|(device, row)| confirmed.get(*device) != Some(*row))
        .map(|(_, row)| replica::row(now, TABLE, row.clone()))
        .take(most)
        .collect()
}

/// Takes over what the database has confirmed.
pub fn confirm(confirmed: &mut Rows, records: Vec<Record>) {
    for Record { body, .. } in records {
        let device = body.get("id").and_then(Value::as_str);
        if let Some(device) = device.and_then(|device| device.parse().ok()) {
            confirmed.insert(device, body);
        }
    }
}

#[cfg(test)]
mod tests;
