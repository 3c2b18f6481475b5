//! The only door through which the present enters a program.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use wire::Integer;

pub(crate) mod floor;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix time in milliseconds; may jump.
    pub wall: Integer,
    /// Never jumps; orders and measures within one process.
    pub monotonic: Instant,
}

/// Reads the present; handed to whoever needs it, so that tests can hold it still.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Moment>>),
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `wall` until it is advanced.
    pub fn manual(wall: Integer) -> Self {
        let moment = Moment {
            wall,
            ..system_moment()
        };
        Self(Source::Manual(Arc::new(Mutex::new(moment))))
    }

    /// Moves a manual clock forward; the machine's clocks do not obey.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(moment) = &self.0 {
            let mut moment = moment.lock().unwrap_or_else(PoisonError::into_inner);
            moment.monotonic += by;
            moment.wall = later(moment.wall, by);
        }
    }

    /// The present.
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System => system_moment(),
            Source::Manual(moment) => *moment.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The present as Unix milliseconds.
    pub fn wall(&self) -> Integer {
        self.now().wall
    }

    /// The present for measuring.
    pub fn monotonic(&self) -> Instant {
        self.now().monotonic
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "system clock",
            Source::Manual(_) => "manual clock",
        })
    }
}

/// The Unix time `by` after `wall`; stays at the largest integer of the bus.
pub fn later(wall: Integer, by: Duration) -> Integer {
    let by = u64::try_from(by.as_millis()).unwrap_or(wire::bound::INTEGER_MAX);
    Integer::new(wall.value().saturating_add(by)).unwrap_or_else(largest)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that may ask"
)]
fn system_moment() -> Moment {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall = since_epoch.map_or(Integer::default(), |since| later(Integer::default(), since));
    Moment {
        wall,
        monotonic: Instant::now(),
    }
}

fn largest() -> Integer {
    Integer::new(wire::bound::INTEGER_MAX).expect("the largest integer is within its own bound")
}

#[cfg(test)]
mod tests;
