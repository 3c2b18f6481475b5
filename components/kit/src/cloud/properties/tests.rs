use time::OffsetDateTime;
use wire::Integer;

use super::*;
use crate::ca::{ChainRoot, Key, PropertyCa};
use crate::clock::Clock;

fn record(property: &str) -> Registration {
    let seconds = Clock::system().wall().value() / 1_000;
    let now = OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
    let realm = Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: property.parse().unwrap(),
    };
    let ca = PropertyCa::create(realm, Key::generate(), now).unwrap();
    let root = ChainRoot::create(Key::generate(), now).unwrap();
    let cross_signed = root.cross_sign(&ca, now).unwrap();
    Registration::new(&ca, cross_signed, Integer::default())
}

fn served(directory: &Path) -> Vec<String> {
    let anchors = read(directory).unwrap();
    anchors
        .keys()
        .map(|realm| realm.property.to_string())
        .collect()
}

// signaling-8.2
#[test]
fn a_hotel_is_served_while_its_record_is_there() {
    let dir = tempfile::tempdir().unwrap();
    assert!(served(dir.path()).is_empty());
    fs::write(dir.path().join("a.json"), wire::encode(&record("seaside"))).unwrap();
    let own = dir.path().join("hilltop");
    fs::create_dir(&own).unwrap();
    fs::write(own.join(RECORD), wire::encode(&record("hilltop"))).unwrap();
    fs::write(dir.path().join("notes.txt"), "no record").unwrap();
    fs::write(dir.path().join("broken.json"), "{").unwrap();
    assert_eq!(served(dir.path()), ["hilltop", "seaside"]);
    fs::remove_file(dir.path().join("a.json")).unwrap();
    assert_eq!(served(dir.path()), ["hilltop"]);
}

// signaling-8.2
#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = read(Path::new("/nowhere")).unwrap_err();
    let text = Chain(&error).to_string();
    assert!(
        text.starts_with("cannot read registration records in /nowhere"),
        "{text}"
    );
}
