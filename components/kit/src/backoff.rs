//! How long to wait before trying again: exponential with full jitter.

use std::time::Duration;

use crate::digest::random;

/// A row of growing waits. Each is chosen evenly between nothing and the current ceiling, so that
/// a thousand boxes that lost the same peer do not come back at once.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Ceilings start at `first`, double with each failure and stop growing at `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// Counts a failure and tells how long to wait.
    pub fn wait(&mut self) -> Duration {
        self.wait_by(u32::from_le_bytes(random()))
    }

    /// Forgets the failures.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait that `chance` (even over its whole range) picks.
    fn wait_by(&mut self, chance: u32) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }

    fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

#[cfg(test)]
mod tests;
