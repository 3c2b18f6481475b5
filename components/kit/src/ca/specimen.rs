//! Hotels for tests.

use std::path::Path;

use tempfile::TempDir;
use time::OffsetDateTime;
use wire::Component;

use super::files::{write_open, write_secret};
use super::{Key, PropertyCa, ServerNames};
use crate::clock::Clock;
use crate::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};

/// Under which name browsers reach components of these hotels.
pub(crate) const SERVER_NAME: &str = "greengrass.local";

pub(crate) fn realm(property: &str) -> Realm {
    Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: property.parse().unwrap(),
    }
}

pub(crate) fn today() -> OffsetDateTime {
    let seconds = Clock::system().wall().value() / 1_000;
    OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap()
}

pub(crate) fn hotel(property: &str) -> PropertyCa {
    PropertyCa::create(realm(property), Key::generate(), today()).unwrap()
}

pub(crate) fn component(component: Component) -> Holder {
    Holder::Component(component)
}

pub(crate) fn device(id: &str) -> Holder {
    Holder::Device(id.parse().unwrap())
}

pub(crate) fn operator(id: &str) -> Holder {
    Holder::Operator(id.parse().unwrap())
}

/// Writes an identity as provisioning does.
pub(crate) fn write_identity(dir: &Path, ca: &PropertyCa, holder: &Holder, now: OffsetDateTime) {
    let key = Key::generate();
    let names = ServerNames::parse([SERVER_NAME]).unwrap();
    let leaf = ca.issue(holder, &names, &key, now).unwrap();
    write_open(&dir.join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.join(CERT_FILE), leaf.as_bytes()).unwrap();
}

pub(crate) fn identity(ca: &PropertyCa, holder: &Holder, now: OffsetDateTime) -> Identity {
    let dir = TempDir::new().unwrap();
    write_identity(dir.path(), ca, holder, now);
    Identity::load(dir.path()).unwrap()
}
