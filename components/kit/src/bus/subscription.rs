//! Messages that were subscribed to, and their acknowledgement.

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use wire::{Filter, Topic};

/// Messages that wait for their receiver; when it is full nothing more is read from the broker.
const WAITING: usize = 1_000;

/// Whether the broker's policy grants a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Not asked yet.
    Pending,
    /// It does.
    Granted,
    /// It does not.
    Denied(Filter),
}

/// The receiving end of a subscription; messages are received in the order of the broker.
#[derive(Debug)]
pub struct Subscription {
    deliveries: mpsc::Receiver<Delivery>,
    grant: watch::Receiver<Grant>,
}

impl Subscription {
    /// The next message; nothing when the bus has stopped.
    pub async fn recv(&mut self) -> Option<Delivery> {
        self.deliveries.recv().await
    }

    /// The next message and those that wait behind it, at most `most`; none when the bus has
    /// stopped.
    pub async fn recv_many(&mut self, most: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        self.deliveries.recv_many(&mut deliveries, most).await;
        deliveries
    }

    /// Waits until the broker has said whether it grants the subscription.
    pub async fn granted(&mut self) -> Result<(), Denied> {
        let grant = self.grant.wait_for(|grant| *grant != Grant::Pending).await;
        match grant.as_deref() {
            Ok(Grant::Denied(filter)) => Err(Denied {
                filter: filter.clone(),
            }),
            Ok(Grant::Granted | Grant::Pending) | Err(_) => Ok(()),
        }
    }
}

/// The policy does not grant a subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the broker's policy denies subscribing to {filter}")]
pub struct Denied {
    filter: Filter,
}

/// A message that arrived.
#[derive(Debug)]
pub struct Delivery {
    /// Where it was published.
    pub topic: Topic,
    /// What was published.
    pub body: Bytes,
    /// Whether the broker had kept it: state from before the subscription, not news.
    pub retained: bool,
    pub(super) receipt: Receipt,
}

impl Delivery {
    /// Tells the broker that the message is safe; without, it comes again.
    pub fn acknowledge(self) {
        self.receipt.give();
    }
}

/// What acknowledges one message, on the connection that brought it.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) connection: u64,
    pub(super) publish: rumqttc::v5::mqttbytes::v5::Publish,
    pub(super) given: mpsc::UnboundedSender<Acknowledged>,
}

/// An acknowledgement on its way to the broker.
#[derive(Debug)]
pub(super) struct Acknowledged {
    pub(super) connection: u64,
    pub(super) publish: rumqttc::v5::mqttbytes::v5::Publish,
}

impl Receipt {
    pub(super) fn give(self) {
        let Self {
            connection,
            publish,
            given,
        } = self;
        // After the bus stopped there is nobody to tell; the broker sends the message again.
        drop(given.send(Acknowledged {
            connection,
            publish,
        }));
    }
}

/// The driver's end of a subscription.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) filters: Vec<Filter>,
    deliveries: mpsc::Sender<Delivery>,
    grant: watch::Sender<Grant>,
}

impl Route {
    pub(super) fn takes(&self, topic: &str) -> bool {
        self.filters.iter().any(|filter| filter.matches(topic))
    }

    /// Hands a message over; gives it back when the receiver is behind. One that is gone takes
    /// everything and keeps nothing.
    pub(super) fn deliver(&self, delivery: Delivery) -> Option<Delivery> {
        match self.deliveries.try_send(delivery) {
            Ok(()) => None,
            Err(mpsc::error::TrySendError::Full(delivery)) => Some(delivery),
            Err(mpsc::error::TrySendError::Closed(delivery)) => {
                delivery.acknowledge();
                None
            }
        }
    }

    /// Where messages wait for the receiver.
    pub(super) fn queue(&self) -> mpsc::Sender<Delivery> {
        self.deliveries.clone()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.deliveries.is_closed()
    }

    pub(super) fn is_granted(&self) -> bool {
        *self.grant.borrow() == Grant::Granted
    }

    pub(super) fn set(&self, grant: Grant) {
        self.grant.send_replace(grant);
    }
}

pub(super) fn new(filters: impl IntoIterator<Item = Filter>) -> (Route, Subscription) {
    let (sender, deliveries) = mpsc::channel(WAITING);
    let (grant_state, grant) = watch::channel(Grant::Pending);
    let route = Route {
        filters: filters.into_iter().collect(),
        deliveries: sender,
        grant: grant_state,
    };
    (route, Subscription { deliveries, grant })
}
