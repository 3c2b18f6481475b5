use std::collections::BTreeSet;
use std::fs;

use clap::Parser;
use kit::identity::{Identity, PrincipalKind};
use tempfile::TempDir;
use time::macros::datetime;
use wire::Principal;
use wire::registry::Registry;

use super::*;
use crate::property::tests::founding;

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: DeviceCommand,
}

/// The devices that a command line asks for.
fn asked(line: &str) -> Result<Vec<RegisteredDevice>, clap::Error> {
    let line = Line::try_parse_from(
        ["device", "add", "--dir", "d"]
            .into_iter()
            .chain(line.split(' ')),
    );
    line.map(|line| match line.command {
        DeviceCommand::Add(add) => add.devices(),
        DeviceCommand::List(_) => panic!("asked to add"),
    })
}

fn words(known: &RegisteredDevice) -> Vec<&str> {
    known.capabilities.iter().map(Capability::as_str).collect()
}

#[test]
fn a_device_can_what_its_kind_usually_can_unless_told() {
    let usual = asked("lock-1 --kind lock --room 12").unwrap();
    assert_eq!(words(&usual[0]), ["battery", "door", "lock"]);
    let told = asked("lock-1 --kind lock --capability lock --capability tamper").unwrap();
    assert_eq!(words(&told[0]), ["lock", "tamper"]);
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    for line in [
        "lock-1",
        "lock-1 --kind door",
        "Lock-1 --kind lock",
        "--kind lock",
        "lock-1 --kind lock --rooms 3",
        "--rooms 0",
        "--rooms 501",
    ] {
        assert!(asked(line).is_err(), "{line}");
    }
}

#[test]
fn a_simulated_hotel_has_four_devices_a_room_and_no_id_twice() {
    let devices = hotel(ROOMS_MAX);
    let ids: BTreeSet<_> = devices.iter().map(|known| known.device.clone()).collect();
    assert_eq!((devices.len(), ids.len()), (2_000, 2_000));
    let first: Vec<_> = devices
        .iter()
        .take(4)
        .map(|known| known.device.as_str())
        .collect();
    let expected = [
        "room-101-thermostat",
        "room-101-lock",
        "room-101-occupancy",
        "room-101-window",
    ];
    assert_eq!(first, expected);
    assert_eq!(devices[80].device.as_str(), "room-201-thermostat");
}

#[test]
fn devices_added_twice_are_added_once() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let mut add = |rooms| add(&mut property, hotel(rooms), Renewal::WhenDue, NOW).unwrap();
    assert_eq!(
        add(2),
        Added {
            registered: 8,
            issued: 8
        }
    );
    assert_eq!(
        add(2),
        Added {
            registered: 0,
            issued: 0
        }
    );
    assert_eq!(
        add(3),
        Added {
            registered: 4,
            issued: 4
        }
    );

    let lock: Principal = "room-103-lock".parse().unwrap();
    let identity = Identity::load(&property.layout().identity(&lock)).unwrap();
    assert_eq!(
        (identity.spiffe.role, identity.spiffe.id),
        (PrincipalKind::Device, lock)
    );
}

#[test]
fn on_a_box_the_gateway_gets_the_registry() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let file = dir.path().join("iot-gateway/devices.json");
    let shared = || {
        let text = fs::read(&file).unwrap();
        serde_json::from_slice::<Registry>(&text).unwrap()
    };
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, r#"{"v":1,"devices":[]}"#).unwrap();
    add(&mut property, hotel(1), Renewal::WhenDue, NOW).unwrap();
    assert_eq!(&shared(), property.registry());
    // Saying the same again mends a copy that a power cut left behind.
    fs::write(&file, r#"{"v":1,"devices":[]}"#).unwrap();
    add(&mut property, hotel(1), Renewal::WhenDue, NOW).unwrap();
    assert_eq!(&shared(), property.registry());
}

#[test]
fn a_device_with_a_reserved_id_leaves_the_registry_alone() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let wanted = asked("uplink --kind lock").unwrap();
    let error = add(&mut property, wanted, Renewal::WhenDue, NOW).unwrap_err();
    assert!(
        matches!(error, DeviceError::Property(PropertyError::Taken(_))),
        "{error}"
    );
    drop(property);
    assert_eq!(
        Property::open(dir.path()).unwrap().registry(),
        &Registry::default()
    );
}

/// Adds a device to a registry that knows `lock-1` and compares the refusal.
#[track_caller]
fn check_refused(line: &str, expected: &str) {
    let known = asked("lock-1 --kind lock --room 12").unwrap();
    let (registry, _) = enrolment::enrol(&Registry::default(), known).unwrap();
    let error = enrolment::enrol(&registry, asked(line).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_known_device_is_not_made_another() {
    check_refused(
        "lock-1 --kind contact --room 12",
        "device lock-1 exists with kind \"lock\", not \"contact\"",
    );
    check_refused(
        "lock-1 --kind lock --room 13",
        "device lock-1 exists with room \"12\", not \"13\"",
    );
    check_refused(
        "lock-1 --kind lock --room 12 --capability lock",
        "device lock-1 exists with capability \"battery door lock\", not \"lock\"",
    );
}

#[test]
fn a_room_of_more_than_forty_characters_is_refused() {
    let room = "x".repeat(41);
    check_refused(
        &format!("lock-2 --kind lock --room {room}"),
        "room of device lock-2 is not 1 to 40 printable characters",
    );
}
