//! Disks that are full, or that let nobody write: what was acknowledged stays, whoever asks is refused
//! and not deceived, and everything goes on by itself.

use std::fs;

use hotel_tests::client::Client;
use hotel_tests::disk::SmallDisk;
use hotel_tests::feeder::Feeder;
use hotel_tests::hotel::LIMIT;
use hotel_tests::vprinter::{Printer, Settings as Paper, Ticket};
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::json;
use wire::print::{JOB, Job, JobState, SUBMIT};
use wire::record::Stream;
use wire::{Code, Component};

const MIB: u64 = 1_024 * 1_024;
/// A disk that records fill in seconds.
const SMALL: u64 = 6 * MIB;
/// A disk with room for everything that a test does.
const ROOMY: u64 = 64 * MIB;

/// Only the way to the cloud.
const TO_THE_CLOUD: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "s3", "uplink"],
};
const ALL_THE_WAY: Plan<'static> = Plan {
    rooms: 2,
    only: &["broker", "s3", "iot-gateway", "uplink"],
};

async fn ready(hotel: &Hotel, name: &str) {
    hotel.ready(&[name], 2 * LIMIT).await;
}

async fn unready(hotel: &Hotel, name: &str) {
    eventually(&format!("{name} says that it is not"), LIMIT, || async {
        (!hotel.part(name)?.ready).then_some(())
    })
    .await;
}

// uplink-1.1, uplink-1.8, uplink-1.10
#[tokio::test]
async fn a_full_disk_refuses_more_and_is_emptied_by_the_cloud() {
    let (hotel, _disk) = match Hotel::up_on(TO_THE_CLOUD, "uplink", SMALL) {
        Ok(up) => up,
        Err(error) => return skip(&error.to_string()),
    };
    ready(&hotel, "uplink").await;
    let away = hotel.freeze("s3").await;
    let mut feeder = Feeder::of(&hotel).await;
    let (mut kept, mut refusals) = (0, Vec::new());
    // Alarms have the last word: whatever they are refused, nobody else is given.
    while refusals.len() < 3 {
        match feeder.hand(Stream::P0, 200).await.problem {
            None => kept += 200,
            Some(problem) => refusals.push(problem),
        }
    }
    for refusal in refusals {
        assert_eq!(refusal.code, Code::StorageFull);
        assert!(
            refusal.detail.starts_with("the disk has no room"),
            "{refusal}"
        );
    }
    assert!(kept > 2_000, "{kept}");
    let measured = feeder.hand(Stream::P2, 10).await.problem;
    assert_eq!(measured.unwrap().code, Code::StorageFull);
    let spool = hotel.dir().join("data/uplink");
    let log = fs::metadata(spool.join("spool.db-wal")).unwrap().len();
    assert!(log < SMALL / 4, "the log has {log} bytes");
    // Also whoever begins on a full disk sends it away.
    hotel.kill("uplink").await;
    drop(away);
    eventually("the spool is empty", 2 * LIMIT, || async {
        let stat = hotel.try_edgectl(&["uplink", "stat", "--json"]).stdout;
        let stat: wire::uplink::Stat = serde_json::from_slice(&stat).ok()?;
        let mut streams = stat.streams.iter();
        streams
            .all(|stream| stream.waiting_records == 0.into())
            .then_some(())
    })
    .await;
    let objects = hotel.objects().await.unwrap();
    let lines: usize = objects.iter().map(|object| object.lines.len()).sum();
    assert_eq!(lines, kept);
    let verified = hotel.try_edgectl(&["uplink", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    ready(&hotel, "uplink").await;
    assert_eq!(feeder.hand(Stream::P2, 10).await.problem, None);
    feeder.end().await;
}

/// Ends a program, and has nobody write to its disk from then on.
async fn protected(hotel: &Hotel, name: &str, disk: &SmallDisk) {
    eventually("nobody can write", LIMIT, || async {
        hotel.kill(name).await;
        disk.protect().ok()
    })
    .await;
}

// uplink-1.1, uplink-1.11, bus-5.2
#[tokio::test]
async fn a_spool_that_nobody_can_write_costs_time_and_no_record() {
    let (hotel, disk) = match Hotel::up_on(ALL_THE_WAY, "uplink", ROOMY) {
        Ok(up) => up,
        Err(error) => return skip(&error.to_string()),
    };
    let devices = hotel.devices(&["--interval-ms", "300"]);
    hotel.heard(20).await;
    protected(&hotel, "uplink", &disk).await;
    unready(&hotel, "uplink").await;
    // Devices do not notice: the gateway keeps what uplink does not take.
    hotel.heard(40).await;
    let during = hotel.check_accounts().await;
    assert!(during.waiting > 0, "{during:?}");
    eventually("uplink says why", LIMIT, || async {
        let log = fs::read_to_string(&hotel.places.logs["uplink"]).ok()?;
        log.contains("readonly database").then_some(())
    })
    .await;
    disk.unprotect().unwrap();
    ready(&hotel, "uplink").await;
    hotel.settle_accounts().await;
    devices.stop();
}

// iot-gateway-7.1
#[tokio::test]
async fn a_gateway_whose_disk_nobody_can_write_confirms_nothing_and_goes_on_when_somebody_can() {
    let (hotel, disk) = match Hotel::up_on(ALL_THE_WAY, "iot-gateway", ROOMY) {
        Ok(up) => up,
        Err(error) => return skip(&error.to_string()),
    };
    let devices = hotel.devices(&["--interval-ms", "300"]);
    hotel.heard(20).await;
    protected(&hotel, "iot-gateway", &disk).await;
    unready(&hotel, "iot-gateway").await;
    // What it confirmed before it died has come to the devices by then.
    hotel.says(40).await;
    let (_, heard) = hotel.count_said().await.unwrap();
    hotel.says(40).await;
    assert_eq!(hotel.count_said().await.unwrap().1, heard);
    disk.unprotect().unwrap();
    hotel.heard(60).await;
    hotel.states_are_true().await;
    hotel.settle_accounts().await;
    devices.stop();
}

/// Submits a ticket once; the job when it was taken.
async fn submitted(operator: &Client, id: &str) -> Option<Job> {
    let text = json!({ "kind": "text", "text": id });
    let document = json!({ "kind": "receipt", "lines": [text] });
    let submit = json!({ "v": 1, "job": id, "route": "kitchen", "document": document });
    asked(operator, SUBMIT, submit).await
}

async fn asked(operator: &Client, operation: &str, body: serde_json::Value) -> Option<Job> {
    let operation = operation.parse().unwrap();
    let (bus, wait) = (&operator.bus, std::time::Duration::from_secs(3));
    bus.request(Component::DeviceProxy, &operation, body, wait)
        .await
        .ok()
}

// device-proxy-1.2
#[tokio::test]
async fn a_box_whose_disk_nobody_can_write_takes_no_ticket_and_keeps_those_it_took() {
    const FIRST: &str = "01941f29-7c00-7000-8000-000000000001";
    const SECOND: &str = "01941f29-7c00-7000-8000-000000000002";
    let plan = Plan {
        rooms: 1,
        only: &["broker", "device-proxy"],
    };
    let printer = Printer::start(Paper::default());
    let (hotel, disk) = match Hotel::up_on(plan, "device-proxy", ROOMY) {
        Ok(up) => up,
        Err(error) => return skip(&error.to_string()),
    };
    let path = &hotel.places.configurations["device-proxy"];
    let mut own: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    own["print"] = json!({
        "printers": { "pass": { "address": printer.address().to_string() } },
        "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked" } },
    });
    fs::write(path, own.to_string()).unwrap();
    printer.power_off().await;
    hotel.kill_and_wait("device-proxy").await;
    let operator = hotel.client("edgectl").await;
    eventually("the first is taken", LIMIT, || submitted(&operator, FIRST)).await;
    protected(&hotel, "device-proxy", &disk).await;
    unready(&hotel, "device-proxy").await;
    assert_eq!(submitted(&operator, SECOND).await, None);
    printer.revive().await;
    disk.unprotect().unwrap();
    ready(&hotel, "device-proxy").await;
    eventually("the second is taken", LIMIT, || {
        submitted(&operator, SECOND)
    })
    .await;
    for id in [FIRST, SECOND] {
        eventually("the ticket is printed", LIMIT, || async {
            let job = asked(&operator, JOB, json!({ "job": id })).await?;
            (job.state == JobState::Done).then_some(())
        })
        .await;
    }
    let tickets = printer.tickets();
    let is_first = |ticket: &&Ticket| !ticket.text().contains("POSSIBLE DUPLICATE");
    assert_eq!(tickets.iter().filter(is_first).count(), 2);
    operator.end().await;
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
