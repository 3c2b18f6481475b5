//! Somebody who takes records: a batch is sent, and is theirs once they have said so.

use std::time::Duration;

use tokio::time::timeout;
use wire::record::Recorded;
use wire::topic::{ServiceSubject, Subject};
use wire::{BatchId, Component, Filter, Problem, Topic, Word};

use crate::bus::{Bus, PublishError, Reach, Retain, Subscription};
use crate::digest::sha256;

/// How long the consumer may take to commit before the batch counts as not handed over.
const CONFIRM: Duration = Duration::from_secs(10);

/// A component that takes records of ours.
#[derive(Debug)]
pub struct Consumer {
    component: Component,
    bus: Bus,
    recorded: Subscription,
}

impl Consumer {
    /// Listens for its confirmations; before the bus connects.
    pub async fn of(component: Component, bus: &Bus) -> Self {
        let filter = Filter::recorded(bus.property(), Some(component), Some(bus.principal()));
        Self {
            component,
            bus: bus.clone(),
            recorded: bus.subscribe([filter]).await,
        }
    }

    /// Who it is.
    pub fn component(&self) -> Component {
        self.component
    }

    /// Hands a batch over; it is committed there when this returns. After a failure it may be all the
    /// same, and the same bytes under the same id are recognised.
    pub async fn hand_over(
        &mut self,
        stream: &Word,
        batch: BatchId,
        body: Vec<u8>,
    ) -> Result<(), HandOverError> {
        let from = self.bus.principal().clone();
        let subject = ServiceSubject::Record(stream.clone(), from, batch);
        let topic = Topic::service(self.bus.property(), self.component, subject);
        let digest = sha256(&body);
        let confirmed = async {
            let reach = self.bus.publish_bytes(&topic, body.into(), Retain::No);
            match reach.await? {
                Reach::Somebody => confirmation(&mut self.recorded, batch).await,
                Reach::Nobody => Err(HandOverError::Absent),
            }
        };
        let confirmation = timeout(CONFIRM, confirmed)
            .await
            .map_err(|_| HandOverError::Unconfirmed)??;
        if confirmation.sha256 != digest {
            return Err(HandOverError::OtherBytes);
        }
        match confirmation.problem {
            Some(problem) => Err(HandOverError::Refused(problem)),
            None => Ok(()),
        }
    }
}

/// Waits for the confirmation of one batch; others are late repetitions.
async fn confirmation(
    recorded: &mut Subscription,
    batch: BatchId,
) -> Result<Recorded, HandOverError> {
    while let Some(delivery) = recorded.recv().await {
        let Subject::Service(_, ServiceSubject::Recorded(_, id)) = delivery.topic.subject else {
            continue;
        };
        let confirmation = wire::decode::<Recorded>(&delivery.body);
        delivery.acknowledge();
        if id == batch {
            return confirmation.map_err(HandOverError::Confirmation);
        }
    }
    Err(HandOverError::Publish(PublishError::Stopped))
}

/// A batch did not go over.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// The bus did not take it.
    #[error("cannot send a batch")]
    Publish(#[from] PublishError),
    /// Nobody listens.
    #[error("the consumer is not on the bus")]
    Absent,
    /// No answer came in time.
    #[error("a batch was not confirmed within {CONFIRM:?}")]
    Unconfirmed,
    /// The answer is none.
    #[error("the confirmation cannot be read")]
    Confirmation(#[source] Problem),
    /// Something else arrived there.
    #[error("the consumer confirmed other bytes than were sent")]
    OtherBytes,
    /// It does not want it.
    #[error("the consumer refused a batch")]
    Refused(#[source] Problem),
}
