//! Carries the rows of devices to `replica-sync`: what it lacks, a batch at a time, until it has
//! confirmed it. Nothing waits for it, and nothing grows while it is away.

use std::time::Duration;

use kit::backoff::Backoff;
use kit::bus::Bus;
use kit::clock::Clock;
use kit::error::Chain;
use kit::ids;
use kit::outbox::{Consumer, HandOverError};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::record::{Record, Records};
use wire::{Component, Version, replica};

use crate::mirror::{Rows, confirm, lacking};

/// Rows of one batch: with the largest states that devices report they fit a message.
const BATCH: usize = 24;
/// Waits after a failure: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// The one who carries.
#[derive(Debug)]
pub(crate) struct Mirror {
    consumer: Consumer,
    clock: Clock,
    rows: watch::Receiver<Rows>,
}

impl Mirror {
    /// Before the bus connects.
    pub(crate) async fn new(bus: &Bus, clock: &Clock, rows: watch::Receiver<Rows>) -> Self {
        Self {
            consumer: Consumer::of(Component::ReplicaSync, bus).await,
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
                let records = {
                    let wanted = self.rows.borrow_and_update();
                    lacking(self.clock.wall(), &wanted, &confirmed, BATCH)
                };
                if records.is_empty() {
                    if self.rows.changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                match self.carry(&records).await {
                    Ok(()) => {
                        backoff.reset();
                        confirm(&mut confirmed, records);
                    }
                    Err(error) => {
                        tracing::warn!(rows = records.len(), error = %Chain(&error),
                            "rows of devices wait for the database");
                        sleep(backoff.wait()).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(carrying).await;
    }

    /// Hands rows over.
    async fn carry(&mut self, records: &[Record]) -> Result<(), HandOverError> {
        let body = wire::encode(&Records {
            v: Version,
            records: records.to_vec(),
        });
        let batch = ids::new(self.clock.wall());
        self.consumer.hand_over(&replica::rows(), batch, body).await
    }
}
