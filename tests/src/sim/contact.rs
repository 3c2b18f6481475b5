//! A contact at a window.

use wire::device::{Scalar, State};

use super::device::{Happening, happening, state};
use super::physics::Surroundings;

/// The machine: `closed ──parted──▶ open ──joined──▶ closed`.
///
/// Invariant: it says `opened` and `closed` in turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    open: bool,
}

impl Contact {
    /// Follows the window.
    pub fn sense(&mut self, seen: &Surroundings) -> Option<Happening> {
        let was_open = std::mem::replace(&mut self.open, seen.window_open);
        match (was_open, self.open) {
            (false, true) => Some(happening("opened", false, [])),
            (true, false) => Some(happening("closed", false, [])),
            (false, false) | (true, true) => None,
        }
    }

    /// A reading, if it has such a sensor.
    pub fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match capability {
            "contact" | "open" | "window" => Some(Scalar::Switch(self.open)),
            "door" => Some(Scalar::Switch(seen.door_open)),
            _ => None,
        }
    }

    /// What it reports.
    pub fn state(&self) -> State {
        state([("open", self.open.into())])
    }
}

#[cfg(test)]
mod tests;
