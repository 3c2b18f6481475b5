//! A box that dies when an order is committed, and nobody knows.

use hotel_tests::points::Blow;
use kit::fault::Point;

use super::*;

/// How long a page waits for a box that has just died.
const SOON: Duration = Duration::from_secs(3);

// device-proxy-5.6, device-proxy-6.4
#[tokio::test]
async fn an_order_that_was_committed_before_a_death_is_there_once_and_its_ticket_too() {
    let printer = Printer::start(Paper::default());
    let (hotel, points) = Hotel::up_armed(PARTS, &["device-proxy"]);
    prints_on(&hotel, &printer).await;
    let seat = Some((a_sitting(), "t7"));
    let (order, point) = (an_order(), Point::ProxyOrderKept);
    let pid = || hotel.part("device-proxy").and_then(|part| part.pid);

    // Once when it is placed, and once when it is confirmed, with its ticket.
    let guest = Page::open(&hotel, "guest-1", Role::Guest, seat).await;
    let before = pid();
    points.arm(point, Blow::Kill, 1);
    let placed = timeout(SOON, guest.ask::<Order>(about::ORDER, &wish(order))).await;
    assert!(!matches!(placed, Ok(Ok(_))), "nobody was to be told");
    points.struck(point, async || {}).await;
    hotel.recovers("device-proxy", Blow::Kill, before).await;
    let guest_again = Page::open(&hotel, "guest-2", Role::Guest, seat).await;
    let again: Order = guest_again.ask(about::ORDER, &wish(order)).await.unwrap();
    assert_eq!(
        (again.number, again.status),
        (1.into(), OrderStatus::Pending)
    );

    let pos = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let before = pid();
    points.arm(point, Blow::Kill, 1);
    drop(timeout(SOON, pos.moves(order, OrderStatus::Confirmed)).await);
    points.struck(point, async || {}).await;
    hotel.recovers("device-proxy", Blow::Kill, before).await;
    let pos_again = Page::open(&hotel, "pos-2", Role::Pos, None).await;
    let orders = pos_again.orders().await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].status, OrderStatus::Confirmed);
    // What was cut off before the ticket is no ticket.
    let of_order = |ticket: &Ticket| ticket.qr_codes().contains(&order.to_string());
    let tickets = || printer.tickets().into_iter().filter(of_order).count();
    eventually("the ticket is printed", LIMIT, || async {
        (tickets() > 0).then_some(())
    })
    .await;
    assert_eq!(tickets(), 1);
    for page in [guest, guest_again, pos, pos_again] {
        page.close().await;
    }
}
