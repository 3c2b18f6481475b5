//! Leaves that are renewed while the hotel works, and hotels that were off for longer than a leaf lives.

use std::collections::BTreeMap;

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually, faults};
use kit::clock::Clock;
use wire::Component;

/// Older than two thirds of a leaf's life.
const DUE: i64 = 61;
/// A year and more: every leaf has lapsed, 310 days ago.
const OFF: i64 = 400;
/// Issued by a clock that was ahead and is set now; or right, for a box whose clock came up in the past.
const AHEAD: i64 = -390;

/// Every principal of the hotel.
fn everybody(hotel: &Hotel) -> Vec<&str> {
    hotel.places.identities.keys().map(String::as_str).collect()
}

fn is_current(hotel: &Hotel, principal: &str) -> bool {
    let now = Clock::system().wall();
    hotel.identity(principal).due_in(now).is_some()
}

async fn everybody_is_renewed(hotel: &Hotel) {
    eventually("every leaf is a new one", LIMIT * 10, || async {
        let mut everybody = everybody(hotel).into_iter();
        everybody
            .all(|principal| is_current(hotel, principal))
            .then_some(())
    })
    .await;
}

async fn everything_is_ready(hotel: &Hotel) {
    eventually(
        "every part is ready and every device online",
        LIMIT * 10,
        || async {
            let status = hotel.status()?;
            let mut parts = status.components.iter().chain(&status.simulated);
            let ready = parts.all(|part| part.ready);
            (ready && status.devices.online == status.devices.total).then_some(())
        },
    )
    .await;
}

async fn devices_talk(hotel: &Hotel) {
    let before = hotel.said().await.len();
    let more = before
        + hotel
            .status()
            .unwrap()
            .devices
            .total
            .map_or(8, |total| total as usize);
    eventually("the devices talk", LIMIT * 10, || async {
        (hotel.said().await.len() > more).then_some(())
    })
    .await;
}

/// The processes of the components that are ours, by name.
fn processes(hotel: &Hotel) -> BTreeMap<String, Option<u32>> {
    let status = hotel.status().unwrap();
    // mosquitto 2.0.11 sometimes ends when it reads its files again, and is started again at once.
    let ours = status.components.into_iter();
    let ours = ours.filter(|part| part.name != Component::Broker.as_str());
    ours.map(|part| (part.name, part.pid)).collect()
}

// bus-7.1, bus-7.2, bus-4.5
#[tokio::test]
async fn every_leaf_of_a_hotel_is_renewed_while_its_devices_talk_and_nothing_is_lost() {
    let hotel = Hotel::with_rooms(faults::rounds(13, 500));
    everything_is_ready(&hotel).await;
    devices_talk(&hotel).await;
    let before = processes(&hotel);
    for principal in everybody(&hotel) {
        hotel.age(principal, DUE);
    }
    // Devices look at their files when they start; the operator renews with the next question.
    hotel.kill("hotel-sim").await;
    // The broker may be away for a moment: its own leaf has aged, too.
    eventually("the operator is served", LIMIT, || async {
        let listed = hotel.try_edgectl(&["gateway", "list"]);
        listed.status.success().then_some(())
    })
    .await;
    everybody_is_renewed(&hotel).await;
    devices_talk(&hotel).await;
    everything_is_ready(&hotel).await;
    eventually("the broker shows its new leaf", LIMIT, || async {
        let shown = hotel.shown(Component::Broker, &hotel.places.broker)?;
        (shown == hotel.identity("broker").chain[0]).then_some(())
    })
    .await;
    assert_eq!(processes(&hotel), before, "a component was started again");
    hotel.settle_accounts().await;
}

/// Lets everything start with leaves of that age, as power that comes back does.
async fn comes_back_with_leaves_issued(days: i64) {
    let hotel = Hotel::with_rooms(2);
    everything_is_ready(&hotel).await;
    devices_talk(&hotel).await;
    for principal in everybody(&hotel) {
        hotel.age(principal, days);
    }
    let have_leaves = |name: &&String| hotel.places.identities.contains_key(*name);
    for name in processes(&hotel).keys().filter(have_leaves) {
        hotel.kill(name).await;
    }
    hotel.kill("broker").await;
    hotel.kill("hotel-sim").await;
    eventually("the operator is renewed and served", LIMIT * 2, || async {
        let listed = hotel.try_edgectl(&["gateway", "list"]);
        listed.status.success().then_some(())
    })
    .await;
    everybody_is_renewed(&hotel).await;
    everything_is_ready(&hotel).await;
    devices_talk(&hotel).await;
    hotel.settle_accounts().await;
}

// bus-7.4, authority-1.2
#[tokio::test]
async fn a_hotel_that_was_off_for_a_year_comes_back_by_itself() {
    comes_back_with_leaves_issued(OFF).await;
}

// bus-7.4
#[tokio::test]
async fn a_hotel_whose_clock_was_ahead_comes_back_by_itself() {
    comes_back_with_leaves_issued(AHEAD).await;
}

// authority-1.5, bus-7.1
#[tokio::test]
async fn an_operator_whose_leaf_lapsed_too_long_ago_is_told_so() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "authority"],
    });
    hotel.ready(&["authority"], LIMIT).await;
    hotel.age("edgectl", 500);
    let refused = hotel.try_edgectl(&["authority", "principals"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(said.contains("lapsed more than 400 days ago"), "{said}");
    hotel.age("edgectl", 300);
    let known = hotel.edgectl(&["authority", "principals"]);
    assert!(known.contains("edgectl"), "{known}");
    assert!(is_current(&hotel, "edgectl"));
}
