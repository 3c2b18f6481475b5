use std::path::Path;

use kit::credential::verify_replacement;
use kit::error::Chain;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use super::*;
use crate::property::Property;
use crate::property::tests::{NOW, founding};

/// A property with its chain root.
fn seaside() -> (TempDir, Property) {
    let dir = TempDir::new().unwrap();
    let (property, _) = Property::found(dir.path(), founding(), NOW).unwrap();
    (dir, property)
}

/// Announces the authority of a property by the root of another, or of the same.
fn announce(
    of: &Property,
    root: &Property,
    last: Option<&Path>,
    seconds: u32,
    out: &Path,
) -> Result<(), PropertyError> {
    let command = AnnounceCa {
        record: of.layout().registration(),
        chain_root_cert: root.layout().root_certificate(),
        chain_root_key: root.layout().root_key(),
        last: last.map(Path::to_owned),
        out: out.to_owned(),
    };
    let now = Integer::new(u64::from(seconds) * 1_000).unwrap();
    command.run(&Clock::manual(now))
}

fn number(property: &Property, notice: &Path) -> u64 {
    let root = CertificateDer::from_pem_file(property.layout().root_certificate()).unwrap();
    let notice: SignedCaReplacement = store::read(notice).unwrap();
    let (body, realm) = (wire::encode(&notice), property.record().realm());
    let heard = verify_replacement(&body, &root, &realm, Integer::default()).unwrap();
    let ca = CertificateDer::from_pem_file(property.layout().ca_certificate()).unwrap();
    assert_eq!(heard.ca.as_slice(), ca.as_ref());
    heard.number.value()
}

// provisioning-10.3
#[test]
fn the_number_of_a_notice_is_the_time_and_always_above_the_last() {
    let (dir, property) = seaside();
    let file = |name: &str| dir.path().join(name);
    let (first, next) = (file("first.json"), file("next.json"));
    announce(&property, &property, None, 5_000, &first).unwrap();
    assert_eq!(number(&property, &first), 5_000);
    announce(&property, &property, Some(&first), 6_000, &next).unwrap();
    assert_eq!(number(&property, &next), 6_000);
    // The clock of the desk is behind.
    announce(&property, &property, Some(&next), 1_000, &next).unwrap();
    assert_eq!(number(&property, &next), 6_001);
}

// provisioning-10.3
#[test]
fn an_authority_that_the_root_has_not_vouched_for_is_not_announced() {
    let ((dir, property), (_other, other)) = (seaside(), seaside());
    let out = dir.path().join("notice.json");
    let refused = announce(&property, &other, None, 1, &out).unwrap_err();
    let error = Chain(&refused).to_string();
    assert!(
        error.contains("not vouched for by this chain root"),
        "{error}"
    );
    assert!(!out.exists());
}

// provisioning-10.3
#[test]
fn a_root_is_pinned_once_and_never_exchanged() {
    let (_elsewhere, other) = seaside();
    let (dir, property) = seaside();
    let pin = |root: &Path| {
        let chain_root_cert = root.to_owned();
        let dir = dir.path().to_owned();
        crate::property::pin_root::PinRoot {
            dir,
            chain_root_cert,
        }
        .run()
    };
    let (own, foreign) = (
        property.layout().root_certificate(),
        other.layout().root_certificate(),
    );
    let leaf = property.layout().ca_certificate();
    drop(property);
    pin(&own).unwrap();
    let refused = pin(&foreign).unwrap_err();
    assert!(matches!(
        refused,
        PropertyError::Conflict {
            field: "chain-root-cert",
            ..
        }
    ));
    let refused = Chain(&pin(&leaf).unwrap_err()).to_string();
    assert!(refused.contains("path length 0"), "{refused}");
    std::fs::remove_file(&own).unwrap();
    pin(&foreign).unwrap();
    assert_eq!(std::fs::read(own).unwrap(), std::fs::read(foreign).unwrap());
}
