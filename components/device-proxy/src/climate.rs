//! The climate of rooms, from what `iot-gateway` says of its thermostats.
//!
//! Pure. Deliberately not here: what a thermostat can be set to; the gateway knows and refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use wire::climate::{Room, Rooms, SetTarget};
use wire::device::{Kind, State};
use wire::gateway::{DeviceState, SetDesired};
use wire::{Code, DeviceId, Integer, Problem};

/// Setting of a thermostat, reported and desired: what it aims at.
const TARGET: &str = "target_celsius";
/// Report of a thermostat: what it measures.
const TEMPERATURE: &str = "temperature_celsius";
/// How old an answer may be without asking the gateway anew: pages look every few seconds, all at
/// once.
pub(crate) const FRESH: Duration = Duration::from_secs(2);
/// How old an answer may be when the gateway is not there.
pub(crate) const STALE: Duration = Duration::from_mins(1);

/// What was last known of every thermostat.
#[derive(Debug, Default)]
pub(crate) struct Known {
    rooms: BTreeMap<DeviceId, Room>,
    /// When all of it was asked for; never before the first time.
    at: Option<Integer>,
}

impl Known {
    /// Takes all thermostats as they were at a moment.
    pub(crate) fn learn(&mut self, at: Integer, rooms: impl IntoIterator<Item = Room>) {
        self.rooms = rooms.into_iter().map(keyed).collect();
        self.at = Some(at);
    }

    /// Takes one thermostat.
    pub(crate) fn note(&mut self, room: Room) {
        let (device, room) = keyed(room);
        self.rooms.insert(device, room);
    }

    /// All rooms, by room and device, if they are not older than `age`.
    pub(crate) fn rooms(&self, now: Integer, age: Duration) -> Option<Rooms> {
        let since = u128::from(now.value().abs_diff(self.at?.value()));
        let mut rooms: Vec<_> = self.rooms.values().cloned().collect();
        rooms.sort_by(|a, b| (&a.room, &a.device).cmp(&(&b.room, &b.device)));
        (since <= age.as_millis()).then_some(Rooms { rooms })
    }
}

fn keyed(room: Room) -> (DeviceId, Room) {
    (room.device.clone(), room)
}

/// The climate that a thermostat says; nothing for other devices.
pub(crate) fn room(state: &DeviceState) -> Option<Room> {
    (state.kind == Kind::Thermostat).then(|| Room {
        device: state.device.clone(),
        room: state.room.clone(),
        online: state.online,
        temperature_celsius: number(&state.reported, TEMPERATURE),
        target_celsius: number(&state.reported, TARGET),
        desired_celsius: number(&state.delta, TARGET),
    })
}

/// What is asked of the gateway for a wish; a temperature that is no number is none.
pub(crate) fn change(wish: &SetTarget) -> Result<SetDesired, Problem> {
    let target = serde_json::Number::from_f64(wish.target_celsius).ok_or_else(|| {
        Problem::new(Code::Invalid, "a temperature is a finite number").at(TARGET)
    })?;
    let state = State([(TARGET.to_owned(), target.into())].into_iter().collect());
    Ok(SetDesired {
        device: wish.device.clone(),
        state,
        version: None,
    })
}

fn number(state: &State, member: &str) -> Option<f64> {
    state.0.get(member)?.as_f64()
}

#[cfg(test)]
mod tests;
