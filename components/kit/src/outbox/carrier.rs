//! Carries batches over and waits for their confirmation.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::Word;

use super::consumer::{Consumer, HandOverError};
use super::store::{self, Batch};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::error::Chain;
use crate::fault::{self, Point};
use crate::ids;
use crate::journal::{Journal, JournalError};

/// Waits after a failure: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// A batch is not made for a single record while others are about to come.
const GATHER: Duration = Duration::from_millis(20);

pub(super) struct Carrier {
    pub(super) consumer: Consumer,
    pub(super) streams: Vec<Word>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) arrived: Arc<Notify>,
}

impl Carrier {
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        let carrying = async {
            loop {
                match self.carry_all().await {
                    Ok(()) => {
                        backoff.reset();
                        self.arrived.notified().await;
                        sleep(GATHER).await;
                    }
                    Err(error) => {
                        tracing::warn!(consumer = %self.consumer.component(), error = %Chain(&error),
                            "records not handed over");
                        sleep(backoff.wait()).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(carrying).await;
    }

    /// Carries until every stream is empty, round by round, first streams first.
    async fn carry_all(&mut self) -> Result<(), CarryError> {
        loop {
            let mut carried = false;
            for stream in self.streams.clone() {
                carried |= self.carry(stream).await?;
            }
            if !carried {
                return Ok(());
            }
        }
    }

    /// Carries one batch of a stream over; false when the stream is empty.
    async fn carry(&mut self, stream: Word) -> Result<bool, CarryError> {
        let Some(batch) = self.next(&stream).await? else {
            return Ok(false);
        };
        self.consumer
            .hand_over(&stream, batch.id, batch.body)
            .await?;
        fault::pass(Point::OutboxBatchRecorded);
        self.journal
            .write(|connection| Box::pin(async move { store::forget(connection, &stream).await }))
            .await?;
        Ok(true)
    }

    async fn next(&self, stream: &Word) -> Result<Option<Batch>, CarryError> {
        let under_way = store::under_way(self.journal.readers(), stream).await;
        if let Some(batch) = under_way.map_err(CarryError::Read)? {
            return Ok(Some(batch));
        }
        let (stream, id) = (stream.clone(), ids::new(self.clock.wall()));
        let form = self
            .journal
            .write(move |connection| {
                Box::pin(async move { store::form(connection, &stream, id).await })
            })
            .await?;
        if form.is_some() {
            fault::pass(Point::OutboxBatchFormed);
        }
        Ok(form)
    }
}

/// A batch did not go over; it is sent again.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    #[error("cannot read the outbox")]
    Read(#[source] sqlx::Error),
    #[error("cannot write the outbox")]
    Journal(#[from] JournalError),
    #[error(transparent)]
    HandOver(#[from] HandOverError),
}
