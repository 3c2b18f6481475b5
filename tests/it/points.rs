//! Whoever holds a record, or a file, dies at each named point of its way ([`kit::fault`]): just before
//! something is durable, and just after, when nobody has been told.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use hotel_tests::client::Client;
use hotel_tests::faults::{Chance, long, rounds, seeds};
use hotel_tests::hotel::LIMIT;
use hotel_tests::points::{Blow, shuffled};
use hotel_tests::{Hotel, Plan, eventually};
use kit::digest::sha256;
use kit::fault::Point;
use wire::uplink::{FILE, File, Filed};
use wire::{Component, Integer};

const PARTS: Plan<'static> = Plan {
    rooms: 2,
    only: &["broker", "s3", "iot-gateway", "uplink"],
};
const GATEWAY: &str = "iot-gateway";
const UPLINK: &str = "uplink";
/// The way of a record.
const RECORDS: &[(&str, Point)] = &[
    (GATEWAY, Point::GatewayChangesWritten),
    (GATEWAY, Point::GatewayMessagesKept),
    (GATEWAY, Point::GatewayBatchSaid),
    (GATEWAY, Point::OutboxBatchFormed),
    (GATEWAY, Point::OutboxBatchRecorded),
    (UPLINK, Point::UplinkRecordsWritten),
    (UPLINK, Point::UplinkRecordsKept),
    (UPLINK, Point::UplinkBatchSealed),
    (UPLINK, Point::UplinkBatchStored),
    (UPLINK, Point::UplinkBatchDeleted),
];
/// The way of a file.
const FILES: &[Point] = &[
    Point::UplinkFileKept,
    Point::UplinkPartStored,
    Point::UplinkFileStored,
    Point::UplinkFileNoted,
];
/// Messages that must be confirmed after each blow.
const PROGRESS: usize = 10;
/// More than one part of an upload.
const FILE_BYTES: usize = 9 * 1024 * 1024;
/// How long somebody waits who may be asking the dead.
const SOON: Duration = Duration::from_secs(3);

fn pid(hotel: &Hotel, name: &str) -> Option<u32> {
    hotel.part(name)?.pid
}

/// Standing still is a death that takes longer.
fn blows() -> &'static [Blow] {
    if long() {
        &[Blow::Kill, Blow::Stop]
    } else {
        &[Blow::Kill]
    }
}

// uplink-1.1, uplink-4.1, uplink-4.3, uplink-4.4, bus-5.2, iot-gateway-7.1
#[tokio::test]
async fn a_record_outlives_the_death_of_whoever_holds_it_at_every_point_of_its_way() {
    for seed in seeds(1, 5) {
        let mut chance = Chance::of(seed);
        let (hotel, points) = Hotel::up_armed(PARTS, &[GATEWAY, UPLINK]);
        let devices = hotel.devices(&["--interval-ms", "300"]);
        hotel.heard(PROGRESS).await;
        for blow in blows() {
            for (name, point) in shuffled(&mut chance, RECORDS) {
                let at = 1 + chance.below(2);
                report(format_args!(
                    "HOTEL_SEED={seed}: {blow:?} {} at pass {at}",
                    point.name()
                ));
                let before = pid(&hotel, name);
                points.arm(point, *blow, at);
                let drain = ["uplink", "drain", "--wait", "1"];
                points
                    .struck(point, async || drop(hotel.try_edgectl(&drain)))
                    .await;
                if *blow == Blow::Stop {
                    hotel.says(4 * PROGRESS).await;
                }
                hotel.recovers(name, *blow, before).await;
                hotel.heard(PROGRESS).await;
            }
            report(format_args!("{:?}", hotel.check_accounts().await));
        }
        hotel.states_are_true().await;
        let verdict = hotel.settle_accounts().await;
        report(format_args!("HOTEL_SEED={seed}: {verdict:?}"));
        devices.stop();
    }
}

/// Puts a file where files are handed over; no two are alike.
fn offered(hotel: &Hotel, seed: u32, number: u32) -> (File, Vec<u8>) {
    let word = seed * 1_000 + number;
    let content: Vec<u8> = word.to_le_bytes().repeat(FILE_BYTES / 4);
    let directory = hotel.dir().join("handover");
    fs::create_dir_all(&directory).unwrap();
    let name = format!("file-{number}.age");
    let path = directory.join(&name);
    fs::write(&path, &content).unwrap();
    let file = File {
        path: path.to_str().unwrap().to_owned(),
        sha256: sha256(&content),
        bytes: Integer::new(content.len().try_into().unwrap()).unwrap(),
        name,
    };
    (file, content)
}

async fn hand(client: &Client, file: &File) -> Option<Filed> {
    let operation = FILE.parse().unwrap();
    let bus = &client.bus;
    bus.request(Component::Uplink, &operation, file, SOON)
        .await
        .ok()
}

// uplink-7.1, uplink-7.3, uplink-7.4, uplink-7.5
#[tokio::test]
async fn a_file_outlives_the_death_of_uplink_at_every_point_of_its_way() {
    let plan = Plan {
        rooms: 1,
        only: &["broker", "s3", "uplink"],
    };
    for seed in seeds(1, 5) {
        let mut chance = Chance::of(seed);
        let (hotel, points) = Hotel::up_armed(plan, &[UPLINK]);
        let client = hotel.client("replica-sync").await;
        let mut wanted = BTreeMap::new();
        for _ in 0..rounds(1, 3) {
            for point in shuffled(&mut chance, FILES) {
                let number = u32::try_from(wanted.len()).unwrap();
                let (file, content) = offered(&hotel, seed, number);
                let before = pid(&hotel, UPLINK);
                let parts = if point == Point::UplinkPartStored {
                    2
                } else {
                    1
                };
                let at = 1 + chance.below(parts);
                report(format_args!(
                    "HOTEL_SEED={seed}: {} at pass {at}",
                    point.name()
                ));
                points.arm(point, Blow::Kill, at);
                points
                    .struck(point, async || drop(hand(&client, &file).await))
                    .await;
                hotel.recovers(UPLINK, Blow::Kill, before).await;
                // Whoever finds the file where it was hands it over again.
                eventually("the file has left the box", LIMIT, || async {
                    let is_there = fs::exists(&file.path).unwrap();
                    if is_there {
                        hand(&client, &file).await;
                    }
                    (!is_there).then_some(())
                })
                .await;
                wanted.insert(file.name, content);
            }
        }
        let named = |(key, content): (String, Vec<u8>)| {
            let (_, name) = key.rsplit_once('/').unwrap();
            (name.to_owned(), content)
        };
        let stored = hotel.files().await.unwrap().into_iter();
        let stored: BTreeMap<_, _> = stored.map(named).collect();
        assert!(stored == wanted, "{:?}", stored.keys().collect::<Vec<_>>());
        assert_eq!(hotel.unfinished_files().await, Some(0));
        report(format_args!("HOTEL_SEED={seed}: {} files", stored.len()));
        client.end().await;
    }
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}
