use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::{Clock, later};
use kit::credential::{Passport, verified};
use kit::identity::{CA_FILE, CERT_FILE, Holder, KEY_FILE, Realm};
use serde_json::json;
use std::time::Duration;
use wire::credential::{Revocations, Standing};
use wire::device::State;
use wire::{Component, Principal, Signature, Version};

use super::*;
use crate::doors::policy::Day;
use crate::effect::Asker;

const LOCAL: LocalTime = LocalTime {
    day: Day::Mon,
    minute: 0,
};

fn property(name: &str) -> PropertyCa {
    let realm = Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: name.parse().unwrap(),
    };
    PropertyCa::create(realm, Key::generate(), today()).unwrap()
}

fn today() -> time::OffsetDateTime {
    let seconds = Clock::system().wall().value() / 1_000;
    time::OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap()
}

fn identity(ca: &PropertyCa, holder: &Holder) -> Identity {
    let (dir, key) = (tempfile::tempdir().unwrap(), Key::generate());
    let leaf = ca.issue(holder, &ServerNames::default(), &key, today());
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.unwrap().as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}

fn operator(ca: &PropertyCa, name: &str) -> Passport {
    Passport::of(&identity(ca, &Holder::Operator(name.parse().unwrap())))
}

fn gateway(ca: &PropertyCa) -> Identity {
    identity(ca, &Holder::Component(Component::IotGateway))
}

fn signed(passport: &Passport, petition: &Petition) -> Signed {
    Signed {
        credential: passport.credential().clone(),
        signature: passport.sign(&petition.text(passport.property())),
    }
}

fn petition(actor: &Passport) -> Petition {
    let mut petition = Petition {
        device: "room-101-lock".parse().unwrap(),
        operation: "unlock".parse().unwrap(),
        arguments: State::default(),
        execution: ids::new(Clock::system().wall()),
        expires_at: later(Clock::system().wall(), Duration::from_secs(10)),
        actor: Signed {
            credential: actor.credential().clone(),
            signature: Signature([0; 64]),
        },
        approver: None,
    };
    petition.actor = signed(actor, &petition);
    petition
}

fn request(operation: &str, petition: &Petition) -> Request {
    let body = Body {
        v: Version,
        deadline: petition.expires_at,
        body: petition,
    };
    Request {
        operation: operation.parse().unwrap(),
        asker: Asker {
            principal: Principal::from(Component::DeviceProxy),
            id: petition.execution.to_string().parse().unwrap(),
        },
        body: wire::encode(&body),
    }
}

fn wish(believer: &Believer, petition: &Petition) -> Wish {
    let now = Clock::system().wall();
    believer
        .wish(now, LOCAL, &request("unlock", petition))
        .unwrap()
}

/// Compares why nobody is believed.
#[track_caller]
fn check(believer: &Believer, petition: &Petition, field: &str) {
    let problem = wish(believer, petition).people.unwrap_err();
    assert_eq!(problem.field.as_deref(), Some(field), "{problem}");
}

// iot-gateway-8.1, iot-gateway-8.11
#[test]
fn whoever_has_signed_is_believed_and_nobody_else() {
    let ca = property("seaside");
    let believer = Believer::new(&gateway(&ca), Refusals::default());
    let (alice, bob) = (operator(&ca, "alice"), operator(&ca, "bob"));
    let wanted = petition(&alice);
    let people = wish(&believer, &wanted).people.unwrap();
    assert_eq!(people.actor.principal().as_str(), "alice");
    assert_eq!(people.actor.standing(), Standing::Operator);

    let mut approved = wanted.clone();
    approved.approver = Some(signed(&bob, &wanted));
    let people = wish(&believer, &approved).people.unwrap();
    assert_eq!(people.approver.unwrap().principal().as_str(), "bob");

    let change: [fn(&mut Petition); 4] = [
        |petition| petition.device = "room-102-lock".parse().unwrap(),
        |petition| petition.expires_at = later(petition.expires_at, Duration::from_millis(1)),
        |petition| petition.execution = ids::new(petition.expires_at),
        |petition| drop(petition.arguments.0.insert("x".to_owned(), json!(1))),
    ];
    for change in change {
        let mut altered = wanted.clone();
        change(&mut altered);
        check(&believer, &altered, "actor.signature");
    }
    let mut borrowed = wanted.clone();
    borrowed.actor.credential = bob.credential().clone();
    check(&believer, &borrowed, "actor.signature");
    let mut agreed = wanted.clone();
    agreed.approver = Some(signed(&bob, &petition(&alice)));
    check(&believer, &agreed, "approver.signature");
    let elsewhere = petition(&operator(&property("mountain"), "alice"));
    check(&believer, &elsewhere, "actor.credential");
    let namesake = petition(&operator(&property("seaside"), "alice"));
    check(&believer, &namesake, "actor.credential");
}

// iot-gateway-8.1
#[test]
fn whoever_was_revoked_is_believed_no_more() {
    let ca = property("seaside");
    let refusals = Refusals::default();
    let believer = Believer::new(&gateway(&ca), refusals.clone());
    let wanted = petition(&operator(&ca, "alice"));
    assert!(wish(&believer, &wanted).people.is_ok());
    refusals.take(Revocations {
        number: 1_u32.into(),
        principals: vec!["alice".parse().unwrap()],
        ..Revocations::default()
    });
    check(&believer, &wanted, "actor.credential");
}

#[test]
fn a_petition_is_for_the_operation_that_is_asked_for() {
    let ca = property("seaside");
    let believer = Believer::new(&gateway(&ca), Refusals::default());
    let asked = request("lock", &petition(&operator(&ca, "alice")));
    let now = Clock::system().wall();
    let problem = believer.wish(now, LOCAL, &asked).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("operation"));
}

// iot-gateway-8.6
#[test]
fn a_warrant_is_for_one_lock_one_challenge_and_one_command() {
    let gateway = gateway(&property("seaside"));
    let command = |execution: &str| Command {
        v: Version,
        execution: execution.parse().unwrap(),
        boot: 1_u32.into(),
        operation: "unlock".parse().unwrap(),
        arguments: State::default(),
        expires_at: 5_u32.into(),
        warrant: None,
    };
    let one = command("01941f29-7c00-7000-8000-000000000001");
    let other = command("01941f29-7c00-7000-8000-000000000002");
    let (lock, another): (DeviceId, DeviceId) = ("l-1".parse().unwrap(), "l-2".parse().unwrap());
    let challenge = Octets::new(vec![7; 32]).unwrap();
    let sealed = sealed(&gateway, &lock, one.clone(), challenge.clone(), 500);
    let warrant = sealed.warrant.unwrap();
    let key = Passport::of(&gateway).public_key();
    let property = &gateway.spiffe.property;
    let proves = |lock, command, challenge: &[u8], ms| {
        let text = warrant_text(property, lock, command, challenge, ms);
        verified(&key, &text, &warrant.signature)
    };
    assert!(proves(&lock, &one, challenge.as_slice(), 500));
    assert!(!proves(&another, &one, challenge.as_slice(), 500));
    assert!(!proves(&lock, &other, challenge.as_slice(), 500));
    assert!(!proves(&lock, &one, &[8; 32], 500));
    assert!(!proves(&lock, &one, challenge.as_slice(), 501));
}
