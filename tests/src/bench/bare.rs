//! A client of the broker with nothing around `rumqttc`: the least that any program would need.

use std::time::Duration;

use bytes::Bytes;
use kit::bus::Session;
use kit::identity::Identity;
use kit::tls;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectProperties, Packet};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use wire::{Component, Filter};

use crate::Hotel;

/// Longer than any measurement: a client that has nothing to do is not polled.
const KEEP_ALIVE: Duration = Duration::from_hours(1);
/// How long the session of a client that goes away is kept, in seconds.
const KEPT_S: u32 = 3_600;
/// The largest packet of the bus.
const PACKET_MAX: u32 = 260 * 1_024;
/// Requests that may wait for the event loop.
const REQUESTS: usize = 1_024;

/// Most messages without an acknowledgement, as many as clients of the suite have; for each, `rumqttc`
/// sets memory aside.
const IN_FLIGHT_MAX: u16 = 100;

/// A raw connection; it moves only while somebody waits for a packet.
pub(super) struct Bare {
    client: AsyncClient,
    events: EventLoop,
}

impl Bare {
    /// Connects with the certificate of a principal.
    pub(super) async fn connect(hotel: &Hotel, principal: &str, session: Session) -> Self {
        let identity = Identity::load(&hotel.identity_dir(principal));
        let identity = identity.expect("the hotel's identities are sound");
        let (client, events) = AsyncClient::new(options(hotel, &identity, session), REQUESTS);
        let mut bare = Self { client, events };
        let first = bare.next().await;
        assert!(matches!(first, Packet::ConnAck(_)), "{first:?}");
        bare
    }

    /// The next packet of the broker.
    pub(super) async fn next(&mut self) -> Packet {
        self.heard().await.expect("the broker keeps the connection")
    }

    /// The next message, while there is a broker; whatever else comes before it is passed over.
    pub(super) async fn message(&mut self) -> Option<Bytes> {
        loop {
            if let Packet::Publish(message) = self.heard().await.ok()? {
                return Some(message.payload);
            }
        }
    }

    async fn heard(&mut self) -> Result<Packet, ConnectionError> {
        loop {
            match self.events.poll().await? {
                Event::Incoming(packet) => return Ok(packet),
                Event::Outgoing(_) => {}
            }
        }
    }

    /// Hands a message to the connection.
    pub(super) fn publish(&self, topic: &str, retain: bool, body: Bytes) {
        let handed = self
            .client
            .try_publish(topic, QoS::AtLeastOnce, retain, body);
        handed.expect("few messages wait at once");
    }

    /// Waits until the broker has acknowledged so many messages.
    pub(super) async fn acknowledged(&mut self, count: u32) {
        let mut left = count;
        while left > 0 {
            left -= u32::from(matches!(self.next().await, Packet::PubAck(_)));
        }
    }

    /// Subscribes, and waits until the broker has granted it.
    pub(super) async fn subscribe(&mut self, filter: &Filter) {
        let asked = self.client.try_subscribe(filter.as_str(), QoS::AtLeastOnce);
        asked.expect("few messages wait at once");
        while !matches!(self.next().await, Packet::SubAck(_)) {}
    }
}

fn options(hotel: &Hotel, identity: &Identity, session: Session) -> MqttOptions {
    let tls = tls::client_config(identity, &identity.spiffe.sibling(Component::Broker));
    let broker = &hotel.places.broker;
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = Some(PACKET_MAX);
    properties.session_expiry_interval = (session == Session::Kept).then_some(KEPT_S);
    let mut options = MqttOptions::new(
        identity.spiffe.id.as_str(),
        broker.host.as_str(),
        broker.port,
    );
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)))
        .set_network_options(network)
        .set_connect_properties(properties)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(crate::hotel::LIMIT.as_secs())
        .set_clean_start(session == Session::Clean)
        .set_outgoing_inflight_upper_limit(IN_FLIGHT_MAX);
    options
}
