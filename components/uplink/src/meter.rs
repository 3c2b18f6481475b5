//! What was sent, and what it costs.
//!
//! Pure. An operation is a record: something that was done in the house, and recorded. One that
//! needed the cloud is a request to S3, whatever came of it; so `local_percent` says how much of what
//! happens goes on without it. Prices are those of `docs/cost.md`, which says what they leave out.

use std::collections::BTreeMap;

use wire::Integer;
use wire::uplink::{COST_DAYS_MAX, COST_MONTHS_MAX, Cost, Spent, SpentLine};

use crate::link::wire_bytes;

/// Under which name records are counted that came in.
pub(crate) const LOCAL: &str = "local";
/// Under which name files are counted.
pub(crate) const FILES: &str = "files";

/// What S3 takes, in millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prices {
    /// For a thousand requests.
    pub(crate) thousand_requests: u64,
    /// For keeping a gigabyte (10⁹ bytes) for a month.
    pub(crate) gb_month: u64,
    /// Days that an object is kept.
    pub(crate) kept_days: u64,
}

/// Requests and bytes of one day, of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Count {
    /// `2026-11-21`.
    pub(crate) day: String,
    /// `p0` to `p3`, [`FILES`], or [`LOCAL`].
    pub(crate) of: String,
    /// Requests; records where they are counted.
    pub(crate) requests: u64,
    /// Bytes of bodies.
    pub(crate) bytes: u64,
}

impl Prices {
    /// What some requests cost, and the keeping of their bytes until they are removed.
    fn dollars(&self, requests: u64, bytes: u64) -> f64 {
        let requests = float(requests) / 1_000.0 * float(self.thousand_requests);
        let months = float(self.kept_days) / 30.0;
        let kept = float(bytes) / 1e9 * float(self.gb_month) * months;
        (requests + kept) / 1e6
    }

    /// Adds counts up by day and by month.
    pub(crate) fn cost(&self, counts: &[Count]) -> Cost {
        Cost {
            days: self.periods(counts, "2026-11-21".len(), COST_DAYS_MAX),
            months: self.periods(counts, "2026-11".len(), COST_MONTHS_MAX),
        }
    }

    fn periods(&self, counts: &[Count], length: usize, most: usize) -> Vec<Spent> {
        let mut periods: BTreeMap<&str, BTreeMap<&str, (u64, u64)>> = BTreeMap::new();
        for count in counts {
            let period = count.day.get(..length).unwrap_or(&count.day);
            let sum = periods.entry(period).or_default();
            let (requests, bytes) = sum.entry(&count.of).or_default();
            *requests += count.requests;
            *bytes += count.bytes;
        }
        let newest = periods.into_iter().rev().take(most);
        newest
            .map(|(period, sums)| self.spent(period, &sums))
            .collect()
    }

    fn spent(&self, period: &str, sums: &BTreeMap<&str, (u64, u64)>) -> Spent {
        let (local, _) = sums.get(LOCAL).copied().unwrap_or_default();
        let line = |name: &str| {
            let (requests, bytes) = *sums.get(name)?;
            Some(SpentLine {
                of: name.to_owned(),
                requests: integer(requests),
                bytes: integer(bytes),
                wire_bytes: integer(wire_bytes(requests, bytes)),
                dollars: self.dollars(requests, bytes),
            })
        };
        let lines: Vec<_> = ["p0", "p1", "p2", "p3", FILES]
            .into_iter()
            .filter_map(line)
            .collect();
        let cloud = lines.iter().map(|line| line.requests.value()).sum();
        Spent {
            period: period.to_owned(),
            local: integer(local),
            cloud: integer(cloud),
            local_percent: share(local, cloud),
            dollars: lines.iter().map(|line| line.dollars).sum(),
            lines,
        }
    }
}

/// `local` of both, in per cent; all where there was nothing.
fn share(local: u64, cloud: u64) -> f64 {
    if local + cloud == 0 {
        return 100.0;
    }
    float(local) / float(local + cloud) * 100.0
}

fn integer(count: u64) -> Integer {
    Integer::new(count).unwrap_or_default()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "dollars are estimated, and counts are far below 2^53"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
