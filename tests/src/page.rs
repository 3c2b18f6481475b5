//! Somebody's page: a peer of ours with a token, connected to the box.

use std::mem;
use std::net::IpAddr;

use kit::ca::Key;
use kit::clock::Clock;
use kit::credential::{Passport, Refusals, Verifier, jwk, sign_token};
use kit::identity::Identity;
use kit::ids;
use kit::lifecycle::Tasks;
use peer::{
    Appearance, Connection, IceSettings, Incoming, Joining, Message, Peer, Server, Settings,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use wire::channel::about;
use wire::credential::{Claims, Confirmation, POP_LIFE_MAX_S, POP_TYPE, Role};
use wire::order::{Order, OrderStatus, Orders};
use wire::signaling::Mode;
use wire::{Component, Integer, OrderId, Principal, Problem, SittingId};

use crate::hotel::LIMIT;
use crate::{Hotel, eventually};

/// How long the token of a page is good, in seconds: as long as the authority's.
const LIFE_S: u64 = POP_LIFE_MAX_S as u64;

/// A page: its connection to the box and what it hears.
#[derive(Debug)]
pub struct Page {
    connection: Connection,
    incoming: mpsc::Receiver<Incoming>,
    /// What came and was not asked for yet.
    heard: Vec<Message>,
    /// Who it is, with the key to sign.
    pub passport: Passport,
    tasks: Tasks,
    _renewals: watch::Sender<Passport>,
}

impl Page {
    /// Somebody of the hotel, connected to the box; the token is signed with the authority's own key.
    ///
    /// # Panics
    ///
    /// When the box is not reached in time.
    pub async fn open(
        hotel: &Hotel,
        name: &str,
        role: Role,
        seat: Option<(SittingId, &str)>,
    ) -> Self {
        let caller = Calling::begin(hotel, name, role, seat);
        let the_box = Principal::from(Component::DeviceProxy);
        let connection = eventually("the page reaches the box", LIMIT, || async {
            caller.peer.connect(&the_box).await.ok()
        })
        .await;
        Self {
            connection,
            incoming: caller.incoming,
            heard: Vec::new(),
            passport: caller.passport,
            tasks: caller.tasks,
            _renewals: caller.renewals,
        }
    }

    /// Whether somebody of the hotel is connected to the box when they try once.
    ///
    /// # Panics
    ///
    /// When something of the try does not end.
    pub async fn is_let_in(hotel: &Hotel, name: &str, role: Role) -> bool {
        let caller = Calling::begin(hotel, name, role, None);
        let the_box = Principal::from(Component::DeviceProxy);
        let connected = caller.peer.connect(&the_box).await.is_ok();
        let ended = caller.tasks.drain().await;
        ended.expect("everything of the try ends");
        connected
    }

    /// Asks the box.
    pub async fn ask<A: DeserializeOwned>(&self, about: &str, body: &Value) -> Result<A, Problem> {
        self.connection.request(about, body).await
    }

    /// Lets news pass from now on: whoever hears none must not hold the connection up.
    pub fn ignore_news(&mut self) {
        let (_, nothing) = mpsc::channel(1);
        let mut news = mem::replace(&mut self.incoming, nothing);
        tokio::spawn(async move { while news.recv().await.is_some() {} });
    }

    /// Moves an order on.
    ///
    /// # Panics
    ///
    /// When the box refuses.
    pub async fn moves(&self, order: OrderId, status: OrderStatus) -> Order {
        let to = json!({ "v": 1, "order": order, "status": status });
        self.ask(about::ORDER_STATUS, &to)
            .await
            .expect("the box lets it")
    }

    /// The orders that it may see.
    ///
    /// # Panics
    ///
    /// When the box refuses.
    pub async fn orders(&self) -> Vec<Order> {
        let orders: Orders = self
            .ask(about::ORDERS, &json!({}))
            .await
            .expect("the box tells them");
        orders.orders
    }

    /// The next news about something; news about other things are kept.
    ///
    /// # Panics
    ///
    /// When none come in time.
    pub async fn hears<T: DeserializeOwned>(&mut self, about: &str) -> T {
        let found = |message: &Message| message.about.as_str() == about;
        let hearing = async {
            while !self.heard.iter().any(found) {
                let incoming = self.incoming.recv().await.expect("the page is open");
                if let Incoming::Message(_, message) = incoming {
                    self.heard.push(message);
                }
            }
        };
        timeout(LIMIT, hearing).await.expect("news come in time");
        let place = self.heard.iter().position(found).expect("it was found");
        self.heard
            .remove(place)
            .body()
            .expect("it is what it is about")
    }

    /// The next news of an order that came to `status`.
    ///
    /// # Panics
    ///
    /// When none come in time.
    pub async fn hears_status(&mut self, status: OrderStatus) -> Order {
        loop {
            let order: Order = self.hears(about::ORDER_STATUS).await;
            if order.status == status {
                return order;
            }
        }
    }

    /// Waits until the connection to the box has ended.
    pub async fn cut(&self) {
        self.connection.closed().await;
    }

    /// Closes the page.
    ///
    /// # Panics
    ///
    /// When something of it does not end.
    pub async fn close(self) {
        self.tasks
            .drain()
            .await
            .expect("everything of the page ends");
    }
}

/// A page that is not connected yet.
struct Calling {
    peer: Peer,
    incoming: mpsc::Receiver<Incoming>,
    passport: Passport,
    tasks: Tasks,
    renewals: watch::Sender<Passport>,
}

impl Calling {
    fn begin(hotel: &Hotel, name: &str, role: Role, seat: Option<(SittingId, &str)>) -> Self {
        let own = Identity::load(&hotel.identity_dir("authority"))
            .expect("the authority has an identity");
        let passport = passport(&own, name, role, seat);
        let (renewals, presented) = watch::channel(passport.clone());
        let tasks = Tasks::new();
        let (peer, incoming) = Peer::start(
            settings(hotel, Vec::new()),
            presented,
            Verifier::of(&own),
            Refusals::default(),
            Clock::system(),
            &tasks,
        );
        Self {
            peer,
            incoming,
            passport,
            tasks,
            renewals,
        }
    }
}

/// Settings of a peer that is joined to the hotel's signaling server.
pub(crate) fn settings(hotel: &Hotel, addresses: Vec<IpAddr>) -> Settings {
    let signaling = hotel.listener("signaling", "listener");
    Settings {
        servers: vec![Server {
            url: format!("ws://{signaling}"),
            mode: Mode::Local,
            tls: None,
        }],
        joining: Joining::First,
        appearance: Appearance::default(),
        ice: IceSettings {
            addresses,
            loopback: true,
            servers: Vec::new(),
        },
        price_per_gb: 0.0,
        connections_max: 4,
    }
}

/// Somebody of the hotel, by a token that is signed with the authority's own key.
///
/// # Panics
///
/// When the name is none.
pub fn passport(
    authority: &Identity,
    name: &str,
    role: Role,
    seat: Option<(SittingId, &str)>,
) -> Passport {
    let (token, key) = token(authority, name, role, seat);
    Passport::with_token(token, &key).expect("its token is sound")
}

fn token(
    authority: &Identity,
    name: &str,
    role: Role,
    seat: Option<(SittingId, &str)>,
) -> (String, Key) {
    let (key, now) = (Key::generate(), Clock::system().wall());
    let integer = |seconds| Integer::new(seconds).expect("it is not too large");
    let seconds = now.value() / 1_000;
    let claims = Claims {
        tenant: authority.spiffe.tenant.clone(),
        property: authority.spiffe.property.clone(),
        sub: name.parse().expect("it is a name"),
        role,
        jti: ids::new(now),
        iat: integer(seconds),
        exp: integer(seconds + LIFE_S),
        cnf: Some(Confirmation {
            jwk: jwk(&key.public_key()),
        }),
        sitting: seat.map(|(sitting, _)| sitting),
        table: seat.map(|(_, table)| table.parse().expect("it is a table's name")),
    };
    (sign_token(authority, POP_TYPE, &claims), key)
}
