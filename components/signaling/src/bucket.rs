//! How often one peer may speak.
//!
//! A bucket holds what may be said at once and fills evenly. Whoever goes on speaking to an empty
//! bucket is not in a hurry but broken, and is sent away.

use std::time::{Duration, Instant};

/// Refusals after which a peer is sent away, unless it let its bucket recover in between: four
/// seconds of speaking twice as fast as allowed.
const PATIENCE: u32 = 200;

/// How much may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// In how much time one message comes back.
    pub(crate) every: Duration,
    /// How many may be said at once.
    pub(crate) burst: u32,
}

impl Rate {
    /// Time in which an empty bucket fills.
    fn filled_in(self) -> Duration {
        self.every * self.burst
    }
}

/// What one peer may still say; when it will be full again says how full it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    full_at: Instant,
    refused: u32,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is heard.
    Heard,
    /// It is not heard; the next may be.
    Refused,
    /// Neither it nor any other.
    Enough,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(now: Instant) -> Self {
        Self {
            full_at: now,
            refused: 0,
        }
    }

    /// Whether one more message is heard; if so, it is said.
    pub(crate) fn take(&mut self, now: Instant, rate: Rate) -> Verdict {
        let full_at = self.full_at.max(now) + rate.every;
        if full_at > now + rate.filled_in() {
            self.refused += 1;
            if self.refused > PATIENCE {
                return Verdict::Enough;
            }
            return Verdict::Refused;
        }
        self.full_at = full_at;
        if full_at <= now + rate.filled_in() / 2 {
            self.refused = 0;
        }
        Verdict::Heard
    }

    /// Whether it is full, so that nothing is lost by forgetting it.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests;
