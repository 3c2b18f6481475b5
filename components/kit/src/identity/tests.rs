use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use time::Duration;
use wire::Component;

use super::follow::Follower;
use super::*;
use crate::ca::files::{write_open, write_secret};
use crate::ca::specimen::{component, device, hotel, today, write_identity};
use crate::ca::{Key, ServerNames};
use crate::error::Chain;

fn word() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,40}"
}

fn kind() -> impl Strategy<Value = PrincipalKind> {
    prop::sample::select(PrincipalKind::ALL)
}

proptest! {
    #[test]
    fn a_spiffe_id_survives_its_text(
        domain in "[a-z0-9._-]{1,60}", tenant in word(), property in word(), role in kind(), id in word(),
    ) {
        let spiffe = SpiffeId {
            trust_domain: domain.parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            property: property.parse().unwrap(),
            role,
            id: id.parse().unwrap(),
        };
        prop_assert_eq!(spiffe.to_string().parse::<SpiffeId>().unwrap(), spiffe);
    }

    #[test]
    fn a_text_that_is_a_spiffe_id_is_spelled_one_way(text in "spiffe://[a-zA-Z0-9./-]{0,60}") {
        if let Ok(spiffe) = text.parse::<SpiffeId>() {
            prop_assert_eq!(spiffe.to_string(), text);
        }
    }
}

#[test]
fn foreign_uris_are_no_spiffe_ids() {
    for text in [
        "",
        "https://hotel.internal/acme/seaside/device/lock-1",
        "spiffe://hotel.internal/acme/seaside/device",
        "spiffe://hotel.internal/acme/seaside/device/lock-1/",
        "spiffe://hotel.internal/acme/seaside/guest/lock-1",
        "spiffe://hotel.internal/acme/sea side/device/lock-1",
        "spiffe://Hotel.internal/acme/seaside/device/lock-1",
        "spiffe:///acme/seaside/device/lock-1",
    ] {
        assert!(text.parse::<SpiffeId>().is_err(), "{text}");
    }
}

/// A good identity of `uplink`, in a directory of its own.
fn good() -> TempDir {
    let dir = TempDir::new().unwrap();
    write_identity(
        dir.path(),
        &hotel("seaside"),
        &component(Component::Uplink),
        today(),
    );
    dir
}

/// Spoils a good identity and compares what loading it says.
#[track_caller]
fn check(spoil: impl FnOnce(&Path), expected: &str) {
    let dir = good();
    spoil(dir.path());
    let error = Identity::load(dir.path()).unwrap_err();
    let said = Chain(&error)
        .to_string()
        .replace(&format!("{}/", dir.path().display()), "");
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn a_good_identity_says_who_it_is() {
    let identity = Identity::load(good().path()).unwrap();
    let uplink = "spiffe://hotel.internal/acme/seaside/component/uplink";
    assert_eq!(identity.spiffe.to_string(), uplink);
    let broker = identity.spiffe.sibling(Component::Broker);
    assert_eq!(
        broker.to_string(),
        "spiffe://hotel.internal/acme/seaside/component/broker"
    );
}

#[test]
fn an_expired_identity_loads_because_it_may_ask_for_its_renewal() {
    let dir = TempDir::new().unwrap();
    let long_ago = today() - Duration::days(200);
    write_identity(
        dir.path(),
        &hotel("seaside"),
        &component(Component::Uplink),
        long_ago,
    );
    Identity::load(dir.path()).unwrap();
}

#[test]
fn a_missing_file_is_named() {
    check(
        |dir| fs::remove_file(dir.join(CA_FILE)).unwrap(),
        "cannot read ca.pem: No such file",
    );
    check(
        |dir| fs::remove_file(dir.join(CERT_FILE)).unwrap(),
        "cannot read cert.pem: No such",
    );
    check(
        |dir| fs::remove_file(dir.join(KEY_FILE)).unwrap(),
        "cannot read key.pem: No such file",
    );
}

#[test]
fn a_file_that_is_not_pem_is_named() {
    let spoil =
        |file: &'static str| move |dir: &Path| write_secret(&dir.join(file), b"hello").unwrap();
    check(spoil(CA_FILE), "ca.pem holds no certificate in PEM");
    check(spoil(CERT_FILE), "cert.pem holds no certificate in PEM");
    check(spoil(KEY_FILE), "key.pem holds no private key in PEM");
}

#[test]
fn an_endless_file_is_refused() {
    let endless = vec![b'x'; 100_000];
    check(
        |dir| write_open(&dir.join(CERT_FILE), &endless).unwrap(),
        "cert.pem is larger than 65536",
    );
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let expose = |mode| {
        move |dir: &Path| {
            fs::set_permissions(dir.join(KEY_FILE), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    check(
        expose(0o640),
        "key.pem has mode 0640 and may be read by others, must be 0600",
    );
    check(
        expose(0o604),
        "key.pem has mode 0604 and may be read by others, must be 0600",
    );
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    let other = Key::generate().secret_pem();
    check(
        |dir| write_secret(&dir.join(KEY_FILE), other.as_bytes()).unwrap(),
        "key.pem does not hold the key of the certificate beside it",
    );
}

#[test]
fn a_leaf_of_another_ca_of_the_same_name_is_refused() {
    let other = hotel("seaside");
    check(
        |dir| write_open(&dir.join(CA_FILE), other.certificate().as_bytes()).unwrap(),
        "cert.pem was not issued by the CA beside it",
    );
}

#[test]
fn a_certificate_without_a_spiffe_id_is_refused() {
    let leaf = odd_leaf("uplink", &[]);
    check(
        |dir| write_open(&dir.join(CERT_FILE), &leaf).unwrap(),
        "cert.pem holds no identity of a property: certificate carries no SPIFFE id",
    );
}

/// A leaf as no CA of ours makes it: CN and URIs freely chosen.
fn odd_leaf(common_name: &str, uris: &[&str]) -> Vec<u8> {
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, common_name);
    let san = |uri: &&str| rcgen::SanType::URI((*uri).try_into().unwrap());
    params.subject_alt_names = uris.iter().map(san).collect();
    params.self_signed(&pair).unwrap().pem().into_bytes()
}

#[test]
fn a_common_name_that_is_not_the_principal_is_refused() {
    let leaf = odd_leaf(
        "iot-gateway",
        &["spiffe://hotel.internal/acme/seaside/component/uplink"],
    );
    check(
        |dir| write_open(&dir.join(CERT_FILE), &leaf).unwrap(),
        "cert.pem holds no identity of a property: common name \"iot-gateway\" is not the \
         principal uplink of the SPIFFE id",
    );
}

#[test]
fn two_spiffe_ids_are_refused() {
    let leaf = odd_leaf(
        "uplink",
        &[
            "spiffe://hotel.internal/acme/seaside/component/uplink",
            "spiffe://hotel.internal/acme/seaside/component/broker",
        ],
    );
    check(
        |dir| write_open(&dir.join(CERT_FILE), &leaf).unwrap(),
        "cert.pem holds no identity of a property: certificate carries more than one URI",
    );
}

#[test]
fn an_identity_prints_no_key() {
    let dir = good();
    let printed = format!("{:?}", Identity::load(dir.path()).unwrap());
    assert!(
        printed.contains("uplink") && !printed.to_lowercase().contains("key"),
        "{printed}"
    );
}

#[test]
fn a_renewed_identity_is_taken_up_once() {
    let (dir, ca, uplink) = (
        TempDir::new().unwrap(),
        hotel("seaside"),
        component(Component::Uplink),
    );
    write_identity(dir.path(), &ca, &uplink, today());
    let first = Identity::load(dir.path()).unwrap();
    let mut follower = Follower::new(dir.path().to_owned());
    assert!(follower.look(&first).is_none());

    write_identity(dir.path(), &ca, &uplink, today() + Duration::days(1));
    let second = follower.look(&first).unwrap();
    assert!(second.not_after > first.not_after);
    assert!(follower.look(&second).is_none());
}

// bus-4.7
#[test]
fn a_half_written_identity_keeps_the_last_good_one() {
    let (dir, ca) = (TempDir::new().unwrap(), hotel("seaside"));
    write_identity(dir.path(), &ca, &device("lock-1"), today());
    let first = Identity::load(dir.path()).unwrap();
    let mut follower = Follower::new(dir.path().to_owned());

    let key = Key::generate();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    assert!(follower.look(&first).is_none());
    fs::remove_file(dir.path().join(CERT_FILE)).unwrap();
    assert!(follower.look(&first).is_none());
    let leaf = ca
        .issue(&device("lock-1"), &ServerNames::default(), &key, today())
        .unwrap();
    let half = &leaf.as_bytes()[..leaf.len() / 2];
    fs::write(dir.path().join(CERT_FILE), half).unwrap();
    assert!(follower.look(&first).is_none());
    fs::write(dir.path().join(CERT_FILE), leaf).unwrap();
    assert!(follower.look(&first).is_some());
}
