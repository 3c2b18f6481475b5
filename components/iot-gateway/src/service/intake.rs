//! A batch of messages on its way into the rules.

use std::time::Duration;

use kit::bus::Delivery;

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
                None => Input::Asked(request),
            },
            input @ (Input::AskedAgain(..)
            | Input::Unreadable(..)
            | Input::Registry(_)
            | Input::Elapsed) => input,
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
