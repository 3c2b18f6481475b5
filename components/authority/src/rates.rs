//! How much one address may ask, and how often it may be wrong.
//!
//! Pure. A bucket holds what may be asked at once and fills evenly; guessing a code or a bearer
//! costs from a much smaller one than asking does.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Requests of one address a minute: a tablet needs a few, a till with many pages some dozens.
const REQUESTS: f64 = 600.0;
/// Refusals of one address a minute; 256-bit codes bear more, logs do not.
const REFUSALS: f64 = 30.0;
/// Time in which an empty bucket fills.
const MINUTE: Duration = Duration::from_mins(1);
/// Most addresses that are watched: more than a hotel's network has.
const ADDRESSES: usize = 4_096;

/// The buckets of every address.
#[derive(Debug)]
pub(crate) struct Rates<A>(HashMap<A, Buckets>);

impl<A> Default for Rates<A> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Debug)]
struct Buckets {
    filled_at: Instant,
    requests: f64,
    refusals: f64,
}

impl<A: Eq + Hash> Rates<A> {
    /// Whether an address may ask now; if so, it has asked.
    pub(crate) fn ask(&mut self, now: Instant, address: A) -> bool {
        let Some(buckets) = self.buckets(now, address) else {
            return false;
        };
        let may = buckets.requests >= 1.0 && buckets.refusals >= 1.0;
        if may {
            buckets.requests -= 1.0;
        }
        may
    }

    /// Counts a refusal against an address.
    pub(crate) fn refuse(&mut self, now: Instant, address: A) {
        if let Some(buckets) = self.buckets(now, address) {
            buckets.refusals = (buckets.refusals - 1.0).max(0.0);
        }
    }

    /// The buckets as full as they are now; nothing when too many addresses are watched.
    fn buckets(&mut self, now: Instant, address: A) -> Option<&mut Buckets> {
        if self.0.len() >= ADDRESSES && !self.0.contains_key(&address) {
            self.0.retain(|_, buckets| now < buckets.filled_at + MINUTE);
            if self.0.len() >= ADDRESSES {
                return None;
            }
        }
        let full = Buckets {
            filled_at: now,
            requests: REQUESTS,
            refusals: REFUSALS,
        };
        let buckets = self.0.entry(address).or_insert(full);
        buckets.fill(now);
        Some(buckets)
    }
}

impl Buckets {
    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at);
        let part = passed.as_secs_f64() / MINUTE.as_secs_f64();
        self.requests = (self.requests + part * REQUESTS).min(REQUESTS);
        self.refusals = (self.refusals + part * REFUSALS).min(REFUSALS);
        self.filled_at = now;
    }
}

#[cfg(test)]
mod tests;
