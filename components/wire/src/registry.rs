//! The registry of devices: a file that provisioning writes and `iot-gateway` reads.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::credential::CERTIFICATE_MAX;
use crate::device::Kind;
use crate::id::{Capability, DeviceId};
use crate::octets::Octets;

/// Every device of a property.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Registry {
    /// Version of this body.
    pub v: Version<1>,
    /// The devices; no id twice.
    pub devices: Vec<RegisteredDevice>,
}

/// What a device that keeps its own key needs to join: nothing secret, and short enough for a QR
/// code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Onboarding {
    /// Version of this body.
    pub v: Version<1>,
    /// The device.
    pub device: DeviceId,
    /// Where the broker listens, `HOST:PORT`.
    pub broker: String,
    /// Where the authority serves HTTPS, `HOST:PORT`: who renews the leaf.
    pub authority: String,
    /// The property's CA, DER: the only one that the device believes.
    pub ca: Octets<CERTIFICATE_MAX>,
    /// The device's leaf for its own key, DER.
    pub certificate: Octets<CERTIFICATE_MAX>,
    /// The chain root, DER: whose notice of another CA the device will believe, and nothing else;
    /// absent where the property does not know its root yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Octets<CERTIFICATE_MAX>>,
    /// Number of the last such notice, which the device must not take any more; 0 before the first.
    #[serde(default)]
    pub ca_number: Integer,
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
