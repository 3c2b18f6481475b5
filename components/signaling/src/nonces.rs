//! Nonces of HTTP requests: given freely, good for a minute, used once.
//!
//! A nonce carries its own end and an authentication code, so giving one costs no memory and nobody
//! can use up those of others. Only used ones are remembered, until they would have ended, and only
//! whoever proved to hold a credential uses one.

use std::collections::BTreeSet;

use ring::hmac;
use wire::{Integer, Nonce};

/// Life of a nonce, in milliseconds.
pub(crate) const LIFE_MS: u64 = 60_000;
/// Most used nonces that are remembered: 160 requests a second for a minute.
pub(crate) const USED_MAX: usize = 10_000;

/// Where the end of a nonce ends, and where its chance.
const END: usize = 8;
const CHANCE: usize = 16;

/// Gives nonces and takes them back.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: hmac::Key,
    used: BTreeSet<(u64, Nonce)>,
}

/// A nonce is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Not one of ours.
    Foreign,
    /// Its minute is over, or it was used.
    Spent,
    /// Too many were used within a minute.
    TooMany,
}

impl Nonces {
    /// Nonces under a key that nobody can foresee.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            used: BTreeSet::new(),
        }
    }

    /// A nonce that is good for a minute from `now`.
    pub(crate) fn give(&self, now: Integer, chance: [u8; CHANCE - END]) -> Nonce {
        let mut nonce = [0; 32];
        nonce[..END].copy_from_slice(&(now.value() + LIFE_MS).to_be_bytes());
        nonce[END..CHANCE].copy_from_slice(&chance);
        let code = self.code(&nonce);
        nonce[CHANCE..].copy_from_slice(&code);
        Nonce(nonce)
    }

    /// Whether a nonce may be used at `now`.
    pub(crate) fn look(&self, now: Integer, nonce: &Nonce) -> Result<(), Unusable> {
        let code = self.code(&nonce.0);
        let differs = code.iter().zip(&nonce.0[CHANCE..]);
        // Looks at every octet, so that the time it takes tells nothing.
        if differs.fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs)) != 0 {
            return Err(Unusable::Foreign);
        }
        let until = until(nonce);
        if until <= now.value() || self.used.contains(&(until, *nonce)) {
            return Err(Unusable::Spent);
        }
        Ok(())
    }

    /// Uses a nonce.
    pub(crate) fn spend(&mut self, now: Integer, nonce: &Nonce) -> Result<(), Unusable> {
        self.look(now, nonce)?;
        self.used.retain(|(until, _)| *until > now.value());
        if self.used.len() >= USED_MAX {
            return Err(Unusable::TooMany);
        }
        self.used.insert((until(nonce), *nonce));
        Ok(())
    }

    /// The code of what a nonce says; half of it is as much as nobody guesses.
    fn code(&self, nonce: &[u8; 32]) -> [u8; 32 - CHANCE] {
        let tag = hmac::sign(&self.key, &nonce[..CHANCE]);
        let mut code = [0; 32 - CHANCE];
        code.copy_from_slice(&tag.as_ref()[..32 - CHANCE]);
        code
    }
}

fn until(nonce: &Nonce) -> u64 {
    let mut until = [0; END];
    until.copy_from_slice(&nonce.0[..END]);
    u64::from_be_bytes(until)
}

#[cfg(test)]
mod tests;
