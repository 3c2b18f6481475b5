//! A box that takes one release after the other, on real parts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use hotel_tests::disk::SmallDisk;
use hotel_tests::hotel::{LIMIT, artifacts};
use hotel_tests::releases::{Workshop, told};
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::Clock;
use kit::journal::Journal;
use kit::lifecycle::Tasks;
use kit::outbox::{self, Outbox};
use serde_json::{Map, Value};
use wire::Component;
use wire::record::{Record, Stream};

/// Without S3, so that what uplink takes stays on the box.
const PARTS: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker", "uplink"],
};

/// Also packed: whoever hands records over needs a name.
const ALSO: &[&str] = &["--only", "iot-gateway"];

/// Programs of the next release: the same, with another digest.
fn next_programs(workshop: &Workshop) -> PathBuf {
    let programs = workshop.place("next");
    fs::create_dir(&programs).unwrap();
    for entry in fs::read_dir(artifacts()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("uplink") {
            symlink(&path, programs.join(path.file_name().unwrap())).unwrap();
        }
    }
    let mut program = fs::read(artifacts().join("uplink")).unwrap();
    program.extend_from_slice(b"next");
    fs::write(programs.join("uplink"), program).unwrap();
    programs
}

fn install(hotel: &Hotel, workshop: &Workshop, set: &Path) {
    let set = set.to_str().unwrap();
    hotel.edgectl(&["local", "install", "--set", set, "--trust", &workshop.key]);
}

async fn ready(hotel: &Hotel) {
    hotel.ready(&["broker", "uplink"], LIMIT).await;
}

/// Where the uplink that runs was started from.
fn runs_from(hotel: &Hotel) -> String {
    let pid = hotel.part("uplink").unwrap().pid.unwrap();
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    program.to_str().unwrap().to_owned()
}

fn waiting(hotel: &Hotel) -> u64 {
    let stat: Value = serde_json::from_str(&hotel.edgectl(&["uplink", "stat", "--json"])).unwrap();
    let streams = stat["streams"].as_array().unwrap().iter();
    streams
        .map(|stream| stream["waiting_records"].as_u64().unwrap())
        .sum()
}

/// Hands uplink a record, and waits until it is uplink's to keep.
async fn hand_over(hotel: &Hotel) {
    let (gateway, tasks) = (hotel.client("iot-gateway").await, Tasks::new());
    let path = hotel.dir().join("outbox-test/journal.db");
    let journal = Journal::open(&path, &[outbox::MIGRATION, outbox::LETTERS], &tasks)
        .await
        .unwrap();
    let stream = Stream::P2.word();
    let streams = std::slice::from_ref(&stream);
    let clock = Clock::system();
    let outbox = Outbox::start(
        Component::Uplink,
        streams,
        &journal,
        &gateway.bus,
        &clock,
        &tasks,
    )
    .await;
    let record = Record {
        at: 0.into(),
        kind: "telemetry".parse().unwrap(),
        body: Map::new(),
    };
    let kept = stream.clone();
    let work = journal.write(move |connection| {
        Box::pin(async move { outbox::put(connection, [(kept, &record)]).await })
    });
    work.await.unwrap();
    outbox.wake();
    eventually("uplink has the record", LIMIT, || async {
        (outbox.backlog().await.unwrap() == 0).then_some(())
    })
    .await;
    tasks.cancel();
}

// delivery-5.3
#[tokio::test]
async fn a_box_goes_to_the_next_release_and_back_with_its_data() {
    let workshop = Workshop::new();
    let first = workshop.pack("0.1.0", &artifacts(), ALSO);
    let since = [ALSO, &["--since", first.to_str().unwrap()]].concat();
    let second = workshop.pack("0.2.0", &next_programs(&workshop), &since);

    let hotel = Hotel::installed(PARTS, &first, &workshop.key);
    ready(&hotel).await;
    assert!(
        runs_from(&hotel).contains("/uplink/0.1.0/"),
        "{}",
        runs_from(&hotel)
    );
    hand_over(&hotel).await;

    for (set, version) in [(&second, "0.2.0"), (&first, "0.1.0")] {
        let before = runs_from(&hotel);
        install(&hotel, &workshop, set);
        assert_eq!(runs_from(&hotel), before);
        hotel.restart_installed(PARTS);
        ready(&hotel).await;
        let expected = format!("/uplink/{version}/");
        assert!(
            runs_from(&hotel).contains(&expected),
            "{}",
            runs_from(&hotel)
        );
        assert_eq!(waiting(&hotel), 1);
    }
}

// delivery-5.2
#[tokio::test]
async fn a_release_that_was_changed_or_does_not_fit_the_disk_leaves_the_old_one_running() {
    let workshop = Workshop::new();
    let first = workshop.pack("0.1.0", &artifacts(), ALSO);
    let second = workshop.pack("0.2.0", &next_programs(&workshop), ALSO);
    let hotel = Hotel::installed(PARTS, &first, &workshop.key);
    ready(&hotel).await;
    let before = hotel.part("uplink").unwrap().pid;
    let refused = |set: &Path| {
        let set = set.to_str().unwrap();
        let arguments = ["local", "install", "--set", set, "--trust", &workshop.key];
        let refused = hotel.try_edgectl(&arguments);
        assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
        told(&refused)
    };

    let packages = hotel.dir().join("installed/packages/uplink");
    if let Ok(disk) = SmallDisk::over(&packages.join("0.2.0"), 1024 * 1024) {
        let full = refused(&second);
        assert!(full.contains("No space left on device"), "{full}");
        assert!(disk.is_empty(), "what was copied half stays");
    }
    let program = workshop.place("dist/uplink/0.2.0/uplink");
    let mut bytes = fs::read(&program).unwrap();
    bytes[0] ^= 1;
    fs::write(&program, bytes).unwrap();
    let tampered = refused(&second);
    assert!(
        tampered.contains("uplink/0.2.0/uplink was changed"),
        "{tampered}"
    );

    assert_eq!(hotel.part("uplink").unwrap().pid, before);
    hotel.restart_installed(PARTS);
    ready(&hotel).await;
    assert!(
        runs_from(&hotel).contains("/uplink/0.1.0/"),
        "{}",
        runs_from(&hotel)
    );
}
