use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration as Wait;

use kit::ca::{ChainRoot, Key, Registration};
use kit::identity::{CERT_FILE, Identity, KEY_FILE, Realm};
use tempfile::TempDir;
use time::Duration;
use time::macros::datetime;

use super::*;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

pub(crate) fn founding() -> Founding {
    Founding {
        realm: Realm {
            trust_domain: "hotel.internal".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
        },
        box_id: "box-1".parse().unwrap(),
        server_names: vec!["10.0.0.7".to_owned()],
        vouching: Vouching::Throwaway,
    }
}

/// A new property in a directory of its own.
fn seaside() -> (TempDir, Property) {
    let dir = TempDir::new().unwrap();
    let (property, change) = Property::found(dir.path(), founding(), NOW).unwrap();
    assert_eq!(change, Change::Made);
    (dir, property)
}

fn uplink() -> Holder {
    Holder::Component(Component::Uplink)
}

/// Every file below a directory with its content.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_property_created_twice_is_created_once() {
    let (dir, property) = seaside();
    drop(property);
    let before = content(dir.path());
    let (_property, change) = Property::found(dir.path(), founding(), NOW).unwrap();
    assert_eq!(change, Change::None);
    assert_eq!(content(dir.path()), before);
}

/// Creates another property in the place of one and compares the refusal.
#[track_caller]
fn check_conflict(change: impl FnOnce(&mut Founding), expected: &str) {
    let (dir, property) = seaside();
    drop(property);
    let mut other = founding();
    change(&mut other);
    let error = Property::found(dir.path(), other, NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the property exists with {expected}")
    );
}

#[test]
fn another_property_in_the_same_place_is_refused_by_field() {
    check_conflict(
        |other| other.realm.tenant = "rival".parse().unwrap(),
        "tenant \"acme\", not \"rival\"",
    );
    check_conflict(
        |other| other.realm.property = "hillside".parse().unwrap(),
        "property \"seaside\", not \"hillside\"",
    );
    check_conflict(
        |other| other.realm.trust_domain = "example.org".parse().unwrap(),
        "trust-domain \"hotel.internal\", not \"example.org\"",
    );
    check_conflict(
        |other| other.box_id = "box-2".parse().unwrap(),
        "box \"box-1\", not \"box-2\"",
    );
    check_conflict(
        |other| other.server_names.clear(),
        "server-name \"10.0.0.7\", not \"\"",
    );
}

#[test]
fn a_creation_cut_short_is_completed_with_the_same_key() {
    let (dir, property) = seaside();
    let public = property.ca.public_sha256();
    fs::remove_file(property.layout.record()).unwrap();
    fs::remove_file(property.layout.registration()).unwrap();
    fs::remove_file(property.layout.devices()).unwrap();
    drop(property);
    let (property, change) = Property::found(dir.path(), founding(), NOW).unwrap();
    assert_eq!(
        (change, property.ca.public_sha256()),
        (Change::Made, public)
    );
}

#[test]
fn a_directory_without_a_property_is_named() {
    let dir = TempDir::new().unwrap();
    let error = Property::open(dir.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("there is no property in {}", dir.path().display())));
}

#[test]
fn secrets_are_for_their_owner_alone() {
    let (dir, mut property) = seaside();
    property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    for path in content(dir.path()).into_keys() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let name = path.file_name().unwrap().to_str().unwrap();
        let secret = name.contains("key") || name == "lock";
        assert_eq!(mode, if secret { 0o600 } else { 0o644 }, "{name}");
    }
}

#[test]
fn the_registration_is_of_the_property_and_its_chain_root() {
    let (_dir, property) = seaside();
    let record = fs::read(property.layout.registration()).unwrap();
    let record = Registration::parse(&record).unwrap();
    assert_eq!(record.realm(), founding().realm);
    assert_eq!(record.ca_sha256, property.ca.public_sha256());
}

#[test]
fn a_given_chain_root_vouches_and_its_key_is_not_kept() {
    let elsewhere = TempDir::new().unwrap();
    let key = Key::generate();
    let secret = key.secret_pem();
    let root = ChainRoot::create(key, NOW).unwrap();
    let files = ChainRootFiles {
        certificate: elsewhere.path().join("root.pem"),
        key: elsewhere.path().join("root.key"),
    };
    fs::write(&files.certificate, root.certificate()).unwrap();
    fs::write(&files.key, &secret).unwrap();
    let with_root = || Founding {
        vouching: Vouching::Now(files.clone()),
        ..founding()
    };

    let dir = TempDir::new().unwrap();
    drop(Property::found(dir.path(), with_root(), NOW).unwrap());
    assert!(
        content(dir.path())
            .values()
            .all(|file| *file != secret.as_bytes())
    );
    let (property, change) = Property::found(dir.path(), with_root(), NOW).unwrap();
    assert_eq!(change, Change::None);
    drop(property);

    let other = ChainRoot::create(Key::generate(), NOW).unwrap();
    fs::write(&files.certificate, other.certificate()).unwrap();
    let error = Property::found(dir.path(), with_root(), NOW).unwrap_err();
    assert!(
        matches!(
            error,
            PropertyError::Conflict {
                field: "chain-root-cert",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_leaf_is_kept_until_two_thirds_of_its_life() {
    let (_dir, mut property) = seaside();
    let mut issue = |days| {
        let leaf = property.issue(&uplink(), Renewal::WhenDue, NOW + Duration::days(days));
        matches!(leaf.unwrap(), Leaf::Issued(_))
    };
    assert_eq!(
        [0, 0, 59, 60, 61, 90].map(&mut issue),
        [true, false, false, true, false, false]
    );
}

#[test]
fn a_renewed_leaf_keeps_its_key() {
    let (_dir, mut property) = seaside();
    let dir = property.layout.identity(&Component::Uplink.into());
    property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    let read = |file| fs::read(dir.join(file)).unwrap();
    let (key, leaf) = (read(KEY_FILE), read(CERT_FILE));
    let renewed = property.issue(&uplink(), Renewal::Now, NOW).unwrap();
    assert!(matches!(renewed, Leaf::Issued(_)));
    assert_eq!(read(KEY_FILE), key);
    assert_ne!(read(CERT_FILE), leaf);
}

#[test]
fn on_a_box_a_component_gets_its_leaf_where_it_reads_it() {
    let (dir, mut property) = seaside();
    let own = dir.path().join("uplink/identity");
    fs::create_dir_all(&own).unwrap();
    property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    let elsewhere = property.layout.identity(&Component::Uplink.into());
    assert!(!elsewhere.exists());
    let before = Identity::load(&own).unwrap();
    property.issue(&uplink(), Renewal::Now, NOW).unwrap();
    let after = Identity::load(&own).unwrap();
    assert_ne!(before.chain, after.chain);
}

/// Damages an issued identity and sees it mended.
#[track_caller]
fn check_mended(damage: impl FnOnce(&Path)) {
    let (_dir, mut property) = seaside();
    let dir = property.layout.identity(&Component::Uplink.into());
    property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    damage(&dir);
    let leaf = property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    assert!(matches!(leaf, Leaf::Issued(_)));
    Identity::load(&dir).unwrap();
}

#[test]
fn a_damaged_identity_is_mended() {
    check_mended(|dir| fs::remove_file(dir.join(CERT_FILE)).unwrap());
    check_mended(|dir| fs::remove_file(dir.join(KEY_FILE)).unwrap());
    check_mended(|dir| fs::write(dir.join(KEY_FILE), "hello").unwrap());
    check_mended(|dir| {
        fs::set_permissions(dir.join(KEY_FILE), fs::Permissions::from_mode(0o644)).unwrap();
    });
}

#[test]
fn a_component_serves_under_the_names_of_its_box() {
    let (_dir, mut property) = seaside();
    property.issue(&uplink(), Renewal::WhenDue, NOW).unwrap();
    let dir = property.layout.identity(&Component::Uplink.into());
    let leaf = &Identity::load(&dir).unwrap().chain[0];
    let names = kit::identity::Particulars::of(leaf).unwrap().server_names;
    let expected = [
        "greengrass.local",
        "localhost",
        "127.0.0.1",
        "::1",
        "box-1",
        "10.0.0.7",
    ];
    assert_eq!(names, expected);
}

/// Gives away ids one after the other and compares the refusal of the last.
#[track_caller]
fn check_taken(holders: &[Holder], expected: &str) {
    let (_dir, mut property) = seaside();
    let (last, first) = holders.split_last().unwrap();
    property.give_away(first).unwrap();
    let error = property.give_away(std::slice::from_ref(last)).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_id_is_never_given_to_somebody_else() {
    let lock = || Holder::Device("lock-1".parse().unwrap());
    check_taken(
        &[lock(), Holder::Operator("lock-1".parse().unwrap())],
        "id lock-1 is set aside for kind device and cannot be given to kind operator",
    );
    check_taken(
        &[Holder::Device("uplink".parse().unwrap())],
        "id uplink is set aside for kind component and cannot be given to kind device",
    );
    check_taken(
        &[Holder::Peer("edgectl".parse().unwrap())],
        "id edgectl is set aside for kind operator and cannot be given to kind peer",
    );
}

#[test]
fn the_policy_knows_operators_devices_and_components() {
    let (_dir, mut property) = seaside();
    let alice = Holder::Operator("alice".parse().unwrap());
    property.issue(&alice, Renewal::WhenDue, NOW).unwrap();
    let policy = property.policy();
    let knows = |id: &str| policy.principals().any(|known| known.as_str() == id);
    assert!(knows("alice") && knows("uplink") && knows("iot-gateway"));
    assert!(!knows("broker") && !knows("lock-1"));
}

#[test]
fn the_boxs_own_copies_follow_the_directory_and_nothing_is_made_where_there_are_none() {
    let (dir, mut property) = seaside();
    let lock = |number: u8| Holder::Device(format!("lock-{number}").parse().unwrap());
    property.give_away(&[lock(1)]).unwrap();
    assert!(!dir.path().join("authority").exists());

    let copy = dir.path().join("authority/ca/principals.json");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::write(&copy, "{}").unwrap();
    // Interrupted between the two files: the next run completes it.
    property.give_away(&[lock(1)]).unwrap();
    let original = dir.path().join("property/principals.json");
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&original).unwrap());
    property.give_away(&[lock(2)]).unwrap();
    assert!(fs::read_to_string(&copy).unwrap().contains("lock-2"));
}

#[test]
fn runs_at_the_same_time_take_turns() {
    let (dir, property) = seaside();
    let (entered, enters) = mpsc::channel();
    let place = dir.path().to_owned();
    let other = thread::spawn(move || {
        let property = Property::open(&place).unwrap();
        entered.send(()).unwrap();
        drop(property);
    });
    assert!(enters.recv_timeout(Wait::from_millis(100)).is_err());
    drop(property);
    enters.recv_timeout(Wait::from_secs(10)).unwrap();
    other.join().unwrap();
}
