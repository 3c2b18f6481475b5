//! Carries batches over and waits for their confirmation.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wire::record::Recorded;
use wire::topic::{ServiceSubject, Subject};
use wire::{BatchId, Component, Problem, Topic, Word};

use super::store::{self, Batch};
use crate::backoff::Backoff;
use crate::bus::{Bus, PublishError, Reach, Retain, Subscription};
use crate::clock::Clock;
use crate::digest::sha256;
use crate::error::Chain;
use crate::ids;
use crate::journal::{Journal, JournalError};

/// How long the consumer may take to commit before the batch is sent again.
const CONFIRM: Duration = Duration::from_secs(10);
/// Waits after a failure: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// A batch is not made for a single record while others are about to come.
const GATHER: Duration = Duration::from_millis(20);

pub(super) struct Carrier {
    pub(super) consumer: Component,
    pub(super) streams: Vec<Word>,
    pub(super) journal: Journal,
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) arrived: Arc<Notify>,
}

impl Carrier {
    pub(super) async fn run(self, mut recorded: Subscription, stop: CancellationToken) {
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        let carrying = async {
            loop {
                match self.carry_all(&mut recorded).await {
                    Ok(()) => {
                        backoff.reset();
                        self.arrived.notified().await;
                        sleep(GATHER).await;
                    }
                    Err(error) => {
                        tracing::warn!(consumer = %self.consumer, error = %Chain(&error),
                            "records not handed over");
                        sleep(backoff.wait()).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(carrying).await;
    }

    /// Carries until every stream is empty, round by round, first streams first.
    async fn carry_all(&self, recorded: &mut Subscription) -> Result<(), CarryError> {
        loop {
            let mut carried = false;
            for stream in &self.streams {
                carried |= self.carry(stream, recorded).await?;
            }
            if !carried {
                return Ok(());
            }
        }
    }

    /// Carries one batch of a stream over; false when the stream is empty.
    async fn carry(&self, stream: &Word, recorded: &mut Subscription) -> Result<bool, CarryError> {
        let Some(batch) = self.next(stream).await? else {
            return Ok(false);
        };
        let subject =
            ServiceSubject::Record(stream.clone(), self.bus.principal().clone(), batch.id);
        let topic = Topic::service(self.bus.property(), self.consumer, subject);
        let confirmed = async {
            let body = batch.body.clone().into();
            match self.bus.publish_bytes(&topic, body, Retain::No).await? {
                Reach::Somebody => confirmation(recorded, batch.id).await,
                Reach::Nobody => Err(CarryError::Absent),
            }
        };
        let confirmation = timeout(CONFIRM, confirmed)
            .await
            .map_err(|_| CarryError::Unconfirmed)??;
        if confirmation.sha256 != sha256(&batch.body) {
            return Err(CarryError::OtherBytes);
        }
        if let Some(problem) = confirmation.problem {
            return Err(CarryError::Refused(problem));
        }
        let stream = stream.clone();
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
        Ok(form)
    }
}

/// Waits for the confirmation of one batch; others are late repetitions.
async fn confirmation(recorded: &mut Subscription, batch: BatchId) -> Result<Recorded, CarryError> {
    while let Some(delivery) = recorded.recv().await {
        let Subject::Service(_, ServiceSubject::Recorded(_, id)) = delivery.topic.subject else {
            continue;
        };
        let confirmation = wire::decode::<Recorded>(&delivery.body);
        delivery.acknowledge();
        if id == batch {
            return confirmation.map_err(CarryError::Confirmation);
        }
    }
    Err(CarryError::Publish(PublishError::Stopped))
}

/// A batch did not go over; it is sent again.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    #[error("cannot read the outbox")]
    Read(#[source] sqlx::Error),
    #[error("cannot write the outbox")]
    Journal(#[from] JournalError),
    #[error("cannot send a batch")]
    Publish(#[from] PublishError),
    #[error("the consumer is not on the bus")]
    Absent,
    #[error("a batch was not confirmed within {CONFIRM:?}")]
    Unconfirmed,
    #[error("the confirmation cannot be read")]
    Confirmation(#[source] Problem),
    #[error("the consumer confirmed other bytes than were sent")]
    OtherBytes,
    #[error("the consumer refused a batch")]
    Refused(#[source] Problem),
}
