//! How often one household may ask for a guest's token.
//!
//! A bucket holds what may be asked at once and fills evenly. It keeps one phone from using up the
//! authority's time; how many guests a sitting has is the authority's to say.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::time::Instant;

/// Tokens that may be asked for at once: a table full of phones behind one address translator.
const AT_ONCE: u32 = 30;
/// Time in which an empty bucket fills.
const FILLED_IN: Duration = Duration::from_mins(1);
/// Most households that are watched; those beyond are refused until a bucket is full again.
const HOUSEHOLDS: usize = 4_096;

/// The buckets of every household.
#[derive(Debug, Default)]
pub(crate) struct Rates(HashMap<IpAddr, Bucket>);

/// When it will be full again says how full it is.
#[derive(Debug)]
struct Bucket {
    full_at: Instant,
}

impl Rates {
    /// Whether a household may ask now; if so, it has asked.
    pub(crate) fn ask(&mut self, now: Instant, household: IpAddr) -> bool {
        if self.0.len() >= HOUSEHOLDS && !self.0.contains_key(&household) {
            self.0.retain(|_, bucket| bucket.full_at > now);
            if self.0.len() >= HOUSEHOLDS {
                return false;
            }
        }
        let bucket = self.0.entry(household).or_insert(Bucket { full_at: now });
        let full_at = bucket.full_at.max(now) + FILLED_IN / AT_ONCE;
        let may = full_at <= now + FILLED_IN;
        if may {
            bucket.full_at = full_at;
        }
        may
    }
}

#[cfg(test)]
mod tests;
