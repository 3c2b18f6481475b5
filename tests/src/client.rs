//! Clients of the bus with a principal's own certificate.

use std::path::Path;
use std::sync::Arc;

use kit::bus::{Bus, Delivery, Link, Session, Settings, Subscription};
use kit::config::Address;
use kit::health::Health;
use kit::identity::{self, Identity};
use kit::lifecycle::Tasks;
use tokio::sync::watch;
use tokio::time::timeout;
use wire::Topic;

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT};

/// A client of the bus; its tasks end when it is dropped.
#[derive(Debug)]
pub struct Client {
    /// The client.
    pub bus: Bus,
    /// Whether everything it needs is there.
    pub health: Health,
    tasks: Option<Tasks>,
}

impl Client {
    /// A client with the certificate in a directory, which is followed; not connected yet.
    pub fn new(
        hotel: &Hotel,
        identity_dir: &Path,
        session: Session,
        will: Option<(Topic, Vec<u8>)>,
    ) -> Self {
        Self::at(&hotel.places.broker, hotel, identity_dir, session, will)
    }

    /// The same, reaching the broker at another address.
    pub fn at(
        broker: &Address,
        hotel: &Hotel,
        identity_dir: &Path,
        session: Session,
        will: Option<(Topic, Vec<u8>)>,
    ) -> Self {
        let (tasks, health) = (Tasks::new(), Health::new());
        let first = Identity::load(identity_dir).expect("the hotel's identities are sound");
        let (sender, identity) = watch::channel(Arc::new(first));
        let directory = identity_dir.to_owned();
        tasks.spawn("identity", |stop| identity::follow(directory, sender, stop));
        let settings = Settings {
            broker: broker.clone(),
            property: hotel.places.property.clone(),
            identity,
            session,
            will,
        };
        let bus = Bus::new(settings, &tasks, health.need("bus"));
        Self {
            bus,
            health,
            tasks: Some(tasks),
        }
    }

    /// Connects, and waits until the broker has let it in.
    pub async fn connected(self) -> Self {
        self.bus.connect();
        let mut link = self.bus.link();
        eventually("the broker lets the client in", LIMIT, || {
            let up = *link.borrow_and_update() == Link::Up;
            async move { up.then_some(()) }
        })
        .await;
        self
    }

    /// Ends it without a goodbye.
    pub async fn end(mut self) {
        if let Some(tasks) = self.tasks.take() {
            tasks.drain().await.expect("a client ends in time");
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(tasks) = &self.tasks {
            tasks.cancel();
        }
    }
}

impl Hotel {
    /// A client with the certificate of a principal, let in.
    pub async fn client(&self, principal: &str) -> Client {
        Client::new(self, &self.identity_dir(principal), Session::Clean, None)
            .connected()
            .await
    }
}

/// The next message of a subscription.
///
/// # Panics
///
/// When none comes in time.
pub async fn next(subscription: &mut Subscription) -> Delivery {
    let delivery = timeout(LIMIT, subscription.recv()).await;
    delivery
        .expect("a message comes in time")
        .expect("the bus runs")
}
