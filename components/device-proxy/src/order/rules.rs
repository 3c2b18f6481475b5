//! What the house decides about its orders.

use wire::order::Menu;
use wire::{Integer, Word};

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Who turns a pending order into work for the kitchen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirm {
    /// Staff in front of the guest; the kitchen sees an order once they did.
    Staff,
    /// The kitchen as well; it sees orders at once.
    Kitchen,
}

/// What the house decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// What can be ordered.
    pub(crate) menu: Menu,
    /// Who confirms.
    pub(crate) confirm: Confirm,
    /// Where tickets are printed.
    pub(crate) kitchen_route: Word,
    /// How far the clocks on the wall are ahead of UTC.
    pub(crate) utc_offset_minutes: i16,
}

/// A day of the house, counted from 1970 by its own clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Rules {
    /// The day of the house at a moment.
    pub(super) fn day(&self, at: Integer) -> Day {
        Day(self.minutes(at).div_euclid(DAY))
    }

    /// Hours and minutes on the wall: `18:05`.
    pub(super) fn time(&self, at: Integer) -> String {
        let minutes = self.minutes(at).rem_euclid(DAY);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    fn minutes(&self, at: Integer) -> i64 {
        let at = i64::try_from(at.value()).expect("integers of the bus are below 2^53");
        at.div_euclid(MINUTE_MS) + i64::from(self.utc_offset_minutes)
    }
}
