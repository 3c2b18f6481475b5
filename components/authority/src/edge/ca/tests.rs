use kit::ca::files::{write_open, write_secret};
use kit::clock::Clock;
use kit::identity::CA_FILE;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use wire::Component;

use super::*;

/// A property in a directory, as provisioning leaves it.
pub(crate) struct Estate {
    pub(crate) dir: TempDir,
    pub(crate) ca: PropertyCa,
}

pub(crate) fn realm(property: &str) -> Realm {
    Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: property.parse().unwrap(),
    }
}

impl Estate {
    pub(crate) fn found(property: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::generate();
        write_secret(&dir.path().join(KEY), key.secret_pem().as_bytes()).unwrap();
        let now = calendar(Clock::system().wall());
        let ca = PropertyCa::create(realm(property), key, now).unwrap();
        write_open(&dir.path().join(CERTIFICATE), ca.certificate().as_bytes()).unwrap();
        let record = br#"{"v":1,"server_names":["10.0.0.5"]}"#;
        write_open(&dir.path().join(RECORD), record).unwrap();
        let ledger = br#"{"v":1,"principals":{"authority":"component","console":"component",
            "lock-1":"device","edgectl":"operator"}}"#;
        write_open(&dir.path().join("principals.json"), ledger).unwrap();
        Self { dir, ca }
    }

    pub(crate) fn load(&self) -> Ca {
        let realm = self.ca.realm().clone();
        Ca::load(self.dir.path(), realm, "box-1".parse().unwrap()).unwrap()
    }

    /// An identity of the property whose leaf was issued some days ago.
    pub(crate) fn identity(&self, holder: &Holder, days_ago: i64) -> (TempDir, Identity, Key) {
        let dir = tempfile::tempdir().unwrap();
        let (key, then) = (Key::generate(), now() - time::Duration::days(days_ago));
        let names = ServerNames::parse(["greengrass.local"]).unwrap();
        let leaf = self.ca.issue(holder, &names, &key, then).unwrap();
        let write = |name, text: &str| write_open(&dir.path().join(name), text.as_bytes());
        write(CA_FILE, self.ca.certificate()).unwrap();
        write(CERT_FILE, &leaf).unwrap();
        write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
        let identity = Identity::load(dir.path()).unwrap();
        (dir, identity, key)
    }
}

fn now() -> OffsetDateTime {
    calendar(Clock::system().wall())
}

fn particulars(pem: &str) -> Particulars {
    Particulars::of(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap()
}

// authority-1.1
#[test]
fn a_leaf_says_what_provisioning_says_and_has_the_key_of_the_request() {
    let estate = Estate::found("seaside");
    let ca = estate.load();
    let request = Key::generate().signing_request().unwrap();
    let wall = Clock::system().wall();
    let console = Holder::Component(Component::Console);
    let leaf = particulars(&ca.issue(&console, &request, wall).unwrap());
    assert_eq!(leaf.spiffe, realm("seaside").spiffe(&console));
    let names = [
        "greengrass.local",
        "localhost",
        "127.0.0.1",
        "::1",
        "box-1",
        "10.0.0.5",
    ];
    assert_eq!(leaf.server_names, names);
    let lock = Holder::Device("lock-1".parse().unwrap());
    let leaf = particulars(&ca.issue(&lock, &request, wall).unwrap());
    assert!(leaf.server_names.is_empty());
    ca.issue(&lock, "no request", wall).unwrap_err();
}

// authority-1.6
#[test]
fn a_leaf_carries_the_addresses_of_the_machine_and_knows_them_again() {
    let estate = Estate::found("seaside");
    let ca = estate.load();
    let there: BTreeSet<IpAddr> = ["10.0.0.5", "10.0.0.9", "fd00::9"]
        .map(|address| address.parse().unwrap())
        .into();
    ca.carry(there);
    let request = Key::generate().signing_request().unwrap();
    let wall = Clock::system().wall();
    let console = Holder::Component(Component::Console);
    let leaf = particulars(&ca.issue(&console, &request, wall).unwrap());
    assert_eq!(leaf.server_names, ca.server_names().unwrap().to_strings());
    let tail = &leaf.server_names[5..];
    assert_eq!(tail, ["10.0.0.5", "10.0.0.9", "fd00::9"]);
    // The first is provisioning's.
    let own = ca.own_addresses(&leaf).unwrap();
    assert_eq!(
        own,
        ["10.0.0.9", "fd00::9"].map(|own| own.parse::<IpAddr>().unwrap())
    );
}

// authority-1.2
#[test]
fn the_authority_renews_its_own_lapsed_leaf_and_keeps_its_key() {
    let estate = Estate::found("seaside");
    let holder = Holder::Component(Component::Authority);
    let (dir, old, key) = estate.identity(&holder, 200);
    let wall = Clock::system().wall();
    assert!(old.not_after < wall);
    let new = estate.load().renew(&holder, dir.path(), wall).unwrap();
    assert!(new.not_after > wall);
    assert_eq!(new.sign(b"x").0.len(), key.sign(b"x").0.len());
    assert_eq!(Identity::load(dir.path()).unwrap().chain, new.chain);
}

#[test]
fn a_property_without_its_record_or_with_anothers_key_is_refused() {
    let estate = Estate::found("seaside");
    let load = || {
        let realm = estate.ca.realm().clone();
        Ca::load(estate.dir.path(), realm, "box-1".parse().unwrap())
    };
    let record = estate.dir.path().join(RECORD);
    fs::remove_file(&record).unwrap();
    assert!(matches!(load(), Err(IssueError::Read { path, .. }) if path == record));
    let other = Key::generate().secret_pem();
    write_secret(&estate.dir.path().join(KEY), other.as_bytes()).unwrap();
    assert!(matches!(load(), Err(IssueError::Authority(_))));
}
