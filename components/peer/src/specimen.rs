//! Hotels and their people, for tests.

use std::fmt::Write as _;

use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::credential::{Passport, Verifier, jwk, sign_token};
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use kit::ids;
use time::OffsetDateTime;
use wire::credential::{Claims, Confirmation, POP_TYPE, Role};
use wire::{Component, Integer};

/// Octets as hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    let mut hex = String::new();
    for octet in octets {
        write!(hex, "{octet:02x}").unwrap();
    }
    hex
}

/// Octets of hexadecimal digits.
pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let octet = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(octet).collect()
}

/// The text of a golden file of `vectors/`, written anew by `UPDATE=1`.
pub(crate) fn golden(name: &str, write: impl FnOnce() -> serde_json::Value) -> serde_json::Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let path = folder.join(name);
    if std::env::var_os("UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&write()).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A property with its authority.
pub(crate) struct Hotel {
    ca: PropertyCa,
    authority: Identity,
}

impl Hotel {
    pub(crate) fn new(property: &str) -> Self {
        let realm = Realm {
            trust_domain: "hotel.internal".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            property: property.parse().unwrap(),
        };
        let ca = PropertyCa::create(realm, Key::generate(), today()).unwrap();
        let authority = identity(&ca, Component::Authority, &Key::generate());
        Self { ca, authority }
    }

    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::of(&self.authority)
    }

    pub(crate) fn realm(&self) -> &Realm {
        self.ca.realm()
    }

    /// The certificate of the property's CA, DER.
    pub(crate) fn anchor(&self) -> &[u8] {
        &self.authority.anchor[0]
    }

    pub(crate) fn component(&self, component: Component) -> Passport {
        self.component_with(component, &Key::generate())
    }

    /// A component that holds that key.
    pub(crate) fn component_with(&self, component: Component, key: &Key) -> Passport {
        Passport::of(&identity(&self.ca, component, key))
    }

    pub(crate) fn person(&self, name: &str, role: Role) -> Passport {
        self.person_until(name, role, seconds() + 3_600)
    }

    /// Somebody whose token ends at that Unix second.
    pub(crate) fn person_until(&self, name: &str, role: Role, until: u64) -> Passport {
        self.person_with(name, role, until, &Key::generate())
    }

    /// Somebody who holds that key.
    pub(crate) fn person_with(&self, name: &str, role: Role, until: u64, key: &Key) -> Passport {
        let (tenant, property) = {
            let realm = self.ca.realm();
            (realm.tenant.clone(), realm.property.clone())
        };
        let claims = Claims {
            tenant,
            property,
            sub: name.parse().unwrap(),
            role,
            jti: ids::new(Clock::system().wall()),
            iat: Integer::new(seconds() - 10).unwrap(),
            exp: Integer::new(until).unwrap(),
            cnf: Some(Confirmation {
                jwk: jwk(&key.public_key()),
            }),
            sitting: None,
            table: None,
        };
        let token = sign_token(&self.authority, POP_TYPE, &claims);
        Passport::with_token(token, key).unwrap()
    }
}

pub(crate) fn seconds() -> u64 {
    Clock::system().wall().value() / 1_000
}

fn today() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds().try_into().unwrap()).unwrap()
}

fn identity(ca: &PropertyCa, component: Component, key: &Key) -> Identity {
    let dir = tempfile::tempdir().unwrap();
    let names = ServerNames::default();
    let leaf = ca
        .issue(&Holder::Component(component), &names, key, today())
        .unwrap();
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}
