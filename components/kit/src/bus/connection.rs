//! One connection to the broker, from CONNECT to its loss.
//!
//! Every connection gets a fresh `rumqttc` event loop: nothing hidden is replayed, and what is in
//! flight is known to the driver alone. The loop is a future of its own, because it must not be
//! cancelled midway and must not wait for the one who feeds it; the driver's task turns it, so that
//! a message changes tasks once less on its way in and out.

use std::pin::Pin;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectProperties, Filter as Subscribed, LastWill, Publish, RetainForwardRule,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use tokio::sync::mpsc;
use wire::Filter;

use super::{SESSION, Session, Settings};
use crate::tls;

/// Most own publishes without an acknowledgement; the broker may allow fewer.
pub(super) const IN_FLIGHT_MAX: u16 = 100;
/// Packet limit: the largest body with room for its topic and properties.
const PACKET_MAX: usize = wire::bound::BODY_MAX + 4 * 1024;
/// A peer that is silent for one and a half of these is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Most of TCP, TLS and MQTT handshake together, in seconds.
const CONNECT_TIMEOUT_S: u64 = 10;
/// Packet ids of own publishes: more than are ever in flight, because the event loop sends nothing
/// while all are taken, not even the acknowledgements that a flooded broker waits for.
const PACKET_IDS: u16 = 256;
/// Requests that may wait for the event loop: acknowledgements, own publishes and subscriptions.
/// Beyond it they wait with the driver.
const REQUESTS: usize = 1_024;
/// Events that may wait for the driver before the broker is held back.
const EVENTS: usize = 256;

/// What a connection tells the driver.
pub(super) type News = Result<Event, Box<ConnectionError>>;

/// The event loop of a connection: it works while it is polled, until the connection is lost;
/// dropped, the connection ends.
pub(super) type Turning = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An acknowledgement that waits for room.
pub(super) type Held = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection being made or in use, by whoever polls its [`Turning`].
#[derive(Debug)]
pub(super) struct Connection {
    client: AsyncClient,
    news: mpsc::Receiver<News>,
}

impl Connection {
    pub(super) fn open(settings: &Settings) -> (Self, Turning) {
        let (client, events) = AsyncClient::new(options(settings), REQUESTS);
        let (sender, news) = mpsc::channel(EVENTS);
        (Self { client, news }, Box::pin(poll(events, sender)))
    }

    pub(super) async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    pub(super) fn publish(&self, publish: &super::flight::Publish) -> bool {
        let retain = publish.retain == super::Retain::Yes;
        let (topic, body) = (publish.topic.clone(), publish.body.clone());
        self.client
            .try_publish(topic, QoS::AtLeastOnce, retain, body)
            .is_ok()
    }

    pub(super) fn subscribe(&self, filters: &[Filter]) -> bool {
        let subscribed = filters.iter().map(|filter| Subscribed {
            path: filter.as_str().to_owned(),
            qos: QoS::AtLeastOnce,
            nolocal: false,
            preserve_retain: false,
            retain_forward_rule: RetainForwardRule::OnEverySubscribe,
        });
        self.client.try_subscribe_many(subscribed).is_ok()
    }

    /// Acknowledges a message; when too much waits for the event loop, whoever wants to acknowledge
    /// the next one waits for what is returned.
    pub(super) fn acknowledge(&self, publish: Publish) -> Option<Held> {
        let is_full = self.client.try_ack(&publish).is_err();
        is_full.then(|| -> Held {
            let client = self.client.clone();
            // It fails when the connection is over: the message comes again.
            Box::pin(async move { drop(client.ack(&publish).await) })
        })
    }

    /// Says goodbye, so that the broker does not publish the will.
    pub(super) async fn close(mut self, turning: Turning) {
        if self.client.try_disconnect().is_ok() {
            let heard = async { while let Some(Ok(_)) = self.next().await {} };
            let gone = async { tokio::join!(heard, turning) };
            // A broker that does not close its side is left alone.
            drop(tokio::time::timeout(Duration::from_secs(1), gone).await);
        }
    }
}

/// How many publishes the broker takes without acknowledging.
pub(super) fn in_flight_max(connack: &ConnAck) -> usize {
    let broker = connack
        .properties
        .as_ref()
        .and_then(|properties| properties.receive_max);
    // One id stays free, for the reason of `PACKET_IDS`.
    let broker = broker.map_or(IN_FLIGHT_MAX, |most| most.saturating_sub(1).max(1));
    broker.min(IN_FLIGHT_MAX).into()
}

async fn poll(mut events: EventLoop, sender: mpsc::Sender<News>) {
    loop {
        let event = events.poll().await.map_err(Box::new);
        let over = event.is_err();
        if sender.send(event).await.is_err() || over {
            return;
        }
    }
}

fn options(settings: &Settings) -> MqttOptions {
    let identity = settings.identity.borrow().clone();
    let tls = tls::client_config(&identity, &settings.broker_id());
    let mut options = MqttOptions::new(
        identity.spiffe.id.as_str(),
        settings.broker.host.as_str(),
        settings.broker.port,
    );
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    let packet_max = u32::try_from(PACKET_MAX).expect("the packet limit is a small constant");
    let session = u32::try_from(SESSION.as_secs()).expect("a week is few seconds");
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = Some(packet_max);
    properties.session_expiry_interval = (settings.session == Session::Kept).then_some(session);
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)))
        .set_network_options(network)
        .set_connect_properties(properties)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(CONNECT_TIMEOUT_S)
        .set_clean_start(settings.session == Session::Clean)
        .set_manual_acks(true)
        .set_outgoing_inflight_upper_limit(PACKET_IDS);
    if let Some((topic, body)) = &settings.will {
        let will = LastWill::new(
            topic.to_string(),
            body.clone(),
            QoS::AtLeastOnce,
            true,
            None,
        );
        options.set_last_will(will);
    }
    options
}
