//! A guest orders at the table, staff confirm, the kitchen's printer prints, the guest is called:
//! real broker, signaling server and box; pages are peers of ours, the printer is the virtual one.

use std::fs;

use hotel_tests::hotel::LIMIT;
use hotel_tests::vprinter::{Printer, Settings as Paper, Ticket};
use hotel_tests::{Hotel, Plan, eventually};
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
use wire::chat::Notification;
use wire::climate::{Room, Rooms};
use wire::credential::{Claims, Confirmation, POP_TYPE, Role};
use wire::order::{Order, OrderStatus, Orders};
use wire::signaling::Mode;
use wire::{Code, Component, Integer, OrderId, Principal, Problem, SittingId};

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "signaling", "device-proxy"],
};
/// How long the token of a page is good, in seconds.
const LIFE_S: u64 = 60 * 60;

/// A hotel whose kitchen prints on `printer`, ready.
async fn hotel(printer: &Printer) -> Hotel {
    let hotel = Hotel::up(PARTS);
    let path = &hotel.places.configurations["device-proxy"];
    let mut own: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    own["print"] = json!({
        "printers": { "pass": { "address": printer.address().to_string() } },
        "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked" } },
    });
    fs::write(path, own.to_string()).unwrap();
    hotel.kill_and_wait("device-proxy").await;
    hotel
}

/// A page: its connection to the box and what it hears.
struct Page {
    connection: Connection,
    incoming: mpsc::Receiver<Incoming>,
    /// What came and was not asked for yet.
    heard: Vec<Message>,
    tasks: Tasks,
    _renewals: watch::Sender<Passport>,
}

impl Page {
    /// Somebody of the hotel, connected to the box.
    async fn open(hotel: &Hotel, name: &str, role: Role, seat: Option<(SittingId, &str)>) -> Self {
        let own = Identity::load(&hotel.identity_dir("authority")).unwrap();
        let (token, key) = token(&own, name, role, seat);
        let passport = Passport::with_token(token, &key).unwrap();
        let (renewals, passport) = watch::channel(passport);
        let signaling = hotel.listener("signaling", "listener");
        let settings = Settings {
            servers: vec![Server {
                url: format!("ws://{signaling}"),
                mode: Mode::Local,
                tls: None,
            }],
            joining: Joining::First,
            appearance: Appearance::default(),
            ice: IceSettings {
                addresses: Vec::new(),
                loopback: true,
                servers: Vec::new(),
            },
            price_per_gb: 0.0,
            connections_max: 4,
        };
        let tasks = Tasks::new();
        let (clock, verifier) = (Clock::system(), Verifier::of(&own));
        let (peer, incoming) = Peer::start(
            settings,
            passport,
            verifier,
            Refusals::default(),
            clock,
            &tasks,
        );
        let the_box = Principal::from(Component::DeviceProxy);
        let connection = eventually("the page reaches the box", LIMIT, || async {
            peer.connect(&the_box).await.ok()
        })
        .await;
        Self {
            connection,
            incoming,
            heard: Vec::new(),
            tasks,
            _renewals: renewals,
        }
    }

    async fn ask<A: DeserializeOwned>(&self, about: &str, body: &Value) -> Result<A, Problem> {
        self.connection.request(about, body).await
    }

    async fn moves(&self, order: OrderId, status: OrderStatus) -> Order {
        let to = json!({ "v": 1, "order": order, "status": status });
        self.ask(about::ORDER_STATUS, &to).await.unwrap()
    }

    async fn orders(&self) -> Vec<Order> {
        let orders: Orders = self.ask(about::ORDERS, &json!({})).await.unwrap();
        orders.orders
    }

    /// The next news about something; news about other things are kept.
    async fn hears<T: DeserializeOwned>(&mut self, about: &str) -> T {
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
        self.heard.remove(place).body().unwrap()
    }

    async fn hears_status(&mut self, status: OrderStatus) -> Order {
        loop {
            let order: Order = self.hears(about::ORDER_STATUS).await;
            if order.status == status {
                return order;
            }
        }
    }

    async fn close(self) {
        self.tasks.drain().await.unwrap();
    }
}

fn token(
    authority: &Identity,
    name: &str,
    role: Role,
    seat: Option<(SittingId, &str)>,
) -> (String, Key) {
    let (key, now) = (Key::generate(), Clock::system().wall());
    let integer = |seconds| Integer::new(seconds).unwrap();
    let seconds = now.value() / 1_000;
    let claims = Claims {
        tenant: authority.spiffe.tenant.clone(),
        property: authority.spiffe.property.clone(),
        sub: name.parse().unwrap(),
        role,
        jti: ids::new(now),
        iat: integer(seconds),
        exp: integer(seconds + LIFE_S),
        cnf: Some(Confirmation {
            jwk: jwk(&key.public_key()),
        }),
        sitting: seat.map(|(sitting, _)| sitting),
        table: seat.map(|(_, table)| table.parse().unwrap()),
    };
    (sign_token(authority, POP_TYPE, &claims), key)
}

fn wish(order: OrderId) -> Value {
    let remark = "<script>alert(1)</script>";
    json!({
        "v": 1, "order": order, "total_minor": 2_020,
        "items": [
            { "item": "tomato-soup", "quantity": 2, "note": remark },
            { "item": "creme-brulee", "quantity": 1 },
        ],
        "note": "no hurry",
    })
}

fn an_order() -> OrderId {
    ids::new(Clock::system().wall())
}

fn a_sitting() -> SittingId {
    ids::new(Clock::system().wall())
}

// device-proxy-6.4, device-proxy-6.5, device-proxy-7.5
#[tokio::test]
async fn an_order_goes_from_the_table_to_the_printer_and_back_to_the_guest() {
    let printer = Printer::start(Paper::default());
    let hotel = hotel(&printer).await;
    let sitting = a_sitting();
    let mut guest = Page::open(&hotel, "guest-1", Role::Guest, Some((sitting, "t7"))).await;
    let mut pos = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let mut kitchen = Page::open(&hotel, "kitchen-1", Role::Kitchen, None).await;

    let order = an_order();
    let placed: Order = guest.ask(about::ORDER, &wish(order)).await.unwrap();
    assert_eq!((placed.number, placed.table.as_str()), (1.into(), "t7"));
    pos.hears_status(OrderStatus::Pending).await;
    assert!(kitchen.orders().await.is_empty());

    pos.moves(order, OrderStatus::Confirmed).await;
    kitchen.hears_status(OrderStatus::Confirmed).await;
    let tickets = printer.printed(1).await;
    let text = tickets[0].text();
    assert!(
        text.contains("Tomato soup") && text.contains("<script>"),
        "{text}"
    );
    assert_eq!(tickets[0].qr_codes(), [order.to_string()]);

    kitchen.moves(order, OrderStatus::Preparing).await;
    kitchen.moves(order, OrderStatus::Ready).await;
    guest.hears_status(OrderStatus::Ready).await;
    let call: Notification = guest.hears(about::NOTIFICATION).await;
    assert_eq!(call.title.as_str(), "Order 1 is ready");
    pos.moves(order, OrderStatus::Served).await;
    guest.hears_status(OrderStatus::Served).await;
    assert_eq!(printer.tickets().len(), 1);
    for page in [guest, pos, kitchen] {
        page.close().await;
    }
}

// device-proxy-5.6, device-proxy-6.4
#[tokio::test]
async fn a_box_that_is_killed_keeps_what_it_answered_and_prints_each_ticket_once() {
    let printer = Printer::start(Paper::default());
    let hotel = hotel(&printer).await;
    let sitting = a_sitting();
    let seat = Some((sitting, "t7"));
    let orders: Vec<OrderId> = (0..5).map(|_| an_order()).collect();
    let pos = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let guest = Page::open(&hotel, "guest-1", Role::Guest, seat).await;
    for order in &orders {
        let placed: Order = guest.ask(about::ORDER, &wish(*order)).await.unwrap();
        assert_eq!(placed.order, *order);
        pos.moves(*order, OrderStatus::Confirmed).await;
    }
    hotel.kill_and_wait("device-proxy").await;
    for page in [guest, pos] {
        page.close().await;
    }
    let guest = Page::open(&hotel, "guest-2", Role::Guest, seat).await;
    let kept = guest.orders().await;
    assert_eq!(kept.len(), 5);
    assert!(
        kept.iter()
            .all(|order| order.status == OrderStatus::Confirmed)
    );
    let again: Order = guest.ask(about::ORDER, &wish(orders[0])).await.unwrap();
    assert_eq!(again.number, 1.into());
    for order in orders {
        let whole = || {
            let of_order = |ticket: &Ticket| ticket.qr_codes().contains(&order.to_string());
            let tickets = printer.tickets().into_iter();
            tickets.filter(of_order).collect::<Vec<_>>()
        };
        eventually("every ticket is printed", LIMIT, || async {
            (!whole().is_empty()).then_some(())
        })
        .await;
        let is_unmarked = |ticket: &&Ticket| !ticket.text().contains("POSSIBLE DUPLICATE");
        assert!(whole().iter().filter(is_unmarked).count() <= 1, "{order}");
    }
    guest.close().await;
}

// device-proxy-8.1, device-proxy-8.2
#[tokio::test]
async fn the_front_desk_sees_the_rooms_and_sets_what_a_thermostat_can_do() {
    let hotel = Hotel::up(Plan {
        rooms: 2,
        only: &[
            "broker",
            "signaling",
            "device-proxy",
            "iot-gateway",
            "hotel-sim",
        ],
    });
    let desk = Page::open(&hotel, "desk-1", Role::FrontDesk, None).await;
    let rooms = || async {
        let rooms: Result<Rooms, Problem> = desk.ask(about::CLIMATE, &json!({})).await;
        rooms.ok().map(|rooms| rooms.rooms)
    };
    eventually("every thermostat says its target", LIMIT, || async {
        let rooms = rooms().await?;
        let told = rooms
            .iter()
            .filter(|room| room.online && room.target_celsius.is_some());
        (told.count() == 2).then_some(())
    })
    .await;
    let wish = |celsius: f64| json!({ "device": "room-101-thermostat", "target_celsius": celsius });
    let room: Room = desk.ask(about::SET_CLIMATE, &wish(17.5)).await.unwrap();
    assert!(
        [room.desired_celsius, room.target_celsius].contains(&Some(17.5)),
        "{room:?}"
    );
    eventually("the thermostat obeys", LIMIT, || async {
        let rooms = rooms().await?;
        (rooms[0].target_celsius == Some(17.5)).then_some(())
    })
    .await;
    let refused = desk
        .ask::<Room>(about::SET_CLIMATE, &wish(60.0))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::Invalid);
    desk.close().await;
}

// device-proxy-6.6, device-proxy-7.1
#[tokio::test]
async fn a_guest_sees_nothing_of_another_table_and_does_nothing_of_staff() {
    let printer = Printer::start(Paper::default());
    let hotel = hotel(&printer).await;
    let anna = Page::open(&hotel, "guest-1", Role::Guest, Some((a_sitting(), "t7"))).await;
    let bert = Page::open(&hotel, "guest-2", Role::Guest, Some((a_sitting(), "t8"))).await;
    let order = an_order();
    let placed: Order = anna.ask(about::ORDER, &wish(order)).await.unwrap();
    assert_eq!(placed.order, order);
    assert!(bert.orders().await.is_empty());
    let off = json!({ "v": 1, "order": order, "status": "cancelled" });
    let refused = bert.ask::<Order>(about::ORDER_STATUS, &off).await;
    assert_eq!(refused.unwrap_err().code, Code::NotFound);
    let confirm = json!({ "v": 1, "order": order, "status": "confirmed" });
    let refused = anna.ask::<Order>(about::ORDER_STATUS, &confirm).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    for request in [about::PRINTERS, about::CLIMATE] {
        let refused = anna.ask::<Value>(request, &json!({})).await;
        assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    }
    for page in [anna, bert] {
        page.close().await;
    }
}
