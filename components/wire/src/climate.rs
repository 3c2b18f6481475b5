//! Climate of rooms, as staff pages see it; the truth is with `iot-gateway`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::DeviceId;

/// The climate of every room with a thermostat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rooms {
    /// By room, then by device.
    pub rooms: Vec<Room>,
}

/// The climate of one room, by one thermostat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// The thermostat.
    pub device: DeviceId,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Whether it is connected.
    pub online: bool,
    /// How warm it is, in degrees Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f64>,
    /// How warm it should be, as the thermostat says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_celsius: Option<f64>,
    /// How warm it should be, as the hotel wants and the thermostat has not yet confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_celsius: Option<f64>,
}

/// How warm a room should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetTarget {
    /// The thermostat.
    pub device: DeviceId,
    /// In degrees Celsius; the gateway refuses what the thermostat cannot do.
    pub target_celsius: f64,
}
