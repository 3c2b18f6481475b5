//! What one connection has sent and the broker has not acknowledged, free of IO.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5::{PubAck, PubAckReason};
use tokio::sync::oneshot;

use super::{PublishError, Reach, Retain};

/// A message on its way to the broker.
#[derive(Debug)]
pub(super) struct Publish {
    pub(super) topic: String,
    pub(super) body: Bytes,
    pub(super) retain: Retain,
    pub(super) done: oneshot::Sender<Result<Reach, PublishError>>,
}

impl Publish {
    /// Whether nobody waits for it any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.done.is_closed()
    }
}

/// The publishes and subscriptions of one connection, from their hand-over to the answer.
///
/// ```text
/// hand over ─▶ nameless ──packet id──▶ unacknowledged ──PUBACK──▶ told
///                 └───────────── connection lost ─┴──▶ taken back, in order
/// ```
///
/// Invariant: what is handed over is told about or taken back, never both, never neither.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// How many publishes the broker takes; none before it has let the client in.
    room: usize,
    /// Handed over, packet id not known yet, in order.
    nameless: VecDeque<Publish>,
    /// With their packet ids, in order; ids are used in turns and say nothing about it.
    unacknowledged: VecDeque<(u16, Publish)>,
    /// Routes whose SUBSCRIBE has no packet id yet, in order.
    subscribing: VecDeque<usize>,
    subscribes: HashMap<u16, usize>,
}

impl Flight {
    /// The broker has let the client in and takes `room` publishes at a time.
    pub(super) fn admit(&mut self, room: usize) {
        self.room = room;
    }

    pub(super) fn is_admitted(&self) -> bool {
        self.room > 0
    }

    pub(super) fn has_room(&self) -> bool {
        self.nameless.len() + self.unacknowledged.len() < self.room
    }

    /// A publish was handed to the connection.
    pub(super) fn publishing(&mut self, publish: Publish) {
        self.nameless.push_back(publish);
    }

    /// The next publish that was handed over has got its packet id.
    pub(super) fn name_publish(&mut self, id: u16) {
        if let Some(publish) = self.nameless.pop_front() {
            self.unacknowledged.push_back((id, publish));
        }
    }

    /// The broker has answered a publish: its sender is told.
    pub(super) fn published(&mut self, puback: &PubAck) {
        let mut named = self.unacknowledged.iter();
        let place = named.position(|(id, _)| *id == puback.pkid);
        let Some((_, publish)) = place.and_then(|place| self.unacknowledged.remove(place)) else {
            return;
        };
        let Publish { topic, done, .. } = publish;
        let outcome = match puback.reason {
            PubAckReason::Success => Ok(Reach::Somebody),
            PubAckReason::NoMatchingSubscribers => Ok(Reach::Nobody),
            PubAckReason::NotAuthorized => Err(PublishError::Denied { topic }),
            reason => Err(PublishError::Refused {
                topic,
                reason: format!("{reason:?}"),
            }),
        };
        // Whoever gave up waiting does not need the answer.
        drop(done.send(outcome));
    }

    /// A subscription of a route was handed to the connection.
    pub(super) fn subscribing(&mut self, route: usize) {
        self.subscribing.push_back(route);
    }

    /// The next subscription that was handed over has got its packet id.
    pub(super) fn name_subscribe(&mut self, id: u16) {
        if let Some(route) = self.subscribing.pop_front() {
            self.subscribes.insert(id, route);
        }
    }

    /// The broker has answered a subscription: the route it was for.
    pub(super) fn subscribed(&mut self, id: u16) -> Option<usize> {
        self.subscribes.remove(&id)
    }

    /// The connection is lost: what was not acknowledged, in the order of its hand-over.
    pub(super) fn take_back(self) -> impl DoubleEndedIterator<Item = Publish> {
        let named = self.unacknowledged.into_iter().map(|(_, publish)| publish);
        named.chain(self.nameless)
    }
}

#[cfg(test)]
mod tests;
