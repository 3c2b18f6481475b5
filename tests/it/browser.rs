//! A guest's phone, a tablet of staff and the kitchen's display, in Chromium, in a hotel without
//! internet.

use std::path::Path;

use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::network::Network;
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

/// Everything, in a small house.
const WHOLE: Plan<'static> = Plan {
    rooms: 2,
    only: &[],
};

/// A hotel in a network of its own; nothing where this machine gives none, and says so.
#[expect(
    clippy::print_stderr,
    reason = "a test that cannot run here says plainly what is missing"
)]
fn offline_hotel(name: &str, plan: Plan<'_>) -> Option<Hotel> {
    match Network::offline(name) {
        Ok(network) => Some(Hotel::up_in(network, plan)),
        Err(error) => {
            eprintln!("skipped: it takes root and network namespaces: {error}");
            None
        }
    }
}

/// Plays a script of `tests/browser` in the hotel's network; returns what it saw.
fn play(hotel: &Hotel, script: &str, pictures: &Path) -> Value {
    let output = hotel
        .command("node")
        .arg(repository().join("tests/browser").join(script))
        .arg("--hotel")
        .arg(hotel.dir().join("hotel.json"))
        .arg("--edgectl")
        .arg(artifacts().join("edgectl"))
        .arg("--out")
        .arg(pictures)
        .output()
        .expect("node can be started");
    let told = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {told}{complaints}");
    serde_json::from_str(told.trim()).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// Where pictures of the pages and the ticket are kept after the test.
fn pictures(name: &str) -> std::path::PathBuf {
    let target = artifacts();
    target
        .parent()
        .unwrap_or(&target)
        .join("pictures")
        .join(name)
}

// story-1
// story-4
#[test]
fn an_order_goes_from_a_guests_phone_to_the_kitchen_and_back_without_internet() {
    let Some(hotel) = offline_hotel("order", WHOLE) else {
        return;
    };
    let kept = pictures("order");
    let seen = play(&hotel, "order.mjs", &kept);
    assert_eq!(seen["signaling_mode"], "local", "{seen}");
    // The second order was never confirmed.
    assert_eq!(seen["tickets"], 1, "{seen}");
    assert_eq!(seen["mode_without_local"], "cloud", "{seen}");
    // The guest's page is a plain one, as on a phone that knows no certificate of the hotel.
    assert_eq!(seen["guest_secure_context"], false, "{seen}");
    let tickets = &hotel.places.printer.tickets;
    let ticket = std::fs::read_to_string(tickets.join("0001.txt")).expect("the ticket is kept");
    assert!(ticket.contains("Tomato soup"), "{ticket}");
    std::fs::copy(tickets.join("0001.png"), kept.join("ticket.png")).expect("its picture is kept");
}

// console-3.2
// story-4
#[tokio::test]
async fn a_guest_who_is_elsewhere_is_politely_asked_into_the_hotel() {
    let plan = Plan {
        rooms: 2,
        only: &["broker", "authority", "console"],
    };
    let Some(hotel) = offline_hotel("elsewhere", plan) else {
        return;
    };
    let path = &hotel.places.configurations["console"];
    let text = std::fs::read(path).expect("it is configured");
    let mut own: Value = serde_json::from_slice(&text).expect("it is JSON");
    // Wherever the browser comes from, it is not from there.
    own["networks"] = json!(["192.168.77.0/24"]);
    std::fs::write(path, own.to_string()).expect("it can be configured");
    hotel.kill_and_wait("console").await;
    let seen = play(&hotel, "elsewhere.mjs", &pictures("elsewhere"));
    let said = seen["said"].as_str().expect("it says something");
    assert!(said.contains("You can order in the hotel only"), "{said}");
    assert!(said.contains("join the hotel's Wi-Fi"), "{said}");
    assert_eq!(seen["dishes"], 0, "{seen}");
}

// console-6.1, console-6.2
#[test]
fn a_tablet_of_the_front_desk_unlocks_a_room_and_sees_its_trail() {
    let Some(hotel) = offline_hotel("doors", WHOLE) else {
        return;
    };
    let seen = play(&hotel, "doors.mjs", &pictures("doors"));
    assert_eq!(seen["intents_before"], 0, "{seen}");
    let trail: Vec<_> = seen["trail"]
        .as_array()
        .expect("it is a list")
        .iter()
        .collect();
    let told = |text: &str| {
        let is_it = |line: &&Value| line.as_str().is_some_and(|line| line.contains(text));
        trail.iter().copied().filter(is_it).count()
    };
    assert_eq!(told("front-desk-1 wants: unlock"), 1, "{seen}");
    assert_eq!(told("unlock: done"), 1, "{seen}");
    let sound = hotel.edgectl(&["audit", "verify"]);
    assert!(sound.starts_with("sound: "), "{sound}");
    // What a page shows is what is in the chain.
    let export = hotel.edgectl(&["audit", "export"]);
    let intents = export.lines().filter(|line| line.contains("\"intent\""));
    assert_eq!(intents.count(), 1, "{export}");
}

/// What stands on a ticket that may have been printed before.
const MARK: &str = "POSSIBLE DUPLICATE";

/// What the walk leaves in the database of the hotel and of the hub: one row each.
const DAY: [&str; 4] = [
    "orders WHERE status = 'ready' AND place = 'table-7' AND total_minor = 1890",
    "messages WHERE text = 'Room 205 ready?' AND author = 'front-desk-1' AND room = '205'",
    "messages WHERE text LIKE '%ten minutes%' AND author = 'housekeeping-1' AND room = '205'",
    "rooms WHERE number = '205' AND status = 'cleaning' AND assigned_to = 'housekeeping-1'",
];

async fn count(database: &PgPool, query: String) -> Option<i64> {
    let counted = sqlx::query_scalar(AssertSqlSafe(query));
    counted.fetch_one(database).await.ok()
}

/// The texts of everything that was printed, in its order, but for what was printed again: that bears its
/// mark.
fn tickets(hotel: &Hotel) -> Vec<String> {
    let files = std::fs::read_dir(&hotel.places.printer.tickets).expect("tickets are kept");
    let mut files: Vec<_> = files
        .map(|file| file.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let read = |path| std::fs::read_to_string(path).expect("the ticket is kept");
    let texts = files.into_iter().map(read);
    texts.filter(|text| !text.contains(MARK)).collect()
}

// story-1
// story-2
// story-3
// console-7.7
#[tokio::test]
async fn a_day_in_the_house_from_the_printed_address_while_the_cloud_is_away() {
    // Room 205 is on the second floor.
    let plan = Plan {
        rooms: 25,
        only: &[],
    };
    let Some(hotel) = offline_hotel("walk", plan) else {
        return;
    };
    let cloud = hotel.freeze("hub").await;
    let seen = play(&hotel, "walk.mjs", &pictures("walk"));
    // The model on the box read it; rules would say so.
    assert_eq!(seen["message"][0], "negative", "{seen}");
    assert_eq!(seen["drawer_opened"], 1, "{seen}");
    let tickets = tickets(&hotel);
    assert_eq!(tickets.len(), 2, "{tickets:?}");
    assert!(tickets[0].contains("Trout with almonds"), "{tickets:?}");
    assert!(tickets[1].contains("18.90"), "{tickets:?}");

    drop(cloud);
    for name in ["postgres", "hub-postgres"] {
        let database = hotel.database(name);
        for row in DAY {
            eventually(&format!("{name} has {row}"), LIMIT, || async {
                let query = format!("SELECT count(*) FROM hotel.{row}");
                (count(&database, query).await? == 1).then_some(())
            })
            .await;
        }
    }
    // What guests write never leaves the house.
    let guest_messages = async |name| {
        let query = "SELECT count(*) FROM hotel.guest_messages".to_owned();
        count(&hotel.database(name), query).await
    };
    assert!(guest_messages("postgres").await >= Some(1));
    assert_eq!(guest_messages("hub-postgres").await, Some(0));
    let sound = hotel.edgectl(&["audit", "verify"]);
    assert!(sound.starts_with("sound: "), "{sound}");
}
