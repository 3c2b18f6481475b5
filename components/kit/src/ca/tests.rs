use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{
    CertificateParams, DnType, KeyPair, PublicKeyData, SanType, SignatureAlgorithm, SigningKey,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use wire::Component;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use super::specimen::{component, device, hotel, identity, operator, realm, today};
use super::*;
use crate::identity::{Holder, Particulars};

fn names() -> ServerNames {
    ServerNames::parse(["Greengrass.local", "localhost", "10.0.0.7", "localhost"]).unwrap()
}

fn read<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
    look(&certificate)
}

fn particulars(pem: &str) -> Particulars {
    Particulars::of(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap()
}

/// Issues a leaf and compares whom it names, for what it may be used and where it serves.
#[track_caller]
fn check(holder: &Holder, spiffe: &str, server: bool) {
    let leaf = hotel("seaside")
        .issue(holder, &names(), &Key::generate(), today())
        .unwrap();
    let particulars = particulars(&leaf);
    assert_eq!(particulars.spiffe.to_string(), spiffe);
    let expected: &[&str] = if server {
        &["greengrass.local", "localhost", "10.0.0.7"]
    } else {
        &[]
    };
    assert_eq!(particulars.server_names, expected);
    read(&leaf, |leaf| {
        let usage = leaf.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth);
        assert_eq!(usage.server_auth, server);
        assert!(!leaf.is_ca());
    });
}

#[test]
fn a_component_may_serve_and_everybody_else_only_call() {
    let uplink = component(Component::Uplink);
    check(
        &uplink,
        "spiffe://hotel.internal/acme/seaside/component/uplink",
        true,
    );
    check(
        &device("lock-1"),
        "spiffe://hotel.internal/acme/seaside/device/lock-1",
        false,
    );
    check(
        &operator("alice"),
        "spiffe://hotel.internal/acme/seaside/operator/alice",
        false,
    );
    let peer = Holder::Peer("tablet-1".parse().unwrap());
    check(
        &peer,
        "spiffe://hotel.internal/acme/seaside/peer/tablet-1",
        false,
    );
}

#[test]
fn a_leaf_lives_ninety_days_and_began_yesterday() {
    let now = today();
    let leaf = identity(&hotel("seaside"), &device("lock-1"), now);
    let ms = |moment: time::OffsetDateTime| u64::try_from(moment.unix_timestamp()).unwrap() * 1_000;
    assert_eq!(leaf.not_before.value(), ms(now - Duration::days(1)));
    assert_eq!(leaf.not_after.value(), ms(now + Duration::days(90)));
    assert!(leaf.renewal_at().value() < ms(now + Duration::days(60)));
}

#[test]
fn a_property_ca_signs_itself_and_no_other_ca() {
    let ca = hotel("seaside");
    read(ca.certificate(), |certificate| {
        certificate.verify_signature(None).unwrap();
        let constraints = certificate.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && constraints.value.ca);
        assert_eq!(constraints.value.path_len_constraint, Some(0));
        let usage = certificate.key_usage().unwrap().unwrap().value;
        assert!(usage.key_cert_sign() && usage.crl_sign() && !usage.digital_signature());
    });
}

#[test]
fn a_leaf_and_its_authority_are_linked_by_key_identifiers() {
    let ca = hotel("seaside");
    let leaf = ca
        .issue(&device("lock-1"), &names(), &Key::generate(), today())
        .unwrap();
    let authority = read(&leaf, |leaf| {
        leaf.iter_extensions()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    id.key_identifier.as_ref().map(|id| id.0.to_vec())
                }
                _ => None,
            })
    });
    let subject = read(ca.certificate(), |ca| {
        ca.iter_extensions()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            })
    });
    assert!(subject.is_some());
    assert_eq!(authority, subject);
}

#[test]
fn two_leaves_of_one_key_have_two_serial_numbers() {
    let (ca, key) = (hotel("seaside"), Key::generate());
    let serial = || {
        let leaf = ca
            .issue(&device("lock-1"), &names(), &key, today())
            .unwrap();
        read(&leaf, |leaf| leaf.raw_serial().to_vec())
    };
    assert_ne!(serial(), serial());
}

fn request(pair: &impl SigningKey) -> String {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "authority");
    let uri = "spiffe://hotel.internal/acme/seaside/component/authority";
    params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
    params.serialize_request(pair).unwrap().pem().unwrap()
}

#[test]
fn a_signing_request_decides_nothing_but_the_key() {
    let pair = KeyPair::generate().unwrap();
    let leaf = hotel("seaside")
        .issue_from_csr(&device("lock-1"), &names(), &request(&pair), today())
        .unwrap();
    assert_eq!(particulars(&leaf).spiffe.id.as_str(), "lock-1");
    assert_eq!(particulars(&leaf).server_names, [""; 0]);
    read(&leaf, |leaf| {
        assert_eq!(
            leaf.public_key().subject_public_key.as_ref(),
            pair.public_key_raw()
        );
    });
}

#[track_caller]
fn check_refused(request: &str, error: &str) {
    let refused = hotel("seaside")
        .issue_from_csr(&device("lock-1"), &names(), request, today())
        .unwrap_err();
    assert_eq!(refused.to_string(), error);
}

/// Claims one key and signs with another.
struct Forger {
    claimed: KeyPair,
    own: KeyPair,
}

impl PublicKeyData for Forger {
    fn der_bytes(&self) -> &[u8] {
        self.claimed.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        PublicKeyData::algorithm(&self.claimed)
    }
}

impl SigningKey for Forger {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.own.sign(message)
    }
}

#[test]
fn a_signing_request_with_anothers_key_is_refused() {
    let (claimed, own) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    check_refused(
        &request(&Forger { claimed, own }),
        "signature of the certificate signing request is not of its own key",
    );
}

#[test]
fn a_signing_request_on_another_curve_is_refused() {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    check_refused(
        &request(&pair),
        "key of the certificate signing request is not on P-256",
    );
}

#[test]
fn what_is_no_signing_request_is_refused() {
    check_refused("hello", "not a certificate signing request in PEM");
    check_refused(
        &"x".repeat(20_000),
        "not a certificate signing request in PEM",
    );
}

#[test]
fn an_authority_survives_its_files() {
    let key = Key::generate();
    let pem = key.secret_pem();
    let ca = PropertyCa::create(realm("seaside"), key, today()).unwrap();
    let again = PropertyCa::load(realm("seaside"), ca.certificate(), &pem).unwrap();
    assert_eq!(again.public_sha256(), ca.public_sha256());
    let leaf = again
        .issue(&device("lock-1"), &names(), &Key::generate(), today())
        .unwrap();
    read(ca.certificate(), |ca| {
        read(&leaf, |leaf| {
            leaf.verify_signature(Some(ca.public_key())).unwrap();
        });
    });
}

#[test]
fn an_authority_with_another_key_is_refused() {
    let ca = hotel("seaside");
    let other = Key::generate().secret_pem();
    let refused = PropertyCa::load(realm("seaside"), ca.certificate(), &other).unwrap_err();
    assert!(matches!(refused, CaError::OtherKey));
}

#[test]
fn a_leaf_is_no_authority() {
    let key = Key::generate();
    let leaf = hotel("seaside")
        .issue(&device("lock-1"), &names(), &key, today())
        .unwrap();
    let refused = PropertyCa::load(realm("seaside"), &leaf, &key.secret_pem()).unwrap_err();
    assert!(matches!(refused, CaError::Certificate));
}

#[test]
fn a_property_ca_cannot_stand_in_for_a_chain_root() {
    let key = Key::generate();
    let pem = key.secret_pem();
    let ca = PropertyCa::create(realm("seaside"), key, today()).unwrap();
    assert!(matches!(
        ChainRoot::load(ca.certificate(), &pem),
        Err(CaError::ChainTooShort)
    ));
}

#[test]
fn the_chain_root_vouches_for_the_same_key_and_name() {
    let ca = hotel("seaside");
    let root = ChainRoot::create(Key::generate(), today()).unwrap();
    let cross = root.cross_sign(&ca, today()).unwrap();
    read(&cross, |cross| {
        read(root.certificate(), |root| {
            cross.verify_signature(Some(root.public_key())).unwrap();
        });
        read(ca.certificate(), |ca| {
            assert_eq!(cross.public_key().raw, ca.public_key().raw);
            assert_eq!(cross.subject().as_raw(), ca.subject().as_raw());
        });
        let constraints = cross.basic_constraints().unwrap().unwrap().value;
        assert_eq!(constraints.path_len_constraint, Some(0));
    });
}

#[test]
fn a_cloud_server_is_issued_by_the_chain_root_and_cannot_call_as_anybody() {
    let root = ChainRoot::create(Key::generate(), today()).unwrap();
    let names = ServerNames::parse(["signal.example.com"]).unwrap();
    let leaf = root
        .issue_cloud_server(&names, &Key::generate(), today())
        .unwrap();
    read(&leaf, |leaf| {
        let usage = leaf.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.server_auth && !usage.client_auth);
    });
    let nameless = root.issue_cloud_server(&ServerNames::default(), &Key::generate(), today());
    assert!(matches!(nameless, Err(CaError::NoServerName)));
}

#[test]
fn a_registration_is_believed_only_with_its_own_key() {
    let (ca, other) = (hotel("seaside"), hotel("seaside"));
    let root = ChainRoot::create(Key::generate(), today()).unwrap();
    let cross = root.cross_sign(&ca, today()).unwrap();
    let record = Registration::new(&ca, cross, 7.into());
    let json = serde_json::to_vec(&record).unwrap();
    assert_eq!(Registration::parse(&json).unwrap(), record);
    assert_eq!(record.realm(), realm("seaside"));

    let swapped = Registration {
        cross_signed: root.cross_sign(&other, today()).unwrap(),
        ..record
    };
    let refused = Registration::parse(&serde_json::to_vec(&swapped).unwrap()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "field cross_signed of the registration record is not of the registered key"
    );
}

#[test]
fn what_is_no_name_of_a_server_is_refused() {
    for name in ["", "a b", "-a", "10.0.0.0/8", "https://x"] {
        let refused = ServerNames::parse([name]);
        assert!(
            matches!(refused, Err(CaError::ServerName { .. })),
            "{name:?}"
        );
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_are_written_for_their_owner_alone_and_leave_no_drafts() {
    let dir = TempDir::new().unwrap();
    let below = dir.path().join("identity/uplink");
    files::create_dir(&below).unwrap();
    let file = below.join("key.pem");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    files::write_secret(&file, b"secret").unwrap();
    files::write_open(&below.join("cert.pem"), b"open").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"secret");
    assert_eq!((mode(&below), mode(&file)), (0o700, 0o600));
    assert_eq!(fs::read_dir(&below).unwrap().count(), 2);
}

#[test]
fn a_key_is_not_printed() {
    let key = Key::generate();
    assert_eq!(format!("{key:?}"), format!("Key({})", key.public_sha256()));
}
