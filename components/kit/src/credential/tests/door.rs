//! The golden vector of petitions and warrants; the client library runs it as well.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use wire::device::{Command, State};
use wire::door::{Petition, Signed, canonical, warrant_text};
use wire::octets::{from_base64url, to_base64url};
use wire::{Signature, Version};

use super::*;
use crate::audit::{BEGINNING, link};
use crate::ca::specimen::operator;

fn hex(octets: &[u8]) -> String {
    let mut hex = String::new();
    for octet in octets {
        write!(hex, "{octet:02x}").unwrap();
    }
    hex
}

fn property() -> PropertyId {
    "seaside".parse().unwrap()
}

/// What somebody signs, and their key.
fn petition() -> (Petition, PublicKey) {
    let alice = identity(&hotel("seaside"), &operator("alice"), today());
    let passport = Passport::of(&alice);
    let mut petition = Petition {
        device: "room-101-lock".parse().unwrap(),
        operation: "unlock".parse().unwrap(),
        arguments: State::default(),
        execution: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        expires_at: Integer::new(1_795_000_015_123).unwrap(),
        actor: Signed {
            credential: passport.credential().clone(),
            signature: Signature([0; 64]),
        },
        approver: None,
    };
    petition.actor.signature = passport.sign(&petition.text(&property()));
    (petition, passport.public_key())
}

fn warrant(petition: &Petition) -> Vec<u8> {
    let command = Command {
        v: Version,
        execution: petition.execution,
        boot: 3_u32.into(),
        operation: petition.operation.clone(),
        arguments: State::default(),
        expires_at: petition.expires_at,
        warrant: None,
    };
    warrant_text(&property(), &petition.device, &command, &[7; 32], 4_200)
}

fn vector() -> Value {
    let (petition, key) = petition();
    let object = json!({ "b": 1, "a": [true, null, "é\"\n"], "ä": {}, "Z": { "y": 2, "x": -1 } });
    let members = object.as_object().unwrap();
    json!({
        "property": property(),
        "petition": petition,
        "petition_text": hex(&petition.text(&property())),
        "public_key": to_base64url(&key.0),
        "warrant_text": hex(&warrant(&petition)),
        "object": object,
        "object_canonical": String::from_utf8(canonical(members)).unwrap(),
        "object_link": link(&BEGINNING, members),
    })
}

/// Written anew by `UPDATE=1`.
fn golden() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let path = folder.join("door.json");
    if std::env::var_os("UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&vector()).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

// iot-gateway-8.1
#[test]
fn petitions_warrants_and_links_are_made_of_the_committed_bytes() {
    let golden = golden();
    let petition: Petition = serde_json::from_value(golden["petition"].clone()).unwrap();
    let text = petition.text(&property());
    assert_eq!(golden["petition_text"], hex(&text));
    let key = from_base64url(golden["public_key"].as_str().unwrap());
    let key = PublicKey(key.unwrap().try_into().unwrap());
    assert!(verified(&key, &text, &petition.actor.signature));
    assert_eq!(golden["warrant_text"], hex(&warrant(&petition)));
    let object = golden["object"].as_object().unwrap();
    let canonical = String::from_utf8(canonical(object)).unwrap();
    assert_eq!(golden["object_canonical"], canonical);
    assert_eq!(golden["object_link"], link(&BEGINNING, object).to_string());
}
