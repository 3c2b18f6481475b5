//! A batch of messages on its way into the rules.

use std::time::Duration;

use kit::bus::Delivery;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::Problem;
use wire::audit::{PageOf, TrailOf};
use wire::gateway::{AUDIT, LOCK, TRAIL, UNLOCK};
use wire::request::{Reply, Request as Body};

use super::Service;
use crate::edge::inbound;
use crate::gateway::{Gateway, Input};
use crate::registry::Devices;
use crate::requests::{self, Request};
use crate::work::Work;

/// Shortest time between two looks at the registry because of unknown devices.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Feeds the rules a batch of messages.
    pub(super) async fn take_in(&mut self, gateway: &mut Gateway, batch: &[Delivery]) -> Work {
        let mut work = Work::default();
        for delivery in batch {
            let input = self
                .prepare(gateway, &mut work, inbound::read(delivery))
                .await;
            work.add(gateway.handle(self.now(), input));
        }
        work
    }

    /// Looks up what an input needs: whether its device was just added, whether its question was
    /// answered before.
    async fn prepare(&mut self, gateway: &mut Gateway, work: &mut Work, input: Input) -> Input {
        match input {
            Input::Said(id, origin, said) => {
                if !gateway.knows(&id)
                    && let Some(registry) = self.registry_of_unknown().await
                {
                    work.add(gateway.handle(self.now(), Input::Registry(registry)));
                }
                Input::Said(id, origin, said)
            }
            Input::Asked(request) => match self.first_answer(work, &request).await {
                Some(answer) => Input::AskedAgain(request, answer),
                None => self.asked(request).await,
            },
            input @ (Input::AskedAgain(..)
            | Input::Unreadable(..)
            | Input::Wished(_)
            | Input::Registry(_)
            | Input::Revoked(_)
            | Input::Elapsed) => input,
        }
    }

    /// A question; one about doors is looked into, one about the trail is read up.
    async fn asked(&self, request: Request) -> Input {
        let answer = match request.operation.as_str() {
            UNLOCK | LOCK => return self.wished(request).await,
            TRAIL => match read::<TrailOf>(&request) {
                Ok(of) => self.keeper.newest(&of.device).await.map(encoded),
                Err(problem) => Err(problem),
            },
            AUDIT => match read::<PageOf>(&request) {
                Ok(of) => self.keeper.page(of.after).await.map(encoded),
                Err(problem) => Err(problem),
            },
            _ => return Input::Asked(request),
        };
        let answer = answer.unwrap_or_else(refused);
        Input::AskedAgain(request, answer)
    }

    /// Finds out who answers for a petition.
    async fn wished(&self, request: Request) -> Input {
        let now = self.clock.wall();
        match self.believer.wish(now, self.zone.local(now), &request) {
            Ok(mut wish) => {
                wish.is_repeated = self.keeper.has_intent(wish.what.execution).await;
                Input::Wished(Box::new(wish))
            }
            Err(problem) => Input::AskedAgain(request, refused(problem)),
        }
    }

    /// The registry, if it has changed since an unknown device was not in it.
    async fn registry_of_unknown(&mut self) -> Option<Devices> {
        let now = self.clock.monotonic();
        let is_soon = |at| now < at + UNKNOWN_PAUSE;
        if self.unknown_at.is_some_and(is_soon) {
            return None;
        }
        self.unknown_at = Some(now);
        self.registry.changed().await
    }

    async fn first_answer(&self, work: &Work, request: &Request) -> Option<Vec<u8>> {
        if !requests::is_kept(&request.operation) {
            return None;
        }
        match work.answer(&request.asker) {
            Some(answer) => Some(answer.to_vec()),
            None => self.keeper.recall(&request.asker).await,
        }
    }
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    wire::decode::<Body<T>>(&request.body).map(|request| request.body)
}

fn encoded<T: Serialize>(answer: T) -> Vec<u8> {
    wire::encode(&Reply::from(Ok(answer)))
}

fn refused(problem: Problem) -> Vec<u8> {
    wire::encode(&Reply::<()>::from(Err(problem)))
}
