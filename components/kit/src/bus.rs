//! The connection to the broker: MQTT 5 over mutual TLS, typed by `wire`.
//!
//! What it promises (`docs/spec/bus.md`): a publish returns when the broker has acknowledged it,
//! through any number of reconnects; a refused publish or subscribe is an error, not silence; a
//! message is acknowledged by whoever handled it, after it is safe; subscriptions come back by
//! themselves; a renewed certificate is taken up without losing a message. QoS 1 throughout: what
//! arrives may arrive twice. The broker is not trusted to keep anything.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use wire::topic::ServiceSubject;
use wire::{Component, Filter, Principal, PropertyId, Topic};

use crate::config::{Address, Common};
use crate::health::Probe;
use crate::identity::{Identity, SpiffeId};
use crate::lifecycle::{Tasks, announce};

mod connection;
mod control;
mod driver;
mod flight;
mod request;
mod subscription;

pub use control::ControlError;
pub use request::RequestError;
pub use subscription::{Delivery, Grant, Subscription};

use control::Exchange;
use driver::{Driver, Order};
use flight::Publish;
use request::Replies;

/// Most orders that wait for the driver; whoever comes next waits for a place.
const ORDERS: usize = 1_024;
/// Session expiry: a component that is gone for longer starts afresh.
const SESSION: Duration = Duration::from_hours(7 * 24);

/// Whether the broker keeps the message for those who subscribe later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// It does; the message is state.
    Yes,
    /// It does not; the message is news.
    No,
}

/// Whether anybody has subscribed to what was published, connected or with a kept session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Somebody has.
    Somebody,
    /// Nobody has: the message is gone, unless it is retained.
    Nobody,
}

/// Whether the broker keeps the session while the client is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// For seven days.
    Kept,
    /// No: messages sent meanwhile are not wanted.
    Clean,
}

/// How to connect.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the broker listens.
    pub broker: Address,
    /// The hotel.
    pub property: PropertyId,
    /// Own certificate and key; a renewal causes a reconnect.
    pub identity: watch::Receiver<Arc<Identity>>,
    /// Whether the session outlives the connection.
    pub session: Session,
    /// What the broker publishes, retained, when the connection is lost.
    pub will: Option<(Topic, Vec<u8>)>,
}

impl Settings {
    /// The settings of a component: kept session, and its status as last will.
    pub fn of_component(
        component: Component,
        common: &Common,
        identity: watch::Receiver<Arc<Identity>>,
    ) -> Self {
        let status = Topic::service(&common.property, component, ServiceSubject::Status);
        Self {
            broker: common.broker.clone(),
            property: common.property.clone(),
            identity,
            session: Session::Kept,
            will: Some((status, wire::encode(&announce::gone()))),
        }
    }

    /// The identity that the broker must prove.
    fn broker_id(&self) -> SpiffeId {
        self.identity.borrow().spiffe.sibling(Component::Broker)
    }
}

/// Whether the broker is reachable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It is not, and why.
    Down(String),
    /// It is.
    Up,
}

/// A client of the broker; cloned freely.
#[derive(Debug, Clone)]
pub struct Bus {
    begin: Arc<Notify>,
    orders: mpsc::Sender<Order>,
    link: watch::Receiver<Link>,
    replies: Arc<Replies>,
    exchange: Arc<Exchange>,
    tasks: Tasks,
    property: PropertyId,
    principal: Principal,
}

impl Bus {
    /// A client that does not connect yet, so that subscriptions can be made first; `probe` shows
    /// whether it is connected.
    pub fn new(settings: Settings, tasks: &Tasks, probe: Probe) -> Self {
        let (orders, queue) = mpsc::channel(ORDERS);
        let (link_state, link) = watch::channel(Link::Down("not connected yet".to_owned()));
        let property = settings.property.clone();
        let principal = settings.identity.borrow().spiffe.id.clone();
        let exchange = Arc::new(Exchange::default());
        let driver = Driver::new(settings, queue, link_state, probe, Arc::clone(&exchange));
        let begin = Arc::new(Notify::new());
        tasks.spawn("bus", |stop| driver.run(Arc::clone(&begin), stop));
        let replies = Arc::default();
        Self {
            begin,
            exchange,
            orders,
            link,
            replies,
            tasks: tasks.clone(),
            property,
            principal,
        }
    }

    /// Begins to connect, for as long as it takes. What a kept session holds for subscriptions that
    /// were not made before is lost.
    pub fn connect(&self) {
        self.begin.notify_one();
    }

    /// The hotel.
    pub fn property(&self) -> &PropertyId {
        &self.property
    }

    /// Who this client is.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the broker is reachable, now and whenever it changes.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.clone()
    }

    /// Publishes a body and waits until the broker has it, through reconnects; drop the future to
    /// give up. Says whether anybody hears it.
    pub async fn publish<T: Serialize>(
        &self,
        topic: &Topic,
        body: &T,
        retain: Retain,
    ) -> Result<Reach, PublishError> {
        self.publish_bytes(topic, wire::encode(body).into(), retain)
            .await
    }

    /// Publishes an encoded body.
    pub async fn publish_bytes(
        &self,
        topic: &Topic,
        body: Bytes,
        retain: Retain,
    ) -> Result<Reach, PublishError> {
        if body.len() > wire::bound::BODY_MAX {
            return Err(PublishError::TooLarge {
                topic: topic.to_string(),
                bytes: body.len(),
            });
        }
        self.publish_raw(topic.to_string(), body, retain).await
    }

    /// Forgets the retained message of a topic.
    pub async fn clear_retained(&self, topic: &Topic) -> Result<Reach, PublishError> {
        self.publish_raw(topic.to_string(), Bytes::new(), Retain::Yes)
            .await
    }

    async fn publish_raw(
        &self,
        topic: String,
        body: Bytes,
        retain: Retain,
    ) -> Result<Reach, PublishError> {
        let (done, acknowledged) = oneshot::channel();
        let order = Order::Publish(Publish {
            topic,
            body,
            retain,
            done,
        });
        self.orders
            .send(order)
            .await
            .map_err(|_| PublishError::Stopped)?;
        acknowledged.await.map_err(|_| PublishError::Stopped)?
    }

    /// Subscribes to filters, now and after every reconnect. A message goes to the first
    /// subscription that takes it. When a receiver is behind nothing more is read from the broker,
    /// for anybody, and publishes wait as well: receive, commit, acknowledge, and never await a
    /// publish in the loop that receives.
    pub async fn subscribe(&self, filters: impl IntoIterator<Item = Filter>) -> Subscription {
        let (route, subscription) = subscription::new(filters);
        // A stopped driver leaves a subscription that ends at once.
        drop(self.orders.send(Order::Subscribe(route)).await);
        subscription
    }
}

/// A message was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The policy does not grant it.
    #[error("the broker's policy denies publishing to {topic}")]
    Denied {
        /// Where to.
        topic: String,
    },
    /// The broker refused it for another reason.
    #[error("the broker refused a message to {topic}: {reason}")]
    Refused {
        /// Where to.
        topic: String,
        /// Its reason code.
        reason: String,
    },
    /// The body is beyond the bound of the bus.
    #[error("a body of {bytes} bytes is too large for {topic}")]
    TooLarge {
        /// Where to.
        topic: String,
        /// Its size.
        bytes: usize,
    },
    /// The component is stopping.
    #[error("the bus is closed")]
    Stopped,
}
