//! When devices measure: evenly spread, yet on shared beats, so that those who write at the same
//! beat share one commit of the ledger.

use std::time::{Duration, Instant};

/// Beats in one interval.
const BEATS: u32 = 20;
/// Longest time between two beats.
const BEAT_MAX: Duration = Duration::from_millis(250);
/// Shortest.
const BEAT_MIN: Duration = Duration::from_millis(5);

/// The beat of a hotel, as one device hears it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    start: Instant,
    interval: Duration,
    beat: Duration,
    /// How long after `start` the device measures first.
    offset: Duration,
}

impl Rhythm {
    pub(super) fn new(start: Instant, interval: Duration) -> Self {
        let interval = interval.max(BEAT_MIN);
        let beat = (interval / BEATS).clamp(BEAT_MIN, BEAT_MAX);
        Self {
            start,
            interval,
            beat,
            offset: Duration::ZERO,
        }
    }

    /// The same beat for the device at this place: neighbours measure at different beats.
    pub(super) fn of_device(self, place: u32) -> Self {
        let beats = u32::try_from(self.interval.as_millis() / self.beat.as_millis());
        let offset = self.beat * (place % beats.unwrap_or(BEATS).max(1));
        Self { offset, ..self }
    }

    /// The device's next measurement after `now`; missed ones are left out.
    pub(super) fn tick_after(&self, now: Instant) -> Instant {
        next(self.start + self.offset, self.interval, now)
    }

    /// The next beat after `now`.
    pub(super) fn beat_after(&self, now: Instant) -> Instant {
        next(self.start, self.beat, now)
    }
}

fn next(first: Instant, every: Duration, now: Instant) -> Instant {
    let Some(passed) = now.checked_duration_since(first) else {
        return first;
    };
    let remaining = every.as_nanos() - passed.as_nanos() % every.as_nanos();
    now + u64::try_from(remaining).map_or(every, Duration::from_nanos)
}

#[cfg(test)]
mod tests;
