//! What can be asked of `iot-gateway`, and the records it hands to `uplink`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Integer;
use crate::device::{AckStatus, Kind, State};
use crate::digest::ShortSha256;
use crate::id::{Capability, DeviceId, ExecutionId, Operation};
use crate::problem::Problem;

/// Operation: devices by id, a page at a time.
pub const LIST: &str = "list";
/// Operation: everything known about one device.
pub const STATE: &str = "state";
/// Operation: change what a device should become.
pub const SET_DESIRED: &str = "set-desired";
/// Operation: let a device do something once.
pub const COMMAND: &str = "command";
/// Operation: let a lock draw its bolt back; [`crate::door::Petition`] → [`Executed`].
pub const UNLOCK: &str = crate::door::UNLOCK;
/// Operation: let a lock shut its bolt; [`crate::door::Petition`] → [`Executed`].
pub const LOCK: &str = crate::door::LOCK;
/// Operation: the newest entries of one lock's trail; [`crate::audit::TrailOf`] →
/// [`crate::audit::Trail`].
pub const TRAIL: &str = "trail";
/// Operation: the whole trail, a page at a time; [`crate::audit::PageOf`] →
/// [`crate::audit::Page`].
pub const AUDIT: &str = "audit";
/// Every operation of the gateway.
pub const OPERATIONS: &[&str] = &[
    LIST,
    STATE,
    SET_DESIRED,
    COMMAND,
    UNLOCK,
    LOCK,
    TRAIL,
    AUDIT,
];

/// Most devices of one page.
pub const PAGE_MAX: u32 = 200;

/// Body of a [`LIST`] request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct List {
    /// Begin after this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<DeviceId>,
}

/// Reply to [`LIST`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Devices {
    /// At most [`PAGE_MAX`] devices, by id.
    pub devices: Vec<DeviceSummary>,
    /// How many devices the registry holds.
    pub total: u32,
    /// How many of them are online.
    pub online: u32,
    /// Where the next page begins after; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<DeviceId>,
}

/// One line of a list of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceSummary {
    /// The device.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Whether it is connected.
    pub online: bool,
}

/// Body of a [`STATE`] request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateOf {
    /// The device.
    pub device: DeviceId,
}

/// Reply to [`STATE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceState {
    /// The device.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What it can do: what registry and birth agree on.
    pub capabilities: BTreeSet<Capability>,
    /// Firmware version, as the last birth said.
    pub firmware: String,
    /// Whether it is connected.
    pub online: bool,
    /// Its outbox store; absent before the first birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Integer>,
    /// The last of the unbroken row of committed messages of this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through_seq: Option<Integer>,
    /// Messages known to be missing and still expected.
    pub missing: Integer,
    /// Messages that the device itself gave up, over all boots.
    pub lost: Integer,
    /// What it is.
    pub reported: State,
    /// The desired version that `reported` answers.
    pub reported_version: Integer,
    /// When it was, in Unix milliseconds; absent before the first report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Integer>,
    /// What it should become.
    pub desired: State,
    /// Version of `desired`; grows with every change.
    pub desired_version: Integer,
    /// Desired minus reported.
    pub delta: State,
}

/// Body of a [`SET_DESIRED`] request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetDesired {
    /// The device.
    pub device: DeviceId,
    /// Members to change; `null` removes one.
    pub state: State,
    /// Only if the desired version is still this one; absent for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Integer>,
}

/// Reply to [`SET_DESIRED`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    /// Version of the desired state now.
    pub version: Integer,
    /// The desired state now.
    pub state: State,
    /// What the device still has to change.
    pub delta: State,
}

/// Body of a [`COMMAND`] request; its request id becomes the execution id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Execute {
    /// The device.
    pub device: DeviceId,
    /// What to do.
    pub operation: Operation,
    /// How.
    #[serde(default)]
    pub arguments: State,
}

/// Reply to [`COMMAND`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Executed {
    /// The execution.
    pub execution: ExecutionId,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, when it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// How the execution of a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The device did it.
    Succeeded,
    /// The device tried in vain.
    Failed,
    /// The device did not try.
    Rejected,
    /// The command may or may not have been carried out: read the state, do not send it again
    /// blindly.
    TimedOut,
}

impl Outcome {
    /// The outcome that an acknowledgement means, if it is the last.
    pub fn of(status: AckStatus) -> Option<Self> {
        match status {
            AckStatus::Accepted | AckStatus::InProgress => None,
            AckStatus::Succeeded => Some(Self::Succeeded),
            AckStatus::Failed => Some(Self::Failed),
            AckStatus::Rejected => Some(Self::Rejected),
        }
    }
}

/// Body of the records `telemetry`, `reported` and `device-event`: one message of a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceRecord {
    /// The device.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Its outbox store.
    pub boot: Integer,
    /// Place in the outbox.
    pub seq: Integer,
    /// Digest of the message as it arrived.
    pub digest: ShortSha256,
    /// What was measured; for `telemetry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<Capability>,
    /// The message's own members: `value`, `state`, `kind` and the like.
    pub message: State,
}

/// Body of the record `device-gap`: messages that the device gave up before they arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceGap {
    /// The device.
    pub device: DeviceId,
    /// Its outbox store.
    pub boot: Integer,
    /// First missing place.
    pub first_seq: Integer,
    /// Last missing place.
    pub last_seq: Integer,
}
