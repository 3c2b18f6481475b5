//! Messages to the bus. Whatever waits here is repeated by rule or on request, so nothing here
//! needs to survive, and nothing here ever stops the rules.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kit::bus::{Bus, PublishError, Retain};
use kit::clock::Clock;
use kit::identity::Identity;
use kit::lifecycle::Tasks;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use wire::topic::{DeviceSubject, ServiceSubject};
use wire::{Component, DeviceId, Integer, PropertyId, Topic};

use super::people::sealed;

use crate::effect::Saying;

/// Most messages that wait for the broker; more are dropped and counted.
const WAITING: usize = 4_096;
/// Most messages on their way at once; more than the broker takes unacknowledged.
const IN_FLIGHT: usize = 256;
/// How long a message waits for a broker that is away.
const WORTH: Duration = Duration::from_secs(10);

/// Where messages to the bus are left.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    queue: mpsc::Sender<Outgoing>,
    property: PropertyId,
    identity: watch::Receiver<Arc<Identity>>,
}

/// A message on its way.
#[derive(Debug)]
struct Outgoing {
    topic: Topic,
    body: Bytes,
    retain: Retain,
    worth: Worth,
}

/// How long it is worth saying.
#[derive(Debug, Clone, Copy)]
enum Worth {
    /// As long as it takes.
    Always,
    /// A while: it is said again if it does not arrive.
    Awhile,
    /// Until a moment, in Unix milliseconds.
    Until(Integer),
}

impl Outbound {
    /// Starts the task that publishes.
    pub(crate) fn start(
        bus: &Bus,
        clock: &Clock,
        tasks: &Tasks,
        identity: watch::Receiver<Arc<Identity>>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let property = bus.property().clone();
        let (bus, clock) = (bus.clone(), clock.clone());
        tasks.spawn("outbound", |stop| publish_all(bus, clock, waiting, stop));
        Self {
            queue,
            property,
            identity,
        }
    }

    /// Leaves a message to be published.
    pub(crate) fn say(&self, saying: Saying) {
        let of_device = |id: &DeviceId, subject| Topic::device(&self.property, id, subject);
        match saying {
            Saying::Received(id, received) => {
                let topic = of_device(&id, DeviceSubject::Received);
                self.leave(topic, wire::encode(&received), Worth::Awhile);
            }
            Saying::Delta(id, delta) => {
                let topic = of_device(&id, DeviceSubject::Delta);
                self.leave(topic, wire::encode(&delta), Worth::Awhile);
            }
            Saying::Command(id, command) => {
                let topic = of_device(&id, DeviceSubject::Command(command.execution));
                let worth = Worth::Until(command.expires_at);
                self.leave(topic, wire::encode(&command), worth);
            }
            Saying::Turn {
                device,
                command,
                challenge,
                within_ms,
            } => {
                let command = sealed(
                    &self.identity.borrow(),
                    &device,
                    command,
                    challenge,
                    within_ms,
                );
                let topic = of_device(&device, DeviceSubject::Command(command.execution));
                let worth = Worth::Until(command.expires_at);
                self.leave(topic, wire::encode(&command), worth);
            }
            Saying::Reply(asker, body) => {
                let subject = ServiceSubject::Reply(asker.principal, asker.id);
                let topic = Topic::service(&self.property, Component::IotGateway, subject);
                self.leave(topic, body, Worth::Awhile);
            }
            Saying::Clear(id) => {
                for subject in [
                    DeviceSubject::Birth,
                    DeviceSubject::Online,
                    DeviceSubject::Reported,
                ] {
                    self.put(Outgoing {
                        topic: of_device(&id, subject),
                        body: Bytes::new(),
                        retain: Retain::Yes,
                        worth: Worth::Always,
                    });
                }
            }
        }
    }

    fn leave(&self, topic: Topic, body: Vec<u8>, worth: Worth) {
        self.put(Outgoing {
            topic,
            body: body.into(),
            retain: Retain::No,
            worth,
        });
    }

    fn put(&self, outgoing: Outgoing) {
        if let Err(refused) = self.queue.try_send(outgoing) {
            metrics::counter!("iot_gateway_sayings_dropped_total").increment(1);
            let topic = refused.into_inner().topic;
            tracing::debug!(%topic, "too many messages wait for the broker, one dropped");
        }
    }
}

async fn publish_all(
    bus: Bus,
    clock: Clock,
    mut waiting: mpsc::Receiver<Outgoing>,
    stop: CancellationToken,
) {
    let mut flying = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(outgoing) = waiting.recv(), if flying.len() < IN_FLIGHT => {
                flying.push(publish(&bus, &clock, outgoing));
            }
            Some(()) = flying.next() => {}
            else => return stop.cancelled().await,
        }
    }
}

/// Publishes one message, as long as it is worth it.
async fn publish(bus: &Bus, clock: &Clock, outgoing: Outgoing) {
    let Outgoing {
        topic,
        body,
        retain,
        worth,
    } = outgoing;
    let saying = bus.publish_bytes(&topic, body, retain);
    let said = match worth {
        Worth::Always => Some(saying.await),
        Worth::Awhile => tokio::time::timeout(WORTH, saying).await.ok(),
        Worth::Until(end) => {
            let left_ms = end.value().saturating_sub(clock.wall().value());
            let left = Duration::from_millis(left_ms);
            tokio::time::timeout(left, saying).await.ok()
        }
    };
    match said {
        Some(Ok(_) | Err(PublishError::Stopped)) => {}
        Some(Err(error)) => {
            metrics::counter!("iot_gateway_sayings_dropped_total").increment(1);
            tracing::warn!(%topic, %error, "message not published");
        }
        None => {
            metrics::counter!("iot_gateway_sayings_dropped_total").increment(1);
            tracing::debug!(%topic, "message given up, the broker is away");
        }
    }
}
