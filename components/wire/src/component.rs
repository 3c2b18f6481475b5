//! The components of a property; their names are reserved as principals.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! components {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// One program of the suite: its name on the bus, in recipes, in metrics and in logs.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Component { $($(#[$doc])* $name,)* }

        impl Component {
            /// Every component.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

components! {
    /// Holds the property's signing key: certificates, tokens, policy, revocation.
    Authority = "authority";
    /// The local MQTT broker (mosquitto).
    Broker = "broker";
    /// Serves the web pages.
    Console = "console";
    /// Printers, point of sale, the box's own WebRTC peer.
    DeviceProxy = "device-proxy";
    /// Answers from ONNX models.
    Inference = "inference";
    /// Thermostats, locks, sensors.
    IotGateway = "iot-gateway";
    /// The hotel's database and its synchronisation.
    ReplicaSync = "replica-sync";
    /// Brings WebRTC peers together.
    Signaling = "signaling";
    /// Durable batches to the cloud.
    Uplink = "uplink";
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Component {
    type Err = NotAComponent;

    fn from_str(text: &str) -> Result<Self, NotAComponent> {
        Self::ALL
            .iter()
            .copied()
            .find(|component| component.as_str() == text)
            .ok_or(NotAComponent)
    }
}

/// The text is not the name of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a component")]
pub struct NotAComponent;
