//! Hotels and their people, for tests.

use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::credential::{Passport, Verifier, jwk, sign_token};
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use kit::ids;
use time::OffsetDateTime;
use wire::credential::{Claims, Confirmation, POP_TYPE, Role};
use wire::{Component, Integer};

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
        let authority = identity(&ca, Component::Authority);
        Self { ca, authority }
    }

    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::of(&self.authority)
    }

    pub(crate) fn component(&self, component: Component) -> Passport {
        Passport::of(&identity(&self.ca, component))
    }

    pub(crate) fn person(&self, name: &str, role: Role) -> Passport {
        self.person_until(name, role, seconds() + 3_600)
    }

    /// Somebody whose token ends at that Unix second.
    pub(crate) fn person_until(&self, name: &str, role: Role, until: u64) -> Passport {
        let key = Key::generate();
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
        Passport::with_token(token, &key).unwrap()
    }
}

pub(crate) fn seconds() -> u64 {
    Clock::system().wall().value() / 1_000
}

fn today() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds().try_into().unwrap()).unwrap()
}

fn identity(ca: &PropertyCa, component: Component) -> Identity {
    let dir = tempfile::tempdir().unwrap();
    let key = Key::generate();
    let names = ServerNames::default();
    let leaf = ca
        .issue(&Holder::Component(component), &names, &key, today())
        .unwrap();
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}
