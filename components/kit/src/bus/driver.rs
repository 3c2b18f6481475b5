//! The task between the component and the connection: connects, routes, resends.

use std::collections::VecDeque;
use std::future::pending;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, Packet, Publish as Incoming, SubAck, SubscribeReasonCode,
};
use rumqttc::v5::{ConnectionError, Event};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use wire::topic::CONTROL_RESPONSE;
use wire::{Principal, Topic};

use super::connection::{self, Connection, Held};
use super::control::Exchange;
use super::flight::{Flight, Publish};
use super::subscription::{Acknowledged, Delivery, Grant, Receipt, Route};
use super::{Link, Settings};
use crate::backoff::Backoff;
use crate::error::Chain;
use crate::health::Probe;
use crate::identity::Identity;

/// Ceiling of the first wait before connecting again.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Ceiling of all later waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a component asks of the driver.
#[derive(Debug)]
pub(super) enum Order {
    Publish(Publish),
    Subscribe(Route),
}

/// The state that outlives connections.
#[derive(Debug)]
pub(super) struct Driver {
    settings: Settings,
    orders: mpsc::Receiver<Order>,
    link: watch::Sender<Link>,
    probe: Probe,
    exchange: Arc<Exchange>,
    /// Accepted and not handed to the connection, in order.
    waiting: VecDeque<Publish>,
    routes: Vec<Route>,
    receipts: mpsc::UnboundedSender<Acknowledged>,
    received: mpsc::UnboundedReceiver<Acknowledged>,
    connections: u64,
    /// A message whose receiver is behind; until it is taken, nothing more is read.
    stalled: Option<(usize, Delivery)>,
}

impl Driver {
    pub(super) fn new(
        settings: Settings,
        orders: mpsc::Receiver<Order>,
        link: watch::Sender<Link>,
        probe: Probe,
        exchange: Arc<Exchange>,
    ) -> Self {
        // Unbounded, yet never longer than the subscriptions' queues and what was taken from them,
        // of which packet ids are kept alone.
        let (receipts, received) = mpsc::unbounded_channel();
        Self {
            settings,
            orders,
            link,
            probe,
            exchange,
            waiting: VecDeque::new(),
            routes: Vec::new(),
            receipts,
            received,
            connections: 0,
            stalled: None,
        }
    }

    pub(super) async fn run(mut self, begin: Arc<Notify>, stop: CancellationToken) {
        if !self.wait_to_begin(&begin, &stop).await {
            return;
        }
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        while !stop.is_cancelled() {
            match self.connect_once(&mut backoff, &stop).await {
                Ended::Renewed => backoff.reset(),
                Ended::Stopped => return,
                Ended::Lost(reason) => {
                    let wait = backoff.wait();
                    let principal = self.principal();
                    let wait_ms = wait.as_millis();
                    tracing::warn!(%principal, %reason, wait_ms, "broker not reachable");
                    self.down(reason);
                    self.rest(wait, &stop).await;
                }
            }
        }
    }

    /// Takes orders until the component has made its subscriptions: a kept session delivers at
    /// once, and whoever is not known by then gets nothing. False when stopped first.
    async fn wait_to_begin(&mut self, begin: &Notify, stop: &CancellationToken) -> bool {
        loop {
            tokio::select! {
                () = begin.notified() => return true,
                () = stop.cancelled() => return false,
                Some(order) = self.orders.recv(), if self.has_room() => self.accept(order),
            }
        }
    }

    /// Waits, and meanwhile takes orders so that nobody is blocked by a missing broker; what its
    /// sender has given up makes room.
    async fn rest(&mut self, wait: Duration, stop: &CancellationToken) {
        self.waiting.retain(|publish| !publish.is_given_up());
        let rested = tokio::time::sleep(wait);
        tokio::pin!(rested);
        loop {
            tokio::select! {
                () = &mut rested => return,
                () = stop.cancelled() => return,
                Some(order) = self.orders.recv(), if self.has_room() => self.accept(order),
            }
        }
    }

    async fn connect_once(&mut self, backoff: &mut Backoff, stop: &CancellationToken) -> Ended {
        self.settings.identity.mark_unchanged();
        let (mut connection, mut turning) = Connection::open(&self.settings);
        let (mut is_over, mut held) = (false, None);
        self.connections += 1;
        self.stalled = None;
        let mut flight = Flight::default();
        let ended = loop {
            self.hand_over(&connection, &mut flight);
            let mut identity = self.settings.identity.clone();
            tokio::select! {
                () = &mut turning, if !is_over => is_over = true,
                () = room(self.stalled_queue()) => self.unstall(),
                news = connection.next(), if self.stalled.is_none() => match self.hear(news, &connection, &mut flight, backoff) {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(reason) => break Ended::Lost(reason),
                },
                Some(order) = self.orders.recv(), if self.has_room() => {
                    let known = self.routes.len();
                    self.accept(order);
                    if self.routes.len() > known && flight.is_admitted() {
                        self.subscribe(known, &connection, &mut flight);
                    }
                }
                () = done(&mut held) => held = None,
                Some(acknowledged) = self.received.recv(), if held.is_none() => {
                    if acknowledged.connection == self.connections {
                        held = connection.acknowledge(acknowledged.publish);
                    }
                }
                () = renewed(&mut identity) => break Ended::Renewed,
                () = stop.cancelled() => break Ended::Stopped,
            }
        };
        self.take_back(flight);
        let says_goodbye = match &ended {
            Ended::Renewed => true,
            // Without a goodbye the broker publishes the will, which is what a stop means.
            Ended::Stopped => self.settings.will.is_none(),
            Ended::Lost(_) => false,
        };
        if says_goodbye && !is_over {
            connection.close(turning).await;
        }
        ended
    }

    fn principal(&self) -> Principal {
        self.settings.identity.borrow().spiffe.id.clone()
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < super::ORDERS
    }

    fn accept(&mut self, order: Order) {
        match order {
            Order::Publish(publish) => self.waiting.push_back(publish),
            Order::Subscribe(route) => self.routes.push(route),
        }
    }

    /// Gives the connection what waits, as far as the broker takes it.
    fn hand_over(&mut self, connection: &Connection, flight: &mut Flight) {
        while flight.has_room() {
            let Some(publish) = self.waiting.pop_front() else {
                return;
            };
            if publish.is_given_up() {
                continue;
            }
            if !connection.publish(&publish) {
                self.waiting.push_front(publish);
                return;
            }
            flight.publishing(publish);
        }
    }

    /// Puts what was not acknowledged back in front, in its order.
    fn take_back(&mut self, flight: Flight) {
        for publish in flight.take_back().rev() {
            self.waiting.push_front(publish);
        }
    }

    fn hear(
        &mut self,
        news: Option<connection::News>,
        connection: &Connection,
        flight: &mut Flight,
        backoff: &mut Backoff,
    ) -> ControlFlow<String> {
        match news {
            None => return ControlFlow::Break("connection ended".to_owned()),
            Some(Err(error)) => return ControlFlow::Break(reason(&error)),
            Some(Ok(Event::Outgoing(Outgoing::Publish(id)))) => flight.name_publish(id),
            Some(Ok(Event::Outgoing(Outgoing::Subscribe(id)))) => flight.name_subscribe(id),
            Some(Ok(Event::Outgoing(_))) => {}
            Some(Ok(Event::Incoming(packet))) => match packet {
                Packet::ConnAck(connack) => {
                    backoff.reset();
                    self.up(&connack, connection, flight);
                }
                Packet::PubAck(puback) => flight.published(&puback),
                Packet::SubAck(suback) => self.subscribed(&suback, flight),
                Packet::Publish(publish) => self.deliver(&publish),
                _ => {}
            },
        }
        ControlFlow::Continue(())
    }

    fn up(&mut self, connack: &ConnAck, connection: &Connection, flight: &mut Flight) {
        flight.admit(connection::in_flight_max(connack));
        self.routes.retain(|route| !route.is_gone());
        for index in 0..self.routes.len() {
            // What was granted before stands in a session that the broker kept.
            if !(connack.session_present && self.routes[index].is_granted()) {
                self.subscribe(index, connection, flight);
            }
        }
        let (principal, session_present) = (self.principal(), connack.session_present);
        tracing::info!(%principal, session_present, "broker connected");
        self.link.send_replace(Link::Up);
        self.probe.there();
    }

    fn down(&self, reason: String) {
        self.probe.missing(reason.clone());
        self.link.send_replace(Link::Down(reason));
    }

    fn subscribe(&self, index: usize, connection: &Connection, flight: &mut Flight) {
        if connection.subscribe(&self.routes[index].filters) {
            flight.subscribing(index);
        }
    }

    fn subscribed(&self, suback: &SubAck, flight: &mut Flight) {
        let index = flight.subscribed(suback.pkid);
        let Some(route) = index.and_then(|index| self.routes.get(index)) else {
            return;
        };
        let denied = suback
            .return_codes
            .iter()
            .position(|code| !matches!(code, SubscribeReasonCode::Success(_)))
            .and_then(|place| route.filters.get(place));
        match denied {
            None => route.set(Grant::Granted),
            Some(filter) => {
                tracing::error!(%filter, "the broker's policy denies a subscription");
                self.probe
                    .missing(format!("denied to subscribe to {filter}"));
                route.set(Grant::Denied(filter.clone()));
            }
        }
    }

    /// Hands a message to the route that takes it; what nobody may have is acknowledged and
    /// dropped.
    fn deliver(&mut self, publish: &Incoming) {
        let topic = std::str::from_utf8(&publish.topic).unwrap_or_default();
        if topic == CONTROL_RESPONSE {
            self.exchange.answered(publish.payload.clone());
            return self.receipt(publish).give();
        }
        let refused = match topic.parse::<Topic>() {
            Err(_) => "malformed topic",
            Ok(parsed) if publish.retain && !parsed.may_be_retained() => "retained",
            Ok(parsed) => match self.route(topic) {
                Some(route) => return self.hand_to(route, parsed, publish),
                None => "nobody listens",
            },
        };
        metrics::counter!("bus_messages_dropped_total", "reason" => refused).increment(1);
        tracing::debug!(topic, refused, "message dropped");
        self.receipt(publish).give();
    }

    fn route(&self, topic: &str) -> Option<usize> {
        let takes = |route: &Route| !route.is_gone() && route.takes(topic);
        self.routes.iter().position(takes)
    }

    fn hand_to(&mut self, route: usize, topic: Topic, publish: &Incoming) {
        let delivery = Delivery {
            topic,
            body: publish.payload.clone(),
            retained: publish.retain,
            receipt: self.receipt(publish),
        };
        self.stalled = self.routes[route]
            .deliver(delivery)
            .map(|delivery| (route, delivery));
    }

    /// What acknowledges a message on the present connection; it keeps nothing of the content.
    fn receipt(&self, publish: &Incoming) -> Receipt {
        Receipt {
            connection: self.connections,
            publish: Incoming {
                topic: Bytes::new(),
                payload: Bytes::new(),
                properties: None,
                ..*publish
            },
            given: self.receipts.clone(),
        }
    }

    fn stalled_queue(&self) -> Option<mpsc::Sender<Delivery>> {
        self.stalled
            .as_ref()
            .map(|(route, _)| self.routes[*route].queue())
    }

    fn unstall(&mut self) {
        if let Some((route, delivery)) = self.stalled.take() {
            self.stalled = self.routes[route]
                .deliver(delivery)
                .map(|delivery| (route, delivery));
        }
    }
}

/// Waits until a stalled queue has room or its receiver is gone; for ever when none is stalled.
async fn room(stalled: Option<mpsc::Sender<Delivery>>) {
    match stalled {
        Some(queue) => drop(queue.reserve().await),
        None => pending().await,
    }
}

/// Waits until a held acknowledgement is on its way; for ever when none is held.
async fn done(held: &mut Option<Held>) {
    match held {
        Some(held) => held.await,
        None => pending().await,
    }
}

/// How a connection ended.
enum Ended {
    Lost(String),
    Renewed,
    Stopped,
}

async fn renewed(identity: &mut watch::Receiver<Arc<Identity>>) {
    if identity.changed().await.is_err() {
        pending::<()>().await;
    }
}

fn reason(error: &ConnectionError) -> String {
    Chain(error).to_string()
}
