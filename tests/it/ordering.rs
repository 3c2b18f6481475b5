//! A guest orders at the table, staff confirm, the kitchen's printer prints, the guest is called:
//! real broker, signaling server and box; pages are peers of ours, the printer is the virtual one.

use std::fs;
use std::time::Duration;

use hotel_tests::clocks::Clocks;
use hotel_tests::hotel::LIMIT;
use hotel_tests::page::Page;
use hotel_tests::vprinter::{Printer, Settings as Paper, Ticket};
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::Clock;
use kit::ids;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::timeout;
use wire::channel::about;
use wire::chat::Notification;
use wire::climate::{Room, Rooms};
use wire::credential::Role;
use wire::order::{Menu, Order, OrderStatus};
use wire::{Code, OrderId, Problem, SittingId};

mod points;

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "signaling", "device-proxy"],
};

/// A day in seconds.
const DAY_S: i64 = 24 * 3_600;

/// How long a dead peer may go unnoticed: ten seconds, and as much for a busy machine.
const NOTICED: Duration = Duration::from_secs(20);

/// A hotel whose kitchen prints on `printer`, ready.
async fn hotel(printer: &Printer) -> Hotel {
    let hotel = Hotel::up(PARTS);
    prints_on(&hotel, printer).await;
    hotel
}

async fn prints_on(hotel: &Hotel, printer: &Printer) {
    let path = &hotel.places.configurations["device-proxy"];
    let mut own: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    own["print"] = json!({
        "printers": { "pass": { "address": printer.address().to_string() } },
        "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked" } },
    });
    fs::write(path, own.to_string()).unwrap();
    hotel.kill_and_wait("device-proxy").await;
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

async fn menu(page: &Page) -> Result<Menu, Problem> {
    page.ask(about::MENU, &json!({})).await
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

// peer-5.3, peer-4.8, peer-5.6
#[tokio::test]
async fn a_call_outlives_its_signaling_server_and_a_dead_box_is_noticed() {
    let printer = Printer::start(Paper::default());
    let hotel = hotel(&printer).await;
    let pos = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let kitchen = Page::open(&hotel, "kitchen-1", Role::Kitchen, None).await;

    hotel.kill_and_wait("signaling").await;
    for page in [&pos, &kitchen] {
        assert!(!menu(page).await.unwrap().items.is_empty());
    }

    hotel.kill("device-proxy").await;
    let noticed = async { tokio::join!(pos.cut(), kitchen.cut()) };
    timeout(NOTICED, noticed).await.expect("noticed in time");
    let lost = menu(&pos).await.unwrap_err();
    assert_eq!(lost.code, Code::Unavailable);
    let again = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let frozen = hotel.freeze("device-proxy").await;
    timeout(NOTICED, again.cut())
        .await
        .expect("noticed in time");
    drop(frozen);
    // The first page of that name did not come back meanwhile.
    let pushed = "signaling_sessions_ended_total{reason=\"replaced\"}";
    assert_eq!(hotel.figure("signaling", pushed).await, Some(1.0));
    for page in [pos, kitchen, again] {
        page.close().await;
    }
}

// device-proxy-5.6, bus-6.4
#[tokio::test]
async fn an_order_outlives_a_start_in_another_year() {
    const BOX: &str = "device-proxy";
    let clocks = match Clocks::of(&[BOX]) {
        Ok(clocks) => clocks,
        Err(error) => return skip(&error.to_string()),
    };
    let hotel = Hotel::up_by(&clocks, PARTS);
    let seat = Some((a_sitting(), "t7"));
    let guest = Page::open(&hotel, "guest-1", Role::Guest, seat).await;
    let order = an_order();
    let placed: Order = guest.ask(about::ORDER, &wish(order)).await.unwrap();
    guest.close().await;

    clocks.set(BOX, 400 * DAY_S);
    let year = (OffsetDateTime::now_utc() + time::Duration::days(400)).year();
    hotel.kill(BOX).await;
    eventually("it has forgotten what is old", LIMIT, || async {
        let log = fs::read_to_string(&hotel.places.logs[BOX]).ok()?;
        let started = log.lines().last()?.contains(&format!("\"{year}-"));
        let swept = hotel
            .figure(BOX, "device_proxy_orders_open")
            .await
            .is_some();
        (started && swept).then_some(())
    })
    .await;
    clocks.set(BOX, 0);
    hotel.kill_and_wait(BOX).await;
    let again = Page::open(&hotel, "guest-2", Role::Guest, seat).await;
    let known = again.orders().await;
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!((known[0].order, known[0].number), (order, placed.number));
    again.close().await;
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
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
