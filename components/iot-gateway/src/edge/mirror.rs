//! Carries the rows of devices to `replica-sync`: what it lacks, a batch at a time, until it has
//! confirmed it. Nothing waits for it, and nothing grows while it is away.

use std::time::Duration;

use kit::backoff::Backoff;
use kit::bus::{Bus, Reach, Retain, Subscription};
use kit::clock::Clock;
use kit::digest::sha256;
use kit::ids;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wire::bound::BATCH_RECORDS_MAX;
use wire::record::{Record, Recorded, Records};
use wire::topic::{ServiceSubject, Subject};
use wire::{BatchId, Component, Filter, Topic, Version, replica};

use crate::mirror::{Rows, confirm, lacking};

/// How long `replica-sync` may take to commit.
const CONFIRM: Duration = Duration::from_secs(10);
/// Rows of one batch: with the largest states that devices report they fit a message.
const BATCH: usize = 24;
/// Waits after a failure: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// The one who carries.
#[derive(Debug)]
pub(crate) struct Mirror {
    bus: Bus,
    clock: Clock,
    recorded: Subscription,
    rows: watch::Receiver<Rows>,
}

impl Mirror {
    /// Before the bus connects.
    pub(crate) async fn new(bus: &Bus, clock: &Clock, rows: watch::Receiver<Rows>) -> Self {
        let replica = Some(Component::ReplicaSync);
        let filter = Filter::recorded(bus.property(), replica, Some(bus.principal()));
        Self {
            recorded: bus.subscribe([filter]).await,
            bus: bus.clone(),
            clock: clock.clone(),
            rows,
        }
    }

    /// Works until the stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        // After a start nobody knows what the database has: it gets everything once.
        let mut confirmed = Rows::new();
        let carrying = async {
            loop {
                let wanted = self.rows.borrow_and_update().clone();
                let most = BATCH.min(BATCH_RECORDS_MAX);
                let records = lacking(self.clock.wall(), &wanted, &confirmed, most);
                if records.is_empty() {
                    if self.rows.changed().await.is_err() {
                        return;
                    }
                } else if self.carry(&records).await.is_some() {
                    backoff.reset();
                    confirm(&mut confirmed, records);
                } else {
                    sleep(backoff.wait()).await;
                }
            }
        };
        stop.run_until_cancelled(carrying).await;
    }

    /// Hands rows over; none when that was not confirmed.
    async fn carry(&mut self, records: &[Record]) -> Option<()> {
        let batch: BatchId = ids::new(self.clock.wall());
        let subject = ServiceSubject::Record(replica::rows(), self.bus.principal().clone(), batch);
        let topic = Topic::service(self.bus.property(), Component::ReplicaSync, subject);
        let body = wire::encode(&Records {
            v: Version,
            records: records.to_vec(),
        });
        let digest = sha256(&body);
        let carried = async {
            let sent = self
                .bus
                .publish_bytes(&topic, body.into(), Retain::No)
                .await;
            match sent.ok()? {
                Reach::Somebody => {}
                Reach::Nobody => return None,
            }
            while let Some(delivery) = self.recorded.recv().await {
                let Subject::Service(_, ServiceSubject::Recorded(_, id)) = delivery.topic.subject
                else {
                    continue;
                };
                let answer = wire::decode::<Recorded>(&delivery.body);
                delivery.acknowledge();
                if id == batch {
                    let answer = answer.ok()?;
                    return (answer.sha256 == digest && answer.problem.is_none()).then_some(());
                }
            }
            None
        };
        let carried = timeout(CONFIRM, carried).await.ok().flatten();
        if carried.is_none() {
            tracing::debug!(
                rows = records.len(),
                "rows of devices wait for the database"
            );
        }
        carried
    }
}
