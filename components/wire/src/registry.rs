//! The registry of devices: a file that provisioning writes and `iot-gateway` reads.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Version;
use crate::device::Kind;
use crate::id::{Capability, DeviceId};

/// Every device of a property.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Registry {
    /// Version of this body.
    pub v: Version<1>,
    /// The devices; no id twice.
    pub devices: Vec<RegisteredDevice>,
}

/// What the property knows of a device before it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredDevice {
    /// The device.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Where it is, up to 40 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What it may do and measure.
    pub capabilities: BTreeSet<Capability>,
}
