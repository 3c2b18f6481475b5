//! An occupancy sensor: sees at once that somebody comes, believes slowly that nobody is left.

use wire::device::{Scalar, State};

use super::device::{Happening, happening, state};
use super::physics::Surroundings;

/// How many ticks in a row must see nobody before the room counts as vacant.
const VACANT_TICKS: u8 = 3;

/// The machine.
///
/// ```text
/// vacant ──somebody──▶ occupied ──nobody, VACANT_TICKS times in a row──▶ vacant
/// ```
///
/// Invariant: it is never vacant while somebody is seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Occupancy {
    /// Nobody is here.
    #[default]
    Vacant,
    /// Somebody is here, or was a moment ago.
    Occupied {
        /// Ticks since somebody was seen.
        unseen: u8,
    },
}

impl Occupancy {
    /// Looks into the room.
    pub fn sense(&mut self, seen: &Surroundings) -> Option<Happening> {
        let (next, happened) = match (&*self, seen.occupied) {
            (Self::Vacant, true) => (Self::Occupied { unseen: 0 }, Some("occupied")),
            (Self::Vacant, false) => (Self::Vacant, None),
            (Self::Occupied { .. }, true) => (Self::Occupied { unseen: 0 }, None),
            (Self::Occupied { unseen }, false) if unseen + 1 < VACANT_TICKS => {
                (Self::Occupied { unseen: unseen + 1 }, None)
            }
            (Self::Occupied { .. }, false) => (Self::Vacant, Some("vacant")),
        };
        *self = next;
        happened.map(|kind| happening(kind, false, []))
    }

    /// A reading, if it has such a sensor.
    pub fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match capability {
            "occupancy" => Some(Scalar::Switch(self.is_occupied())),
            "motion" => Some(Scalar::Switch(seen.occupied)),
            _ => None,
        }
    }

    /// What it reports.
    pub fn state(&self) -> State {
        state([("occupied", self.is_occupied().into())])
    }

    fn is_occupied(&self) -> bool {
        match self {
            Self::Vacant => false,
            Self::Occupied { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests;
