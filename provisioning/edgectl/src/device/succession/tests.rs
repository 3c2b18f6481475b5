use std::fs;

use kit::ca::{ChainRoot, Key, Whereabouts};
use kit::identity::KEY_FILE;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use wire::DeviceId;

use super::*;
use crate::device::{add, hotel};
use crate::property::tests::founding;
use crate::property::{PropertyError, Renewal};

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

/// A property with the devices of a room, whose thermostat made its own key.
fn seaside() -> (TempDir, Property) {
    let dir = TempDir::new().unwrap();
    let (mut property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    add(&mut property, hotel(1), Renewal::WhenDue, NOW).unwrap();
    let thermostat = property
        .layout()
        .identity(&id("room-101-thermostat").into());
    fs::remove_file(thermostat.join(KEY_FILE)).unwrap();
    (dir, property)
}

fn id(device: &str) -> DeviceId {
    device.parse().unwrap()
}

/// Its next box, which knows nothing yet.
fn new_box() -> (TempDir, Property) {
    let dir = TempDir::new().unwrap();
    let (property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    (dir, property)
}

/// What the chain root of a property says of the authority of one.
fn notice(root: &Property, of: &Property, number: u32) -> SignedCaReplacement {
    let read = |file: std::path::PathBuf| fs::read_to_string(file).unwrap();
    let chain = root.layout().root_certificate();
    let key = read(chain.with_file_name("root.key"));
    let root = ChainRoot::load(&read(chain), &key).unwrap();
    let ca = CertificateDer::from_pem_file(of.layout().ca_certificate()).unwrap();
    let notice = root.announce(&of.record().realm(), &ca, number.into(), 0.into());
    notice.unwrap()
}

// provisioning-10.1
#[test]
fn a_roster_knows_every_key_and_where_it_lies_but_none_of_the_revoked() {
    let (_dir, property) = seaside();
    let revoked = [id("room-101-lock").into()];
    let roster = property.roster(&revoked).unwrap();
    assert_eq!(roster.registry.devices.len(), 4);
    let lies = |device: &str| roster.keys.get(&id(device)).map(|known| known.lies);
    assert_eq!(lies("room-101-thermostat"), Some(Whereabouts::Device));
    assert_eq!(lies("room-101-window"), Some(Whereabouts::Box));
    assert_eq!(lies("room-101-lock"), None);
    let text = serde_json::to_string(&roster).unwrap();
    assert!(!text.contains("PRIVATE"), "{text}");
}

// provisioning-10.2
#[test]
fn only_devices_whose_keys_nobody_else_can_have_come_over() {
    let (_old, old) = seaside();
    let roster = old.roster(&[]).unwrap();
    let (_new, mut new) = new_box();
    let notice = notice(&new, &new, 7);
    new.check_succession(&roster, &notice).unwrap();
    let (taken, left) = new.succeed(&roster, &notice, OldDisk::Exposed).unwrap();
    assert_eq!(taken, [id("room-101-thermostat")]);
    assert_eq!(left.len(), 3);
    let (taken, left) = new.succeed(&roster, &notice, OldDisk::Safe).unwrap();
    assert_eq!((taken.len(), left.len()), (4, 0));
    assert_eq!(new.ca_number().unwrap(), 7.into());
    // And once more: the roster of the new box knows them all, and both authorities.
    new.give_away(&roster.holders()).unwrap();
    register(&mut new, roster.registry.devices.clone()).unwrap();
    let next = new.roster(&[]).unwrap();
    assert_eq!(next.keys, roster.keys);
}

// provisioning-10.2
#[test]
fn on_a_box_the_authority_has_copies_of_its_own_that_follow() {
    let (_old, old) = seaside();
    let roster = old.roster(&[]).unwrap();
    let (dir, mut new) = new_box();
    let copies = dir.path().join("authority/ca");
    fs::create_dir_all(&copies).unwrap();
    for number in [7, 8] {
        let notice = notice(&new, &new, number);
        new.succeed(&roster, &notice, OldDisk::Exposed).unwrap();
        for name in ["predecessors.json", "ca-replacement.json"] {
            let original = fs::read(new.layout().property_dir().join(name)).unwrap();
            assert_eq!(fs::read(copies.join(name)).unwrap(), original, "{name}");
        }
    }
}

// provisioning-10.2
#[test]
fn a_roster_or_notice_of_another_property_or_authority_is_refused_by_its_field() {
    let (_old, old) = seaside();
    let roster = old.roster(&[]).unwrap();
    let (_new, mut new) = new_box();
    let (_third, third) = new_box();
    let check = |new: &Property, notice: &SignedCaReplacement, expected: &str| {
        let error = new.check_succession(&roster, notice).unwrap_err();
        let error = kit::error::Chain(&error).to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(&new, &notice(&third, &new, 7), "another chain root");
    check(&new, &notice(&new, &third, 7), "not that box's");
    let own = old.check_succession(&roster, &notice(&old, &old, 7));
    assert!(matches!(own, Err(PropertyError::OwnRoster)), "{own:?}");
    let later = notice(&new, &new, 9);
    new.succeed(&roster, &later, OldDisk::Exposed).unwrap();
    check(
        &new,
        &notice(&new, &new, 8),
        "number of the notice \"9\", not \"8\"",
    );
    let text = serde_json::to_string(&roster).unwrap();
    let foreign = text.replace("\"property\":\"seaside\"", "\"property\":\"hilltop\"");
    let foreign: Roster = serde_json::from_str(&foreign).unwrap();
    let error = new.check_succession(&foreign, &later).unwrap_err();
    assert!(
        error.to_string().contains("property \"seaside\""),
        "{error}"
    );
}

// authority-9.8
#[test]
fn a_new_device_carries_the_root_and_the_number_of_the_last_notice() {
    let (_old, old) = seaside();
    let (_new, mut new) = new_box();
    let notice = notice(&new, &new, 7);
    let roster = old.roster(&[]).unwrap();
    new.succeed(&roster, &notice, OldDisk::Exposed).unwrap();
    add(&mut new, hotel(1), Renewal::WhenDue, NOW).unwrap();
    let home = new.layout().identity(&id("room-101-lock").into());
    let root = new.layout().root_certificate();
    let carried = fs::read(home.join(kit::identity::ROOT_FILE)).unwrap();
    assert_eq!(carried, fs::read(root).unwrap());
    let refused = kit::identity::accept(&home, &wire::encode(&notice)).unwrap_err();
    let error = kit::error::Chain(&refused).to_string();
    assert!(
        error.contains("number of the notice is 7, not higher than 7"),
        "{error}"
    );
    let key = Key::generate().signing_request().unwrap();
    let at = crate::device::onboarding::Addresses {
        broker: kit::config::Address {
            host: "b".to_owned(),
            port: 1,
        },
        authority: kit::config::Address {
            host: "a".to_owned(),
            port: 2,
        },
    };
    let device = id("pool");
    let told = crate::device::onboarding::onboard(&mut new, device, &key, &at, NOW).unwrap();
    assert_eq!(told.ca_number, 7.into());
    assert!(told.root.is_some());
}
