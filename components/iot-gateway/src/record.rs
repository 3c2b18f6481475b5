//! Records for `uplink`: the facts that leave the gateway.

use serde::Serialize;
use serde_json::{Map, Value, json};
use wire::device::{Scalar, State};
use wire::gateway::{DeviceGap, DeviceRecord};
use wire::record::{Record, Stream};
use wire::registry::RegisteredDevice;
use wire::{Capability, DeviceId, Integer, Sha256, Word};

use crate::effect::Change;
use crate::stream::{Lost, Place};

/// What a numbered message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A measurement.
    Telemetry(Capability, Scalar),
    /// The state, and the desired version it answers.
    Reported(Integer, State),
    /// Something happened.
    Event {
        /// What.
        kind: Word,
        /// Whether somebody must act.
        alarm: bool,
        /// More about it.
        data: State,
    },
}

/// A numbered message of a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where it stands.
    pub place: Place,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// When, by the device's clock.
    pub at: Integer,
    /// What it says.
    pub content: Content,
}

/// The record of an accepted message.
pub fn of_message(wall: Integer, device: &RegisteredDevice, message: &Message) -> Change {
    let at = message.at;
    let (stream, kind, capability, members) = match &message.content {
        Content::Telemetry(capability, value) => (
            Stream::P2,
            "telemetry",
            Some(capability.clone()),
            json!({ "at": at, "value": value }),
        ),
        Content::Reported(version, state) => (
            Stream::P1,
            "reported",
            None,
            json!({ "at": at, "version": version, "state": state }),
        ),
        Content::Event { kind, alarm, data } => (
            if *alarm { Stream::P0 } else { Stream::P1 },
            "device-event",
            None,
            json!({ "at": at, "kind": kind, "alarm": alarm, "data": data }),
        ),
    };
    let body = DeviceRecord {
        device: device.device.clone(),
        room: device.room.clone(),
        boot: message.place.boot,
        seq: message.place.seq,
        digest: message.sha256.short(),
        capability,
        message: State(object(members)),
    };
    record(wall, stream, kind, &body)
}

/// The record of places that will never be filled.
pub fn of_loss(wall: Integer, device: &DeviceId, lost: &Lost) -> Change {
    let integer = |place| Integer::new(place).expect("places come from bounded integers");
    let body = DeviceGap {
        device: device.clone(),
        boot: lost.boot,
        first_seq: integer(lost.places.first),
        last_seq: integer(lost.places.last),
    };
    record(wall, Stream::P1, "device-gap", &body)
}

fn record(at: Integer, stream: Stream, kind: &str, body: &impl Serialize) -> Change {
    let body = serde_json::to_value(body).expect("wire types always have a JSON form");
    let kind = kind.parse().expect("kinds of records are words");
    let body = object(body);
    Change::Record(stream, Record { at, kind, body })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("bodies of records are objects")
        }
    }
}
