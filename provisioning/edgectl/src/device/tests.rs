use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use clap::Parser;
use kit::ca::Key;
use kit::ca::files::{write_open, write_secret};
use kit::identity::{Identity, PrincipalKind};
use tempfile::TempDir;
use time::macros::datetime;
use wire::Principal;
use wire::registry::{Onboarding, Registry};

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
        other => panic!("asked to add: {other:?}"),
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
        "--rooms 2 --csr request.pem",
        "lock-1 --kind lock --bundle out",
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

/// Adds a thermostat that made its own key; with what it is given.
fn onboarded(property: &mut Property, request: &str) -> Result<Onboarding, DeviceError> {
    register(property, asked("pool-1 --kind thermostat").unwrap())?;
    let at = |host: &str, port| Address {
        host: host.to_owned(),
        port,
    };
    let addresses = Addresses {
        broker: at("10.0.0.2", 8883),
        authority: at("10.0.0.2", 8444),
    };
    let device = "pool-1".parse().unwrap();
    Ok(onboarding::onboard(
        property, device, request, &addresses, NOW,
    )?)
}

// provisioning-9.1
#[test]
fn a_device_that_made_its_own_key_gets_a_leaf_for_it_and_no_other_key_is_made() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let key = Key::generate();
    let onboarding = onboarded(&mut property, &key.signing_request().unwrap()).unwrap();
    let identity = TempDir::new().unwrap();
    let pem = |octets: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(octets);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    let file = |name: &str| identity.path().join(name);
    write_open(&file("ca.pem"), pem(onboarding.ca.as_slice()).as_bytes()).unwrap();
    write_open(
        &file("cert.pem"),
        pem(onboarding.certificate.as_slice()).as_bytes(),
    )
    .unwrap();
    write_secret(&file("key.pem"), key.secret_pem().as_bytes()).unwrap();
    let identity = Identity::load(identity.path()).unwrap();
    assert_eq!(identity.spiffe.id.as_str(), "pool-1");

    let pool = asked("pool-1 --kind thermostat").unwrap();
    for renewal in [Renewal::WhenDue, Renewal::Now] {
        let error = add(&mut property, pool.clone(), renewal, NOW).unwrap_err();
        let expected = "pool-1 keeps its own key: name its signing request by --csr";
        assert_eq!(error.to_string(), expected);
    }
    let kept = property.layout().identity(&"pool-1".parse().unwrap());
    assert!(!kept.join("key.pem").exists());
    onboarded(&mut property, &key.signing_request().unwrap()).unwrap();
}

// provisioning-9.1
#[test]
fn a_device_whose_key_was_made_here_gets_no_leaf_for_another() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let pool = asked("pool-1 --kind thermostat").unwrap();
    add(&mut property, pool, Renewal::WhenDue, NOW).unwrap();
    let request = Key::generate().signing_request().unwrap();
    let error = onboarded(&mut property, &request).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key of pool-1 was made here: no other is signed"
    );
    let error = onboarded(&mut property, "hello").unwrap_err();
    assert!(error.to_string().contains("pool-1"), "{error}");
}

// provisioning-9.2
#[test]
fn what_a_device_needs_fits_a_qr_code_that_says_the_same() {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    let request = Key::generate().signing_request().unwrap();
    let onboarding = onboarded(&mut property, &request).unwrap();
    let [text, picture] = onboarding::write(&dir.path().join("out"), &onboarding).unwrap();
    let text = fs::read(text).unwrap();
    assert_eq!(wire::decode::<Onboarding>(&text).unwrap(), onboarding);

    let file = std::io::BufReader::new(fs::File::open(picture).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let side = reader.next_frame(&mut dots).unwrap().width as usize;
    let code = qrcode::QrCode::with_error_correction_level(&text, qrcode::EcLevel::L).unwrap();
    assert_eq!(side, (code.width() + 8) * 6);
    for (place, module) in code.to_colors().into_iter().enumerate() {
        let (x, y) = (place % code.width() + 4, place / code.width() + 4);
        let dot = dots[(y * 6 + 3) * side + x * 6 + 3];
        assert_eq!(dot == 0, module == qrcode::Color::Dark, "module {x} {y}");
    }
}
