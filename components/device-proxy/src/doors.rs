//! Doors, from what `iot-gateway` says of its locks.
//!
//! Pure. Deliberately not here: who may open what and when; the gateway knows the people by their own
//! signatures and decides, this is their carrier.

use wire::Problem;
use wire::door::{Door, LOCK, Petition, UNLOCK};
use wire::gateway::DeviceState;
use wire::{Code, device::Kind};

/// Report of a lock: whether its bolt is shut.
const LOCKED: &str = "locked";

/// The door that a lock says; nothing for other devices.
pub(crate) fn door(state: &DeviceState) -> Option<Door> {
    (state.kind == Kind::Lock).then(|| Door {
        device: state.device.clone(),
        room: state.room.clone(),
        online: state.online,
        locked: state
            .reported
            .0
            .get(LOCKED)
            .and_then(serde_json::Value::as_bool),
    })
}

/// By room, then by lock.
pub(crate) fn sorted(mut doors: Vec<Door>) -> Vec<Door> {
    doors.sort_by(|a, b| (&a.room, &a.device).cmp(&(&b.room, &b.device)));
    doors
}

/// The operation that a petition is for, as long as it is what was asked for.
pub(crate) fn operation<'a>(about: &'a str, petition: &Petition) -> Result<&'a str, Problem> {
    if matches!(about, UNLOCK | LOCK) && petition.operation.as_str() == about {
        return Ok(about);
    }
    let problem = Problem::new(Code::Invalid, format!("the request is about {about}"));
    Err(problem.at("operation"))
}

#[cfg(test)]
mod tests;
