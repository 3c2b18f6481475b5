//! A thermostat: keeps a room at its target with a little hysteresis.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::Integer;
use wire::device::{Delta, Scalar, State};

use super::device::state;
use super::physics::Surroundings;

/// The targets that it takes, in °C.
const TARGETS: std::ops::RangeInclusive<f64> = 5.0..=30.0;
/// How far the room may stray from the target before the heater is switched, in K.
const HYSTERESIS: f64 = 0.3;
/// Below this the heater runs whatever the mode, in °C.
const FROST: f64 = 5.0;

/// What people may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The desired version applied last; 0 before the first.
    pub version: Integer,
    /// What the room should be, in °C.
    pub target_celsius: f64,
    /// Whether it should be.
    pub mode: Mode,
}

/// What a thermostat is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Keeps the room at its target.
    Heat,
    /// Keeps it from freezing.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: Integer::default(),
            target_celsius: 21.0,
            mode: Mode::Heat,
        }
    }
}

/// The machine.
///
/// ```text
/// idle ──room below target──▶ heating ──room above target──▶ idle
/// ```
///
/// Invariant: a delta older than the version applied changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Thermostat {
    settings: Settings,
    heating: bool,
}

impl Thermostat {
    /// Starts with the heater off.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            heating: false,
        }
    }

    /// What people have set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the heater runs.
    pub fn is_heating(&self) -> bool {
        self.heating
    }

    /// Takes over what the gateway wants, as far as it can be had; false when nothing changed.
    pub fn apply(&mut self, delta: &Delta) -> bool {
        if delta.version < self.settings.version {
            return false;
        }
        let before = self.settings.clone();
        self.settings.version = delta.version;
        if let Some(target) = delta.state.0.get("target_celsius").and_then(Value::as_f64)
            && TARGETS.contains(&target)
        {
            self.settings.target_celsius = target;
        }
        match delta.state.0.get("mode").and_then(Value::as_str) {
            Some("heat") => self.settings.mode = Mode::Heat,
            Some("off") => self.settings.mode = Mode::Off,
            Some(_) | None => {}
        }
        self.settings != before
    }

    /// Switches the heater.
    pub fn sense(&mut self, seen: &Surroundings) {
        let target = match self.settings.mode {
            Mode::Heat => self.settings.target_celsius,
            Mode::Off => FROST,
        };
        if seen.celsius < target - HYSTERESIS {
            self.heating = true;
        } else if seen.celsius > target + HYSTERESIS {
            self.heating = false;
        }
    }

    /// A reading, if it has such a sensor.
    pub fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match capability {
            "temperature" => Some(Scalar::Number((seen.celsius * 100.0).round() / 100.0)),
            "humidity" => Some(Scalar::Number(seen.humidity_percent.round())),
            "heating" => Some(Scalar::Switch(self.heating)),
            _ => None,
        }
    }

    /// What it reports.
    pub fn state(&self) -> State {
        let mode = match self.settings.mode {
            Mode::Heat => "heat",
            Mode::Off => "off",
        };
        state([
            ("target_celsius", self.settings.target_celsius.into()),
            ("mode", mode.into()),
            ("heating", self.heating.into()),
        ])
    }
}

#[cfg(test)]
mod tests;
