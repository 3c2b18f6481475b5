//! Takes batches in: commits those that arrived together in one go, then confirms each.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kit::bus::{Bus, Delivery, PublishError, Retain, Subscription};
use kit::digest::sha256;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::journal::JournalError;
use tokio_util::sync::CancellationToken;
use wire::record::{Recorded, Stream};
use wire::topic::{ServiceSubject, Subject};
use wire::{BatchId, Code, Component, Principal, Problem, Sha256, Topic, Version};

use super::Uplink;
use crate::edge::spool::{Arrival, is_full};
use crate::intake::{Batch, Kept};

/// Most batches that share one commit; at 256 KiB each they fit the memory of a box.
const SHARED: usize = 32;
/// Most confirmations on their way to the broker: more than it sends without an acknowledgement,
/// because whoever waits for them while the subscription fills up keeps them from arriving.
const CONFIRMING: usize = 2_000;

pub(super) async fn run(
    uplink: Arc<Uplink>,
    bus: Bus,
    mut records: Subscription,
    stop: CancellationToken,
) {
    let receiving = async {
        let mut confirming = FuturesUnordered::new();
        loop {
            tokio::select! {
                deliveries = records.recv_many(SHARED), if confirming.len() < CONFIRMING => {
                    if deliveries.is_empty() {
                        return;
                    }
                    let handed = deliveries.into_iter().filter_map(read).collect();
                    for (handed, verdict) in uplink.receive(handed).await {
                        confirming.push(confirm(&bus, handed, verdict));
                    }
                }
                Some(()) = confirming.next() => {}
            }
        }
    };
    stop.run_until_cancelled(receiving).await;
}

/// Who handed a batch over, and what is needed to answer.
struct Handed {
    delivery: Delivery,
    principal: Principal,
    id: BatchId,
    sha256: Sha256,
}

/// What became of a batch.
pub(super) type Verdict = Result<Kept, Problem>;

impl Uplink {
    /// Keeps the batches that can be kept, in one commit; returns what to tell whom.
    pub(super) async fn receive<H>(
        &self,
        handed: Vec<(H, Result<Arrival, Problem>)>,
    ) -> Vec<(H, Verdict)> {
        let (mut arrivals, mut keeping, mut told) = (Vec::new(), Vec::new(), Vec::new());
        for (handed, batch) in handed {
            match batch {
                Ok(mut arrival) => {
                    self.redact(&mut arrival);
                    keeping.push((handed, arrival.batch.stream));
                    arrivals.push(arrival);
                }
                Err(problem) => told.push((handed, Err(problem))),
            }
        }
        let verdicts = self.keep(arrivals).await;
        for ((handed, stream), verdict) in keeping.into_iter().zip(verdicts) {
            count(stream, &verdict);
            if verdict == Ok(Kept::Now) {
                self.lane(stream).arrived();
            }
            told.push((handed, verdict));
        }
        self.counted.notify_one();
        told
    }

    /// Takes out of the records what may not leave the house.
    fn redact(&self, arrival: &mut Arrival) {
        for record in &mut arrival.batch.records {
            let removed = self.policy.apply(record);
            // Foreign kinds share a label, so that nobody can make labels without end.
            let known = self.policy.knows(&record.kind);
            let kind = if known {
                record.kind.as_str()
            } else {
                "unknown"
            };
            for (name, count) in [
                ("uplink_removed_fields_total", removed.fields),
                ("uplink_masked_cards_total", removed.cards),
            ] {
                if count > 0 {
                    metrics::counter!(name, "kind" => kind.to_owned()).increment(count);
                }
            }
        }
    }

    async fn keep(&self, arrivals: Vec<Arrival>) -> Vec<Verdict> {
        let batches = arrivals.len();
        if batches == 0 {
            return Vec::new();
        }
        match self.spool.keep(arrivals, self.clock.wall()).await {
            Ok(verdicts) => {
                fault::pass(Point::UplinkRecordsKept);
                self.journal.there();
                verdicts
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), batches, "cannot keep batches");
                self.journal.missing(Chain(&error).to_string());
                vec![Err(storage(&error)); batches]
            }
        }
    }
}

/// Tells the sender, then the broker, what became of a batch.
async fn confirm(bus: &Bus, handed: Handed, verdict: Verdict) {
    let Handed {
        delivery,
        principal,
        id,
        sha256,
    } = handed;
    if let Err(problem) = &verdict {
        tracing::warn!(%principal, batch = %id, %problem, "batch refused");
    }
    let topic = Topic::service(
        bus.property(),
        Component::Uplink,
        ServiceSubject::Recorded(principal, id),
    );
    let recorded = Recorded {
        v: Version,
        sha256,
        problem: verdict.err(),
    };
    match bus.publish(&topic, &recorded, Retain::No).await {
        Ok(_) => delivery.acknowledge(),
        // The sender repeats the batch, and is told then.
        Err(PublishError::Stopped) => {}
        Err(error) => {
            tracing::error!(error = %Chain(&error), "cannot confirm a batch");
            delivery.acknowledge();
        }
    }
}

/// Reads a delivery; none when it is not about records, which the subscription does not bring.
fn read(delivery: Delivery) -> Option<(Handed, Result<Arrival, Problem>)> {
    let Subject::Service(_, ServiceSubject::Record(stream, principal, id)) =
        &delivery.topic.subject
    else {
        return None;
    };
    let sha256 = sha256(&delivery.body);
    let batch = Batch::read(stream, principal.clone(), *id, &delivery.body);
    let handed = Handed {
        principal: principal.clone(),
        id: *id,
        sha256,
        delivery,
    };
    Some((handed, batch.map(|batch| Arrival { batch, sha256 })))
}

/// What a sender is told when the disk fails.
fn storage(error: &JournalError) -> Problem {
    let code = if is_full(error) {
        Code::StorageFull
    } else {
        Code::Unavailable
    };
    Problem::new(code, "the spool cannot be written")
}

fn count(stream: Stream, verdict: &Verdict) {
    let outcome = match verdict {
        Ok(Kept::Now) => "kept",
        Ok(Kept::Before) => "repeated",
        Err(_) => "refused",
    };
    let labels = [("stream", stream.as_str()), ("outcome", outcome)];
    metrics::counter!("uplink_batches_received_total", &labels).increment(1);
}
