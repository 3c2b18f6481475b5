//! A door lock: guests open it with their cards; nobody opens it over the bus.

use wire::device::{Scalar, State};
use wire::{Code, Operation, Problem};

use super::device::{Happening, happening, state, unknown};
use super::physics::Surroundings;

/// Operations that would open the door.
const OPENING: &[&str] = &["open", "release", "unlock"];

/// The machine: `locked ──door opened──▶ unlocked ──door closed──▶ locked`.
///
/// Invariant: only a person at the door unlocks it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    unlocked: bool,
}

impl Lock {
    /// Follows the door.
    pub fn sense(&mut self, seen: &Surroundings) -> Option<Happening> {
        let was_unlocked = std::mem::replace(&mut self.unlocked, seen.door_open);
        match (was_unlocked, self.unlocked) {
            (false, true) => Some(happening("unlocked", false, [])),
            (true, false) => Some(happening("locked", false, [])),
            (false, false) | (true, true) => None,
        }
    }

    /// A reading, if it has such a sensor.
    pub fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match capability {
            "door" => Some(Scalar::Switch(seen.door_open)),
            "lock" | "locked" => Some(Scalar::Switch(!self.unlocked)),
            _ => None,
        }
    }

    /// What it reports.
    pub fn state(&self) -> State {
        state([("locked", (!self.unlocked).into())])
    }
}

/// Why the lock does not do as it is told.
pub fn refusal(operation: &Operation) -> Problem {
    if OPENING.contains(&operation.as_str()) {
        let detail = "this lock is opened at the door only";
        Problem::new(Code::Forbidden, detail).at("operation")
    } else {
        unknown(operation)
    }
}

#[cfg(test)]
mod tests;
