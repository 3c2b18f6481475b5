//! Nonces that were given and not yet signed.
//!
//! Pure, and only in memory: a restart ends them all, and whoever held one asks again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use wire::Nonce;
use wire::authority::NONCE_MS;

/// Most nonces that are out at the same time: a minute of every page of a large hotel.
const MOST: usize = 10_000;

/// The nonces that are out.
#[derive(Debug, Default)]
pub(crate) struct Nonces(HashMap<Nonce, Instant>);

impl Nonces {
    /// Takes a new nonce into account; false when too many are out.
    pub(crate) fn give(&mut self, now: Instant, nonce: Nonce) -> bool {
        if self.0.len() == MOST {
            self.0.retain(|_, until| now < *until);
        }
        if self.0.len() == MOST {
            return false;
        }
        let life = Duration::from_millis(NONCE_MS.into());
        self.0.insert(nonce, now + life);
        true
    }

    /// Whether the nonce is out and within its minute; it never is again.
    pub(crate) fn spend(&mut self, now: Instant, nonce: &Nonce) -> bool {
        self.0.remove(nonce).is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests;
