//! What devices say and hear.
//!
//! `boot` names one outbox store of the device and grows with every new one; `seq` counts its
//! messages from 0 across `reported`, `telemetry` and `event`, is fixed when a message enters the
//! outbox and kept through restarts. A device keeps a message until [`Received`] covers it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Integer, Version};
use crate::door::{CHALLENGE_MAX, Warrant};
use crate::id::{Capability, ExecutionId, Operation, Word};
use crate::octets::Octets;
use crate::problem::Problem;

/// What sort of device it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Heats or cools a room to a target temperature.
    Thermostat,
    /// Locks a door.
    Lock,
    /// Sees whether somebody is in a room.
    Occupancy,
    /// Sees whether a door or window is open.
    Contact,
}

impl Kind {
    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thermostat => "thermostat",
            Self::Lock => "lock",
            Self::Occupancy => "occupancy",
            Self::Contact => "contact",
        }
    }
}

/// Retained, published at every connect: a new life of the device began or its old one goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Birth {
    /// Version of this body.
    pub v: Version<1>,
    /// The outbox store in use.
    pub boot: Integer,
    /// What it can do; may only narrow what the registry says.
    pub capabilities: BTreeSet<Capability>,
    /// Firmware version, free text up to 64 characters.
    pub firmware: String,
    /// Lowest `seq` that the device still holds, or will use next: whatever is below was received
    /// or given up. A gateway that has lost its memory goes on from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_seq: Option<Integer>,
}

/// Retained, and the last will: whether the device is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Online {
    /// Version of this body.
    pub v: Version<1>,
    /// Whether it is connected.
    pub online: bool,
    /// The outbox store at connect; a will of another boot is ignored.
    pub boot: Integer,
}

/// Retained: the state of the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reported {
    /// Version of this body.
    pub v: Version<1>,
    /// The outbox store.
    pub boot: Integer,
    /// Place in the outbox.
    pub seq: Integer,
    /// Lowest `seq` the device still holds, when it had to drop older ones unreceived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_seq: Option<Integer>,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// The last [`Delta`] version applied; 0 before the first.
    pub version: Integer,
    /// The whole state.
    pub state: State,
}

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Telemetry {
    /// Version of this body.
    pub v: Version<1>,
    /// The outbox store.
    pub boot: Integer,
    /// Place in the outbox.
    pub seq: Integer,
    /// Lowest `seq` the device still holds, when it had to drop older ones unreceived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_seq: Option<Integer>,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// The measured value, in the unit that the capability's name implies or ends with.
    pub value: Scalar,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Version of this body.
    pub v: Version<1>,
    /// The outbox store.
    pub boot: Integer,
    /// Place in the outbox.
    pub seq: Integer,
    /// Lowest `seq` the device still holds, when it had to drop older ones unreceived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_seq: Option<Integer>,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// What happened: `opened`, `low-battery`.
    pub kind: Word,
    /// Whether somebody must act.
    #[serde(default)]
    pub alarm: bool,
    /// More about it.
    #[serde(default)]
    pub data: State,
}

/// Gateway to device: every message of `boot` up to and including `through_seq` is committed, or
/// declared dropped by the device itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    /// Version of this body.
    pub v: Version<1>,
    /// The outbox store.
    pub boot: Integer,
    /// The last of the unbroken row of committed messages.
    pub through_seq: Integer,
}

/// Gateway to device: desired minus reported; empty when nothing is to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delta {
    /// Version of this body.
    pub v: Version<1>,
    /// Version of the desired state; a device ignores one older than it has applied.
    pub version: Integer,
    /// What differs, with the desired values.
    pub state: State,
}

/// Gateway to device: do this now, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// Version of this body.
    pub v: Version<1>,
    /// The same as in the topic.
    pub execution: ExecutionId,
    /// The device's boot this command is for; another boot rejects it.
    pub boot: Integer,
    /// What to do.
    pub operation: Operation,
    /// How.
    #[serde(default)]
    pub arguments: State,
    /// Not to be started after this moment, in Unix milliseconds.
    pub expires_at: Integer,
    /// What lets a lock turn its bolt; other devices and operations need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warrant: Option<Warrant>,
}

/// Device to gateway: how a command goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ack {
    /// Version of this body.
    pub v: Version<1>,
    /// The same as in the topic.
    pub execution: ExecutionId,
    /// How far it is.
    pub status: AckStatus,
    /// Why, when rejected or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// What a lock was asked for, when it gave a challenge; random, at least
    /// [`crate::door::CHALLENGE_MIN`] octets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Octets<CHALLENGE_MAX>>,
}

/// How far the execution of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    /// Understood, will be done.
    Accepted,
    /// Being done.
    InProgress,
    /// Done.
    Succeeded,
    /// Tried in vain.
    Failed,
    /// Not tried.
    Rejected,
}

impl AckStatus {
    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        match self {
            Self::Accepted | Self::InProgress => false,
            Self::Succeeded | Self::Failed | Self::Rejected => true,
        }
    }
}

/// A measured value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// On or off, open or closed.
    Switch(bool),
    /// A quantity.
    Number(f64),
    /// A word from the capability's own list.
    Text(String),
}

/// A device's settings or readings by name: a JSON object of at most
/// [`crate::bound::STATE_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct State(pub Map<String, Value>);

impl State {
    /// What of `self` differs in `reported`: the shadow semantics of AWS IoT, where objects are
    /// compared member by member and arrays as wholes.
    #[must_use]
    pub fn minus(&self, reported: &Self) -> Self {
        Self(difference(&self.0, &reported.0))
    }

    /// Takes over the members of `change`; a `null` removes one, objects merge (RFC 7396).
    pub fn merge(&mut self, change: &Self) {
        merge(&mut self.0, &change.0);
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn difference(desired: &Map<String, Value>, reported: &Map<String, Value>) -> Map<String, Value> {
    let mut delta = Map::new();
    for (name, wanted) in desired {
        match (wanted, reported.get(name)) {
            (Value::Object(wanted), Some(Value::Object(actual))) => {
                let inner = difference(wanted, actual);
                if !inner.is_empty() {
                    delta.insert(name.clone(), Value::Object(inner));
                }
            }
            (wanted, actual) if actual.is_some_and(|actual| same(wanted, actual)) => {}
            (wanted, _) => {
                delta.insert(name.clone(), wanted.clone());
            }
        }
    }
    delta
}

/// Equality under which `19` and `19.0` are one number, as they are for a thermostat.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => left == right,
    }
}

fn merge(state: &mut Map<String, Value>, change: &Map<String, Value>) {
    for (name, value) in change {
        match (value, state.get_mut(name)) {
            (Value::Null, _) => {
                state.remove(name);
            }
            (Value::Object(change), Some(Value::Object(inner))) => merge(inner, change),
            (Value::Object(change), _) => {
                let mut inner = Map::new();
                merge(&mut inner, change);
                state.insert(name.clone(), Value::Object(inner));
            }
            (value, _) => {
                state.insert(name.clone(), value.clone());
            }
        }
    }
}
