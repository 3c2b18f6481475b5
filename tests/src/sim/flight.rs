//! Publishes that the broker has not acknowledged yet.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use kit::bus::{Bus, PublishError, Retain};
use wire::Topic;

/// What was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cargo {
    /// The letter at this place; the outbox repeats it.
    Letter(u64),
    /// Something that nobody needs: a repetition, or nonsense.
    Litter,
    /// Online and birth; said again at the next connection.
    Greeting,
    /// How a command goes; nobody repeats it but the bus.
    Ack,
}

type Landing = Pin<Box<dyn Future<Output = Result<(), PublishError>> + Send>>;

/// Everything in the air, in the order of its start; bounded by those who start it.
#[derive(Default)]
pub(super) struct Flight(VecDeque<(Cargo, Landing)>);

impl Flight {
    /// Starts a publish; publishes leave in the order of their starts.
    pub(super) fn start(
        &mut self,
        bus: &Bus,
        cargo: Cargo,
        topic: Topic,
        body: Bytes,
        retain: Retain,
    ) {
        let bus = bus.clone();
        let landing = async move { bus.publish_bytes(&topic, body, retain).await.map(drop) };
        self.0.push_back((cargo, Box::pin(landing)));
    }

    /// Waits for the next one to land; for ever while nothing flies.
    pub(super) async fn landed(&mut self) -> (Cargo, Result<(), PublishError>) {
        poll_fn(|context| {
            for (place, (cargo, landing)) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(outcome) = landing.as_mut().poll(context) {
                    let cargo = *cargo;
                    drop(self.0.remove(place));
                    return Poll::Ready((cargo, outcome));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Gives up everything that will be said anew on the next connection.
    pub(super) fn forget_connection(&mut self) {
        self.0.retain(|(cargo, _)| match cargo {
            Cargo::Letter(_) | Cargo::Litter | Cargo::Greeting => false,
            Cargo::Ack => true,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(cargo, _)| cargo))
            .finish()
    }
}
