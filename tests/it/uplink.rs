//! The way to the cloud, when that is far, dear or unwilling, and when the disk is small.

use std::fs;

use hotel_tests::feeder::Feeder;
use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually, faults};
use kit::clock::Clock;
use serde_json::Value;
use wire::record::Stream;
use wire::uplink::{Mode, Stat};

/// Only the way to the cloud.
const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "s3", "uplink"],
};

/// Most memory of the program, in KiB.
const MEMORY_KIB: u64 = 64 * 1024;

async fn ready(hotel: &Hotel) {
    hotel.ready(&["uplink"], LIMIT).await;
}

fn stat(hotel: &Hotel) -> Stat {
    serde_json::from_str(&hotel.edgectl(&["uplink", "stat", "--json"])).unwrap()
}

fn json(hotel: &Hotel, arguments: &[&str]) -> Value {
    serde_json::from_str(&hotel.edgectl(arguments)).unwrap()
}

/// Waits until nothing waits.
async fn drained(hotel: &Hotel) {
    eventually("everything is in the bucket", 4 * LIMIT, || async {
        let is_empty = stat(hotel)
            .streams
            .iter()
            .all(|stream| stream.waiting_records == 0.into());
        is_empty.then_some(())
    })
    .await;
}

/// Spool and bucket hold every place once.
fn check_sound(hotel: &Hotel) {
    let output = hotel.try_edgectl(&["uplink", "verify", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !said.contains("null"),
        "the bucket was not looked at: {said}"
    );
}

// uplink-8.1, uplink-8.4, uplink-11.2, uplink-10.1
#[tokio::test]
async fn an_operator_takes_a_box_off_the_line_and_on_again_and_nothing_is_missing() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel.edgectl(&["uplink", "mode", "offline"]);
    let mut feeder = Feeder::of(&hotel).await;
    for stream in [Stream::P0, Stream::P1, Stream::P2] {
        assert_eq!(feeder.hand(stream, 50).await.problem, None);
    }
    hotel.kill_and_wait("uplink").await;
    let asked = stat(&hotel);
    assert_eq!((asked.link.mode, asked.link.chosen), (Mode::Offline, true));
    assert_eq!(hotel.objects().await.unwrap().len(), 0);
    check_sound(&hotel);
    hotel.edgectl(&["uplink", "mode", "metered"]);
    drop(hotel.try_edgectl(&["uplink", "drain", "--wait", "2"]));
    eventually("alarms and orders are in the bucket", LIMIT, || async {
        let stat = stat(&hotel);
        let waiting = |place: usize| stat.streams[place].waiting_records;
        (waiting(0) == 0.into() && waiting(1) == 0.into()).then_some(())
    })
    .await;
    assert_eq!(stat(&hotel).streams[2].waiting_records, 50.into());
    hotel.edgectl(&["uplink", "mode", "configured"]);
    hotel.edgectl(&["uplink", "drain"]);
    drained(&hotel).await;
    check_sound(&hotel);
    let cost = json(&hotel, &["uplink", "cost", "--json"]);
    // Two days, where midnight came in between.
    let days = cost["days"].as_array().unwrap();
    let local = days.iter().map(|day| day["local"].as_u64().unwrap());
    assert_eq!(local.sum::<u64>(), 150);
    assert!(days[0]["local_percent"].as_f64().unwrap() > 95.0, "{cost}");
    let shown = hotel.edgectl(&["uplink", "cost"]);
    assert!(shown.contains("stayed in the house"), "{shown}");
    // Somebody takes an object out of the bucket: that is told.
    let gone = hotel.objects().await.unwrap().remove(0).key;
    hotel.remove_object(&gone).await;
    let told = hotel.try_edgectl(&["uplink", "verify"]);
    assert!(!told.status.success());
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("p0: places 1 to 50 are nowhere"), "{told}");
}

// uplink-4.8, uplink-4.7
#[tokio::test]
async fn a_batch_that_a_bucket_does_not_want_is_set_aside_and_tried_again_by_hand() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel.reconfigure("uplink", "/s3/bucket", "no-such-bucket");
    hotel.kill_and_wait("uplink").await;
    let mut feeder = Feeder::of(&hotel).await;
    assert_eq!(feeder.hand(Stream::P1, 5).await.problem, None);
    drop(hotel.try_edgectl(&["uplink", "drain", "--wait", "2"]));
    let put = hotel.edgectl(&["uplink", "quarantine", "put", "p1"]);
    assert!(
        put.contains("p1 1-5") && put.contains("set aside by edgectl"),
        "{put}"
    );
    assert_eq!(hotel.edgectl(&["uplink", "quarantine", "list"]), put);
    let number = put.split_whitespace().next().unwrap();
    let shown = json(&hotel, &["uplink", "quarantine", "show", number]);
    assert_eq!(shown["lines"].as_array().unwrap().len(), 5);
    hotel.reconfigure("uplink", "/s3/bucket", hotel.places.s3.bucket.as_str());
    hotel.kill_and_wait("uplink").await;
    assert_eq!(feeder.hand(Stream::P1, 5).await.problem, None);
    assert_eq!(
        hotel.edgectl(&["uplink", "replay", number]),
        "1 batches are tried again\n"
    );
    hotel.edgectl(&["uplink", "drain"]);
    eventually("the batch is in the bucket", LIMIT, || async {
        (stat(&hotel).streams[1].letters == 0.into()).then_some(())
    })
    .await;
    drained(&hotel).await;
    check_sound(&hotel);
}

/// Days without the cloud, with more measurements than there is room for.
// uplink-1.5, uplink-1.9, uplink-4.1
#[tokio::test]
async fn a_long_outage_is_drained_in_little_memory_and_what_was_dropped_is_told() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel.reconfigure("uplink", "/spool/bytes", (16 * 1024 * 1024_u32).to_string());
    hotel.reconfigure("uplink", "/link/mode", "offline");
    hotel.kill_and_wait("uplink").await;
    let mut feeder = Feeder::of(&hotel).await;
    // Seven days of fifty rooms are 403,200 measurements at one in five minutes.
    let batches = faults::rounds(50, 806);
    for number in 0..batches {
        assert_eq!(feeder.hand(Stream::P2, 500).await.problem, None);
        if number % 10 == 0 {
            assert_eq!(feeder.hand(Stream::P0, 2).await.problem, None);
            assert_eq!(feeder.hand(Stream::P1, 5).await.problem, None);
        }
    }
    let full = stat(&hotel);
    let dropped = full.streams[2].dropped_records;
    assert!(
        dropped > 0.into() && full.streams[2].waiting_bytes < full.streams[2].quota_bytes.next()
    );
    assert_eq!(
        (
            full.streams[0].dropped_records,
            full.streams[1].dropped_records
        ),
        (0.into(), 0.into())
    );
    check_sound(&hotel);
    drains_fast_in_little_memory(&hotel).await;
    check_told(&hotel, u64::from(batches) * 500, dropped.value()).await;
}

/// As many days, with room for everything.
// uplink-4.1
#[tokio::test]
async fn seven_days_without_the_cloud_are_drained_many_times_faster_than_they_came() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel.reconfigure("uplink", "/link/mode", "offline");
    hotel.kill_and_wait("uplink").await;
    let mut feeder = Feeder::of(&hotel).await;
    let batches = faults::rounds(40, 806);
    for _ in 0..batches {
        assert_eq!(feeder.hand(Stream::P2, 500).await.problem, None);
    }
    let waiting = stat(&hotel).streams[2].waiting_records;
    assert_eq!(waiting.value(), u64::from(batches) * 500);
    drains_fast_in_little_memory(&hotel).await;
    check_told(&hotel, u64::from(batches) * 500, 0).await;
}

/// Lets everything out that waits: ten times as fast as a hotel of fifty rooms speaks, and in 64 MiB.
async fn drains_fast_in_little_memory(hotel: &Hotel) {
    let streams = stat(hotel).streams;
    let waiting: u64 = streams
        .iter()
        .map(|stream| stream.waiting_records.value())
        .sum();
    hotel.edgectl(&["uplink", "mode", "normal"]);
    let clock = Clock::system();
    let begun = clock.monotonic();
    drop(hotel.try_edgectl(&["uplink", "drain", "--wait", "120"]));
    drained(hotel).await;
    let took = clock.monotonic().duration_since(begun).as_secs_f64();
    let memory = peak_kib(hotel.part("uplink").unwrap().pid.unwrap());
    report(format_args!(
        "{waiting} records in {took:.1} s, {memory} KiB at most"
    ));
    assert!(memory <= MEMORY_KIB, "{memory} KiB");
    // Fifty rooms make less than one a second.
    assert!(
        f64::from(u32::try_from(waiting).unwrap()) / took >= 10.0,
        "{waiting} in {took} s"
    );
    check_sound(hotel);
}

#[expect(clippy::print_stderr, reason = "figures are for whoever reads the run")]
fn report(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}

/// Every place of `p2` is a line in the bucket, or inside one that tells what was dropped.
async fn check_told(hotel: &Hotel, handed: u64, dropped: u64) {
    let objects = hotel.objects().await.unwrap();
    let lines = objects
        .iter()
        .filter(|object| object.key.contains("/stream=p2/"));
    let (mut there, mut told) = (0, 0);
    for line in lines.flat_map(|object| &object.lines) {
        if line.record.kind.as_str() == wire::uplink::DROPPED_RECORD {
            told += line.record.body["records"].as_u64().unwrap();
        } else {
            there += 1;
        }
    }
    assert_eq!((told, there + told), (dropped, handed));
}

/// The most memory that a process ever had.
fn peak_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
