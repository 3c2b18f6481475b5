//! Runs what the runbooks of daily work tell people to type, beside hotels of real parts.
//!
//! Those of provisioning and of releases are typed in the modules of their own.

use std::fs;

use hotel_tests::doors::petition;
use hotel_tests::hotel::LIMIT;
use hotel_tests::page::passport;
use hotel_tests::runbook::{Desk, Runbook};
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::Clock;
use kit::identity::Identity;
use serde_json::{Value, json};
use wire::Component;
use wire::credential::Role;
use wire::print::{Job, SUBMIT};

use super::authority::taken_up;
use super::replica::ready;

mod cloud;

const SHOP: &[&str] = &["broker", "authority", "device-proxy", "hotel-vprinter"];
const STORE: &[&str] = &[
    "broker",
    "authority",
    "postgres",
    "replica-sync",
    "uplink",
    "s3",
];
const DOORS: &[&str] = &[
    "broker",
    "authority",
    "iot-gateway",
    "hotel-sim",
    "uplink",
    "s3",
];
/// Entries after which the gateway signs the end of its trail, whatever they say.
const SIGNED_AFTER: u32 = 64;

async fn up(only: &'static [&'static str]) -> Hotel {
    let hotel = Hotel::up(Plan { rooms: 1, only });
    ready(&hotel, only).await;
    hotel
}

/// Waits until a program says that every device of the hotel is there.
async fn devices_are_online(hotel: &Hotel) {
    eventually("every device is online", LIMIT, || async {
        let devices = hotel.status()?.devices;
        (devices.online.is_some() && devices.online == devices.total).then_some(())
    })
    .await;
}

/// Lets a shell of this hotel speak to its S3.
fn introduce_s3(desk: &mut Desk, hotel: &Hotel) {
    let s3 = &hotel.places.s3;
    desk.word("AWS_ENDPOINT_URL", &s3.endpoint);
    desk.word("AWS_DEFAULT_REGION", &s3.region);
    desk.word("AWS_ACCESS_KEY_ID", &s3.access_key_id);
    desk.word("AWS_SECRET_ACCESS_KEY", &s3.secret_access_key);
    desk.word("PROPERTY", hotel.places.property.as_str());
}

/// Ends the hotel of a desk, whatever came of its story.
struct Ending<'a>(&'a Desk);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.types("provisioning/local.sh down");
    }
}

/// Waits until nothing is slow, as it may be for a moment where everything runs on one machine.
async fn all_is_well(desk: &Desk) {
    eventually("all is well", LIMIT, || async {
        let status = desk.types("provisioning/local.sh status --json").status;
        status.success().then_some(())
    })
    .await;
}

// provisioning-8.1
#[tokio::test]
async fn a_hotel_on_one_machine_comes_and_goes_by_the_book() {
    let desk = Desk::built();
    let mut book = Runbook::read("local-hotel.md");
    let ending = Ending(&desk);
    desk.follows(&mut book, "up");
    all_is_well(&desk).await;
    let looked = desk.follows(&mut book, "look");
    assert!(looked.contains("iot-gateway"), "{looked}");
    eventually("every device is online", LIMIT, || async {
        let status = desk.types("provisioning/local.sh status --json");
        let status: Value = serde_json::from_slice(&status.stdout).ok()?;
        (status["devices"]["online"] == 80).then_some(())
    })
    .await;
    let invited = desk.follows(&mut book, "invite");
    assert!(invited.contains("https://"), "{invited}");
    let talked = desk.follows(&mut book, "talk");
    assert!(talked.contains("room-101-thermostat"), "{talked}");
    let ledger = desk.follows(&mut book, "ledger");
    assert!(ledger.contains("room-101-"), "{ledger}");
    // The tour of the page at the top ends the hotel in the same words.
    let mut readme = Runbook::read("../../README.md");
    all_is_well(&desk).await;
    let toured = desk.follows(&mut readme, "tour");
    assert!(toured.contains("table-7"), "{toured}");
    desk.follows(&mut book, "down");
    let over = desk.types("provisioning/local.sh status");
    assert_eq!(over.status.code(), Some(4));
    book.is_done();
    drop(ending);
}

// provisioning-8.1
#[tokio::test]
async fn doors_and_devices_are_seen_to_by_the_book() {
    let hotel = up(DOORS).await;
    devices_are_online(&hotel).await;
    let mut desk = Desk::beside(&hotel);
    introduce_s3(&mut desk, &hotel);
    desk.word("BUCKET", &hotel.places.s3.bucket);
    let mut book = Runbook::read("doors.md");
    let opened = desk.follows(&mut book, "by-hand");
    assert!(opened.contains("succeeded"), "{opened}");
    the_trail_is_signed(&hotel).await;
    let sound = desk.follows(&mut book, "trail");
    assert!(sound.contains(" 0 anchors"), "{sound}");
    // The anchor may still be on its way to the cloud.
    let anchors = book.take("anchors");
    eventually("the head is anchored", LIMIT, || async {
        hotel.edgectl(&["uplink", "drain"]);
        let anchored = desk.types(&anchors);
        let said = String::from_utf8_lossy(&anchored.stdout).into_owned();
        (anchored.status.success() && said.contains(" 1 anchors")).then_some(())
    })
    .await;
    book.is_done();

    let mut book = Runbook::read("devices.md");
    desk.follows(&mut book, "add");
    let pool = hotel.client("pool-thermostat").await;
    pool.end().await;
    eventually("the gateway knows the new device", LIMIT, || async {
        let listed = hotel.edgectl(&["gateway", "list"]);
        listed.contains("pool-thermostat").then_some(())
    })
    .await;
    let looked = desk.follows(&mut book, "look");
    assert!(looked.contains("pool-thermostat"), "{looked}");
    // What is left of the page, devices with keys of their own, is typed in `devices`.
}

/// Refused wishes fill the trail until its end is signed.
async fn the_trail_is_signed(hotel: &Hotel) {
    let authority = Identity::load(&hotel.identity_dir("authority")).unwrap();
    let clerk = passport(&authority, "front-desk-1", Role::FrontDesk, None);
    let carrier = hotel.client("device-proxy").await;
    let late = Clock::system().wall();
    for _ in 0..SIGNED_AFTER {
        let late = petition(&clerk, "room-101-lock", "unlock", late);
        let id = late.execution.to_string().parse().unwrap();
        let asked = carrier.bus.request_as::<_, Value>(
            id,
            Component::IotGateway,
            &late.operation,
            &late,
            LIMIT,
        );
        assert!(asked.await.is_err());
    }
    carrier.end().await;
    eventually("the trail has a head", LIMIT, || async {
        let export = hotel.edgectl(&["audit", "export"]);
        export.contains("{\"head\"").then_some(())
    })
    .await;
}

// provisioning-8.1
#[tokio::test]
async fn tablets_come_and_go_and_tables_open_and_close_by_the_book() {
    let hotel = up(&["broker", "authority"]).await;
    let mut desk = Desk::beside(&hotel);
    let mut book = Runbook::read("tablets.md");
    let invited = desk.follows(&mut book, "invite");
    assert!(invited.contains("https://"), "{invited}");
    // Whoever opens the page of the invitation does this; a second one is good as well.
    let tablet = taken_up(&hotel, "kitchen-2", "kitchen").await;
    desk.word("DIGITS", &tablet.digits);
    desk.follows(&mut book, "confirm");
    tablet.token(&hotel).await;
    let revoked = desk.follows(&mut book, "revoke");
    let mut lines = revoked.lines();
    let tablet = lines.find(|line| line.starts_with("kitchen-2  "));
    assert!(tablet.unwrap().contains("revoked"), "{revoked}");
    let sitting = desk.follows(&mut book, "sitting");
    let id = sitting.split_whitespace().next().unwrap();
    desk.word("SITTING", id);
    let over = desk.follows(&mut book, "sitting-over");
    assert!(over.contains("closed"), "{over}");
    book.is_done();
}

// provisioning-8.1
#[tokio::test]
async fn a_ticket_of_which_nobody_knows_is_decided_by_the_book() {
    let hotel = up(SHOP).await;
    let mut desk = Desk::beside(&hotel);
    let at = hotel.listener("device-proxy", "tls_listener");
    desk.word("PROXY", format!("localhost:{}", at.port));
    let printer = &hotel.places.printer.control;
    let printer = format!("http://{}:{}", printer.host, printer.port);
    let handle = |desk: &Desk, what: &str, told: Value| {
        let put = "curl --fail --silent --request PUT --header 'content-type: application/json'";
        let put = desk.types(&format!("{put} --data '{told}' {printer}/{what}"));
        assert!(put.status.success(), "{put:?}");
    };
    let mut book = Runbook::read("printing.md");
    let list = book.take("jobs");
    let newest = |desk: &Desk| {
        let listed: Value = serde_json::from_slice(&desk.types(&list).stdout).ok()?;
        Some(listed["jobs"][0].clone())
    };
    print_bill(&hotel, 1).await;
    eventually("the first bill is printed", LIMIT, || async {
        (newest(&desk)?["state"] == "done").then_some(())
    })
    .await;
    // The questions before an attempt, and some of the ticket.
    handle(&desk, "budget", json!({"bytes": 40}));
    let taken = print_bill(&hotel, 2).await;
    let unsure = eventually("nobody knows of the second", LIMIT, || async {
        newest(&desk).filter(|job| job["state"] == "unconfirmed")
    })
    .await;
    assert_eq!(unsure["job"], json!(taken.job));
    desk.word("JOB", unsure["job"].as_str().unwrap());
    desk.word("PRINCIPAL", unsure["principal"].as_str().unwrap());
    handle(&desk, "power", json!({"state": "on"}));
    desk.follows(&mut book, "decide");
    let again = eventually("it is printed again", LIMIT, || async {
        newest(&desk).filter(|job| job["state"] == "done")
    })
    .await;
    assert_eq!(again["marked"], true, "{again}");
    book.is_done();
}

/// Has a bill printed by the operator.
async fn print_bill(hotel: &Hotel, number: u32) -> Job {
    let line = json!({"kind": "text", "text": format!("Bill {number}, of some length.")});
    let bill = json!({
        "v": 1, "job": format!("01941f29-7c00-7000-8000-{number:012x}"), "route": "receipt",
        "document": {"kind": "receipt", "lines": [line]},
    });
    let operator = hotel.client("edgectl").await;
    let submit = SUBMIT.parse().unwrap();
    let asked = operator
        .bus
        .request(Component::DeviceProxy, &submit, bill, LIMIT);
    let taken = asked.await.unwrap();
    operator.end().await;
    taken
}

// provisioning-8.1
#[tokio::test]
async fn the_database_is_looked_at_backed_up_and_restored_by_the_book() {
    let hotel = up(STORE).await;
    let mut desk = Desk::beside(&hotel);
    introduce_s3(&mut desk, &hotel);
    desk.word("BUCKET", &hotel.places.s3.backups);
    desk.word("SCRATCH", desk.path("restored"));
    let mut book = Runbook::read("database.md");
    let rows = book.take("rows");
    let database = hotel.database("postgres");
    let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&database);
    asked.await.unwrap();
    book.is_done();

    let mut book = Runbook::read("backups.md");
    let recipient = desk.follows(&mut book, "key");
    assert!(recipient.starts_with("age1"), "{recipient}");
    hotel.reconfigure("replica-sync", "/backup/recipient", recipient.trim());
    hotel.kill_and_wait("replica-sync").await;
    desk.follows(&mut book, "now");
    eventually("the backup is in the cloud", LIMIT, || async {
        let listed = hotel.edgectl(&["backup", "list"]);
        (!listed.is_empty()).then_some(())
    })
    .await;
    let drilled = desk.follows(&mut book, "drill");
    assert!(drilled.contains("equal: "), "{drilled}");
    let restored = desk.follows(&mut book, "restore");
    assert!(restored.contains("equal: "), "{restored}");
    assert!(desk.path("restored/cluster").is_dir());
    let file = desk.path("fetched.age");
    hotel.edgectl(&["backup", "fetch", "--to", file.to_str().unwrap()]);
    desk.word("FILE", file);
    let opened = desk.follows(&mut book, "by-age");
    assert!(opened.contains("hotel rooms"), "{opened}");
    book.is_done();
}

// provisioning-8.1
#[tokio::test]
async fn a_component_that_is_not_ready_is_mended_by_the_book() {
    let hotel = up(&["broker", "uplink", "s3"]).await;
    let mut desk = Desk::beside(&hotel);
    desk.word("COMPONENT", "uplink");
    let leaf = hotel.identity_dir("uplink").join("cert.pem");
    let before = fs::read(&leaf).unwrap();
    let mut book = Runbook::read("component-not-ready.md");
    let renewed = desk.follows(&mut book, "renew");
    assert!(renewed.contains("certificate issued"), "{renewed}");
    assert_ne!(fs::read(&leaf).unwrap(), before);
    desk.follows(&mut book, "policy");
    ready(&hotel, &["uplink"]).await;
    book.is_done();
}
