//! Uploads everything that waits, for somebody who waits for it.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use wire::uplink::Drained;
use wire::{Code, Integer, Problem};

use super::Uplink;
use crate::edge::spool::Totals;

/// How long before the deadline the answer leaves, so that it is there in time.
const MARGIN: Duration = Duration::from_millis(500);
/// Longest wait, whatever the deadline says.
const LONGEST: Duration = Duration::from_hours(1);

impl Uplink {
    /// Uploads what waits now; answers when it is in the bucket or the deadline is near.
    pub(super) async fn drain(&self, deadline: Integer) -> Result<Drained, Problem> {
        let before = self.totals().await?;
        for totals in &before {
            self.lane(totals.stream).drain(totals.arrived_through());
        }
        let drained = before.iter().map(|totals| {
            self.lane(totals.stream)
                .uploaded_through(totals.arrived_through())
        });
        let left = deadline.value().saturating_sub(self.clock.wall().value());
        let wait = Duration::from_millis(left).saturating_sub(MARGIN);
        let in_time = timeout(wait.min(LONGEST), join_all(drained)).await.is_ok();
        let after = self.totals().await?;
        if !in_time {
            return Err(late(&before, &after));
        }
        let batches = sum(&after, |totals| totals.uploaded_batches)
            - sum(&before, |totals| totals.uploaded_batches);
        Ok(Drained {
            uploaded_batches: integer(batches),
            waiting_records: integer(sum(&after, |totals| totals.waiting_records)),
        })
    }
}

/// Names how much of what waited before still does.
fn late(before: &[Totals], after: &[Totals]) -> Problem {
    let still = |(before, after): (&Totals, &Totals)| {
        before
            .arrived_through()
            .saturating_sub(after.uploaded_through())
    };
    let records: u64 = before.iter().zip(after).map(still).sum();
    let detail = format!("{records} records are not uploaded yet; they will be");
    Problem::new(Code::TimedOut, detail)
}

fn sum(totals: &[Totals], of: impl Fn(&Totals) -> u64) -> u64 {
    totals.iter().map(of).sum()
}

fn integer(count: u64) -> Integer {
    Integer::new(count).unwrap_or_default()
}
