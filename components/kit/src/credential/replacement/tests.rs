use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use wire::octets::{from_base64url, to_base64url};
use wire::{Octets, Version};

use super::*;
use crate::ca::specimen::{device, hotel, realm, today};
use crate::ca::{ChainRoot, Key, PropertyCa};
use crate::credential::sign_token;
use crate::error::Chain;

/// A chain root, and the hotel's new CA.
struct World {
    root: ChainRoot,
    ca: PropertyCa,
}

impl World {
    fn new() -> Self {
        Self {
            root: ChainRoot::create(Key::generate(), today()).unwrap(),
            ca: hotel("seaside"),
        }
    }

    fn pinned(&self) -> CertificateDer<'static> {
        der(self.root.certificate())
    }

    fn replacement(&self, number: u32) -> CaReplacement {
        CaReplacement {
            v: Version,
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
            number: number.into(),
            ca: octets(self.ca.certificate()),
            issued_at: 1_795_000.into(),
        }
    }

    fn signed(&self, replacement: &CaReplacement) -> Vec<u8> {
        wire::encode(&self.root.sign(replacement).unwrap())
    }

    /// A notice as a device hears it that took number 7 before.
    #[track_caller]
    fn check_refused(&self, body: &[u8], reason: &str) {
        let refused = verify_replacement(body, &self.pinned(), &realm("seaside"), 7.into());
        let error = Chain(&refused.unwrap_err()).to_string();
        assert!(error.contains(reason), "{error}");
    }
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn octets<const MAX: usize>(pem: &str) -> Octets<MAX> {
    Octets::new(der(pem).to_vec()).unwrap()
}

// authority-9.1
#[test]
fn the_notice_of_the_pinned_root_is_believed() {
    let world = World::new();
    let said = world.replacement(8);
    let body = world.signed(&said);
    let heard = verify_replacement(&body, &world.pinned(), &realm("seaside"), 7.into());
    assert_eq!(heard.unwrap(), said);
    assert!(body.len() < CA_REPLACEMENT_MAX);
}

// authority-9.1
#[test]
fn a_lower_or_equal_number_is_refused() {
    let world = World::new();
    for number in [0, 6, 7] {
        let body = world.signed(&world.replacement(number));
        world.check_refused(&body, "field number");
    }
}

// authority-9.1
#[test]
fn a_notice_of_another_hotel_or_company_is_refused() {
    let world = World::new();
    let other = CaReplacement {
        property: "hilltop".parse().unwrap(),
        ..world.replacement(8)
    };
    world.check_refused(&world.signed(&other), "field property");
    let other = CaReplacement {
        tenant: "rival".parse().unwrap(),
        ..world.replacement(8)
    };
    world.check_refused(&world.signed(&other), "field tenant");
}

// authority-9.1
#[test]
fn whoever_else_signs_is_refused() {
    let (world, other) = (World::new(), World::new());
    let body = other.signed(&world.replacement(8));
    world.check_refused(&body, "another chain root");
    // The pinned root's certificate with somebody else's signature.
    let (ours, theirs) = (world.signed(&world.replacement(8)), body);
    let (ours, theirs) = (notice(&ours), notice(&theirs));
    let mixed = [0, 1].map(|place| ours.split('.').nth(place).unwrap());
    let signature = theirs.rsplit('.').next().unwrap();
    let forged = format!("{}.{}.{signature}", mixed[0], mixed[1]);
    world.check_refused(&packed(&forged), "the signature of the notice is wrong");
    // The former CA, whose key a thief has, is no root either.
    let authority = crate::ca::specimen::component(wire::Component::Authority);
    let thief = crate::ca::specimen::identity(&hotel("seaside"), &authority, today());
    let forged = sign_token(&thief, CA_REPLACEMENT_TYPE, &world.replacement(8));
    world.check_refused(&packed(&forged), "another chain root");
}

// authority-9.1
#[test]
fn what_the_root_signed_for_something_else_is_no_notice() {
    let world = World::new();
    let body = notice(&world.signed(&world.replacement(8)));
    let (header, rest) = body.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    for (field, value) in [("typ", "hotel-pop+jwt"), ("alg", "none"), ("alg", "HS256")] {
        let mut other = header.clone();
        other[field] = value.into();
        let other = to_base64url(other.to_string().as_bytes());
        world.check_refused(&packed(&format!("{other}.{rest}")), field);
    }
}

// authority-9.1
#[test]
fn a_certificate_that_is_no_propertys_authority_is_refused() {
    let world = World::new();
    let names = crate::ca::ServerNames::default();
    let leaf = world
        .ca
        .issue(&device("lock-1"), &names, &Key::generate(), today());
    let cross = world.root.cross_sign(&world.ca, today()).unwrap();
    for pem in [leaf.unwrap().as_str(), &cross, world.root.certificate()] {
        let other = CaReplacement {
            ca: octets(pem),
            ..world.replacement(8)
        };
        world.check_refused(&world.signed(&other), "field ca");
    }
}

// authority-9.1
#[test]
fn a_notice_that_was_cut_or_changed_anywhere_is_refused() {
    let world = World::new();
    let body = world.signed(&world.replacement(8));
    let last = 7.into();
    let believed =
        |body: &[u8]| verify_replacement(body, &world.pinned(), &realm("seaside"), last).is_ok();
    assert!(believed(&body));
    for length in 0..body.len() {
        assert!(!believed(&body[..length]), "cut after {length}");
    }
    let whole = notice(&body);
    for place in 0..whole.len() {
        let mut changed = whole.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(!believed(&packed(&changed)), "changed at {place}");
    }
    assert!(!believed(&packed(&"A".repeat(CA_REPLACEMENT_MAX + 1))));
}

fn notice(body: &[u8]) -> String {
    let signed: SignedCaReplacement = wire::decode(body).unwrap();
    signed.notice
}

fn packed(notice: &str) -> Vec<u8> {
    let notice = notice.to_owned();
    wire::encode(&SignedCaReplacement { v: Version, notice })
}

/// What other languages verify: notices, with what a device knows and whether it takes them.
fn vectors() -> Value {
    let (world, other) = (World::new(), World::new());
    let foreign = CaReplacement {
        property: "hilltop".parse().unwrap(),
        ..world.replacement(8)
    };
    let good = world.signed(&world.replacement(8));
    let cut = notice(&good);
    let shown = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    json!({
        "root": to_base64url(&world.pinned()),
        "tenant": "acme", "property": "seaside", "last": 7,
        "taken": { "number": 8, "ca": to_base64url(&der(world.ca.certificate())), "body": shown(&good) },
        "refused": [
            { "why": "number", "body": shown(&world.signed(&world.replacement(7))) },
            { "why": "property", "body": shown(&world.signed(&foreign)) },
            { "why": "root", "body": shown(&other.signed(&world.replacement(8))) },
            { "why": "signature", "body": shown(&packed(&cut[..cut.len() - 4])) },
        ],
    })
}

// authority-9.1
#[test]
fn the_vectors_for_other_languages_are_taken_and_refused_as_they_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/ca-replacement.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{:#}\n", vectors())).unwrap();
    }
    let given: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let text = |value: &Value| from_base64url(value.as_str().unwrap()).unwrap();
    let root = CertificateDer::from(text(&given["root"]));
    let (realm, last) = (realm("seaside"), 7.into());
    let hear =
        |told: &Value| verify_replacement(told["body"].to_string().as_bytes(), &root, &realm, last);
    let taken = hear(&given["taken"]).unwrap();
    assert_eq!(taken.number, 8.into());
    assert_eq!(taken.ca.as_slice(), text(&given["taken"]["ca"]));
    for told in given["refused"].as_array().unwrap() {
        let error = Chain(&hear(told).unwrap_err()).to_string();
        assert!(error.contains(told["why"].as_str().unwrap()), "{error}");
    }
}
