//! Questions to components and their answers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::request::{Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Component, Filter, Integer, Operation, Problem, RequestId, Topic, Version};

use super::subscription::{Denied, Subscription};
use super::{Bus, PublishError, Reach, Retain};
use crate::clock::{Clock, later};
use crate::ids;

/// Answers that are waited for.
#[derive(Debug, Default)]
pub(super) struct Replies {
    waiting: Mutex<HashMap<RequestId, oneshot::Sender<Bytes>>>,
    listening: OnceCell<()>,
}

impl Bus {
    /// Asks a component and waits for its answer, at most `wait`.
    pub async fn request<Q: Serialize, A: DeserializeOwned>(
        &self,
        component: Component,
        operation: &Operation,
        body: Q,
        wait: Duration,
    ) -> Result<A, RequestError> {
        let id = ids::new(Clock::system().wall());
        self.request_as(id, component, operation, body, wait).await
    }

    /// Asks with an id of the caller's, so that the same question can be asked again.
    pub async fn request_as<Q: Serialize, A: DeserializeOwned>(
        &self,
        id: RequestId,
        component: Component,
        operation: &Operation,
        body: Q,
        wait: Duration,
    ) -> Result<A, RequestError> {
        let deadline = later(Clock::system().wall(), wait);
        let asking = self.ask(id, component, operation, body, deadline);
        let answer = timeout(wait, asking).await;
        self.replies.forget(id);
        let body = answer.map_err(|_| RequestError::TimedOut { component, wait })??;
        let reply: Reply<A> = wire::decode(&body).map_err(RequestError::Answer)?;
        Result::from(reply).map_err(RequestError::Problem)
    }

    async fn ask<Q: Serialize>(
        &self,
        id: RequestId,
        component: Component,
        operation: &Operation,
        body: Q,
        deadline: Integer,
    ) -> Result<Bytes, RequestError> {
        self.replies
            .listening
            .get_or_try_init(|| self.listen())
            .await?;
        let answer = self.replies.expect(id);
        let subject = ServiceSubject::Request(operation.clone(), self.principal.clone(), id);
        let topic = Topic::service(&self.property, component, subject);
        let request = Request {
            v: Version,
            deadline,
            body,
        };
        match self.publish(&topic, &request, Retain::No).await? {
            Reach::Somebody => {}
            Reach::Nobody => return Err(RequestError::Absent { component }),
        }
        answer
            .await
            .map_err(|_| RequestError::Publish(PublishError::Stopped))
    }

    async fn listen(&self) -> Result<(), RequestError> {
        let filter = Filter::replies(&self.property, None, Some(&self.principal));
        let mut subscription = self.subscribe([filter]).await;
        subscription.granted().await?;
        let replies = std::sync::Arc::clone(&self.replies);
        self.tasks
            .spawn("replies", |stop| route(replies, subscription, stop));
        Ok(())
    }
}

/// Hands answers to those who wait for them.
async fn route(
    replies: std::sync::Arc<Replies>,
    mut subscription: Subscription,
    stop: CancellationToken,
) {
    while let Some(Some(delivery)) = stop.run_until_cancelled(subscription.recv()).await {
        if let Subject::Service(_, ServiceSubject::Reply(_, id)) = &delivery.topic.subject {
            replies.arrived(*id, delivery.body.clone());
        }
        delivery.acknowledge();
    }
}

impl Replies {
    fn expect(&self, id: RequestId) -> oneshot::Receiver<Bytes> {
        let (sender, answer) = oneshot::channel();
        self.lock().insert(id, sender);
        answer
    }

    fn arrived(&self, id: RequestId, body: Bytes) {
        if let Some(waiting) = self.lock().remove(&id) {
            // Whoever gave up waiting does not need the answer.
            drop(waiting.send(body));
        }
    }

    fn forget(&self, id: RequestId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, oneshot::Sender<Bytes>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Answers cannot be listened for.
    #[error("cannot listen for answers")]
    Listen(#[from] Denied),
    /// The question did not reach the broker.
    #[error("cannot ask")]
    Publish(#[from] PublishError),
    /// The component is not there: nothing was carried out.
    #[error("{component} is not on the bus")]
    Absent {
        /// Who was asked.
        component: Component,
    },
    /// Nobody answered; whether the question was carried out is unknown.
    #[error("{component} did not answer within {wait:?}")]
    TimedOut {
        /// Who was asked.
        component: Component,
        /// How long was waited.
        wait: Duration,
    },
    /// The answer is not one.
    #[error("the answer cannot be read")]
    Answer(#[source] Problem),
    /// The component said no.
    #[error("refused")]
    Problem(#[source] Problem),
}
