//! A box is stolen with its property's CA. The hotel gets a new box with a new CA, and the devices in
//! the house, which nobody visits, come over by the chain root's notice; a thief with the old CA does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotel_tests::devices::Devices;
use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::leaves::today;
use hotel_tests::outsider::{Outsider, Papers};
use hotel_tests::runbook::{Desk, Runbook};
use hotel_tests::{Hotel, Plan, eventually};
use kit::ca::files::{write_open, write_secret};
use kit::ca::{ChainRoot, Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::error::Chain;
use kit::identity::{
    CA_FILE, CERT_FILE, Door, Holder, Identity, KEY_FILE, ROOT_FILE, accept, come_over, load_device,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use wire::replacement::CA_REPLACEMENT_EVENT;
use wire::{Component, Filter, Word};

const PARTS: &[&str] = &["broker", "authority", "iot-gateway"];
/// Its notice is another root's, and so nobody's.
const STUBBORN: &str = "room-102-window";
/// The thief has this key, because it was made at the box.
const MADE_AT_THE_BOX: &str = "room-102-occupancy";
/// Every other device of the two rooms.
const OTHERS: u32 = 6;

/// The house, and what is kept elsewhere.
struct House {
    hotel: Hotel,
    /// What each device has in it.
    homes: TempDir,
    /// What the thief has.
    stolen: TempDir,
    desk: Desk,
    book: Runbook,
}

impl House {
    async fn up() -> Self {
        let hotel = Hotel::up(Plan {
            rooms: 2,
            only: PARTS,
        });
        ready(&hotel).await;
        let homes = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(hotel.dir().join("identity")).unwrap() {
            let (name, from) = entry
                .map(|entry| (entry.file_name(), entry.path()))
                .unwrap();
            let name = name.to_str().unwrap();
            if !name.starts_with("room-") {
                continue;
            }
            copy(&from, &homes.path().join(name));
            // As if each had made its key itself and sent a request, but for one.
            if name != MADE_AT_THE_BOX {
                fs::remove_file(from.join(KEY_FILE)).unwrap();
            }
        }
        let mut desk = Desk::beside(&hotel);
        desk.word("ROSTER", desk.path("roster.json"));
        Self {
            hotel,
            homes,
            stolen: tempfile::tempdir().unwrap(),
            desk,
            book: Runbook::read("new-authority.md"),
        }
    }

    fn home(&self, device: &str) -> PathBuf {
        self.homes.path().join(device)
    }

    fn devices(&self) -> Devices {
        let homes = self.homes.path().to_str().unwrap();
        let pace = ["--interval-ms", "500"];
        let arguments = [&pace[..], &["--identities", homes]].concat();
        self.hotel.devices(&arguments)
    }

    /// The old authority, as the thief has it.
    fn old_authority(&self) -> PropertyCa {
        let read = |name: &str| {
            fs::read_to_string(self.stolen.path().join("property").join(name)).unwrap()
        };
        PropertyCa::load(realm(), &read("ca.pem"), &read("ca.key")).unwrap()
    }

    fn new_authority(&self) -> CertificateDer<'static> {
        certificate(&self.hotel.places.property_dir.join(CA_FILE))
    }

    /// The box is gone with everything on it, and another one stands in its place, whose authority the
    /// same chain root vouches for.
    async fn is_robbed(&self) {
        let dir = self.hotel.dir();
        self.hotel.edgectl(&["local", "down"]);
        for (name, from) in [("root.pem", "root.pem"), ("root.key", "root.key")] {
            fs::copy(dir.join("property/chain").join(from), self.desk.path(name)).unwrap();
        }
        for name in ["property", "identity"] {
            fs::rename(dir.join(name), self.stolen.path().join(name)).unwrap();
        }
        fs::remove_dir_all(dir.join("data")).unwrap();
        fs::remove_file(dir.join("hotel.json")).unwrap();
        let output = Command::new(artifacts().join("edgectl"))
            .args(["property", "create", "--tenant", "local"])
            .args(["--property", "local-hotel", "--box", "local-box"])
            .arg("--chain-root-cert")
            .arg(self.desk.path("root.pem"))
            .arg("--chain-root-key")
            .arg(self.desk.path("root.key"))
            .arg("--dir")
            .arg(dir)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        self.hotel.up_again(Plan {
            rooms: 1,
            only: PARTS,
        });
        ready(&self.hotel).await;
        fs::copy(
            dir.join("property/chain/registration.json"),
            self.desk.path("registration.json"),
        )
        .unwrap();
    }

    /// A notice of the new authority by somebody who is not the chain root, where devices ask for it.
    fn forge(&self) {
        let root = ChainRoot::create(Key::generate(), today()).unwrap();
        let notice = root.announce(&realm(), &self.new_authority(), 1.into(), 0.into());
        let notice = wire::encode(&notice.unwrap());
        let file = self.hotel.places.property_dir.join("ca-replacement.json");
        write_open(&file, &notice).unwrap();
    }

    fn door(&self) -> Door {
        Door::at(self.hotel.listener("authority", "tls_listener"))
    }

    fn online(&self) -> Option<u32> {
        self.hotel.status()?.devices.online
    }
}

async fn ready(hotel: &Hotel) {
    hotel.ready(PARTS, LIMIT).await;
}

fn realm() -> kit::identity::Realm {
    kit::identity::Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "local".parse().unwrap(),
        property: "local-hotel".parse().unwrap(),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

// authority-9.2, authority-9.6, authority-9.7, provisioning-8.1
#[tokio::test]
async fn devices_come_over_to_the_box_that_replaces_a_stolen_one_and_forgeries_move_nobody() {
    let mut house = House::up().await;
    let other = ChainRoot::create(Key::generate(), today()).unwrap();
    let pinned = house.home(STUBBORN).join(ROOT_FILE);
    write_open(&pinned, other.certificate().as_bytes()).unwrap();
    let devices = house.devices();
    house.hotel.heard(8).await;
    let told = house.desk.follows(&mut house.book, "roster");
    assert!(told.contains("8 devices, 8 of them"), "{told}");

    house.is_robbed().await;
    house.forge();
    let refused = |log: &str| log.matches("another chain root").count();
    eventually("the forged notice is refused", LIMIT * 5, || async {
        let log = fs::read_to_string(&devices.log).ok()?;
        (refused(&log) >= 3).then_some(())
    })
    .await;
    assert_eq!(house.online().unwrap_or_default(), 0);
    let old = house.old_authority();
    let old = CertificateDer::from_pem_slice(old.certificate().as_bytes()).unwrap();
    for home in fs::read_dir(house.homes.path()).unwrap() {
        let present = load_device(&home.unwrap().path()).unwrap();
        assert_eq!(present.anchor, std::slice::from_ref(&old));
    }

    house.desk.follows(&mut house.book, "announce");
    let adopted = house.desk.follows(&mut house.book, "adopt");
    assert!(adopted.contains("7 devices may come over"), "{adopted}");
    assert!(adopted.contains(MADE_AT_THE_BOX), "{adopted}");
    house.book.is_done();
    eventually("the devices are there again", LIMIT * 5, || async {
        (house.online()? == OTHERS).then_some(())
    })
    .await;
    house.hotel.heard(20).await;
    eventually(
        "the last of them believes the notice",
        LIMIT * 5,
        || async {
            let present = load_device(&house.home(MADE_AT_THE_BOX)).ok()?;
            (present.anchor == [house.new_authority()]).then_some(())
        },
    )
    .await;

    // Each has the new authority's leaf for the key that it always had.
    for home in fs::read_dir(house.homes.path()).unwrap() {
        let (name, home) = home.map(|home| (home.file_name(), home.path())).unwrap();
        let key = fs::read(home.join(KEY_FILE)).unwrap();
        if name == MADE_AT_THE_BOX {
            // It believes the notice, but its key is the thief's as well.
            assert_eq!(certificate(&home.join(CA_FILE)), old);
            continue;
        }
        let present = Identity::load(&home).unwrap();
        let with = if name == STUBBORN {
            old.clone()
        } else {
            house.new_authority()
        };
        assert_eq!(present.anchor, [with], "{name:?}");
        let stolen = house.stolen.path().join("identity").join(&name);
        assert!(
            !stolen.join(KEY_FILE).exists(),
            "the thief has no key but one"
        );
        assert!(!key.is_empty());
    }
    the_notice_is_on_the_bus(&house).await;
    the_thief_gets_nothing(&house).await;
    devices.stop();
}

/// Whoever connects hears it, so that a device never takes an older one.
async fn the_notice_is_on_the_bus(house: &House) {
    let operator = house.hotel.client("edgectl").await;
    let event: Word = CA_REPLACEMENT_EVENT.parse().unwrap();
    let property = &house.hotel.places.property;
    let filter = Filter::events(property, Some(Component::Authority), Some(&event));
    let mut notices = operator.bus.subscribe([filter]).await;
    let heard = tokio::time::timeout(LIMIT, notices.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(heard.retained);
    let asked = house.door().notice().await.unwrap().unwrap();
    assert_eq!(heard.body, asked);
    heard.acknowledge();
    operator.end().await;
}

/// Whoever has the disk of the old box: its authority's key, and a device's.
async fn the_thief_gets_nothing(house: &House) {
    let old = house.old_authority();
    let lair = tempfile::tempdir().unwrap();
    let (names, lock) = (ServerNames::default(), "room-102-lock");
    let holder = Holder::Device(lock.parse().unwrap());
    let key = Key::generate();
    let leaf = old.issue(&holder, &names, &key, today()).unwrap();
    let file = |name: &str| lair.path().join(name);
    write_open(&file(CA_FILE), old.certificate().as_bytes()).unwrap();
    write_open(&file(CERT_FILE), leaf.as_bytes()).unwrap();
    write_secret(&file(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    fs::copy(house.desk.path("root.pem"), file(ROOT_FILE)).unwrap();
    check_left_out(house, lair.path(), lock).await;

    let found = house.stolen.path().join("identity").join(MADE_AT_THE_BOX);
    assert!(found.join(KEY_FILE).exists());
    check_left_out(house, &found, MADE_AT_THE_BOX).await;

    // With the leaf of the old gateway, or of an operator, nobody gets onto the bus either.
    for principal in ["iot-gateway", "edgectl", "authority"] {
        let papers = Papers::of(
            &house.stolen.path().join("identity").join(principal),
            principal,
        );
        let refused = Outsider::knock(&house.hotel, &papers).await;
        assert!(refused.is_err(), "{principal}");
    }
}

/// Asks as a device does with these files, and gets no leaf.
async fn check_left_out(house: &House, dir: &Path, name: &str) {
    let notice = house.door().notice().await.unwrap().unwrap();
    accept(dir, &notice).unwrap();
    let refused = come_over(dir, &house.door(), &Clock::system()).await;
    let error = Chain(&refused.unwrap_err()).to_string();
    assert!(error.contains("its key is not known"), "{name}: {error}");
    let papers = Papers::of(dir, name);
    assert!(
        Outsider::knock(&house.hotel, &papers).await.is_err(),
        "{name}"
    );
}

// authority-9.1
#[test]
fn a_device_in_another_language_takes_and_refuses_the_same_notices() {
    let output = Command::new(Hotel::python())
        .arg(repository().join("tests/python/notice.py"))
        .arg(repository().join("components/kit/vectors/ca-replacement.json"))
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(told, "1 notice taken, 4 refused\n");
}
