//! What is said about doors and their trail, as it is written.

use serde_json::json;

use super::pages::{AT, UUID, octets, said, sha256};
use super::{Form, form};
use crate::{audit, device, door};

pub(super) fn all() -> Vec<Form> {
    [petitions(), facts(), trail()]
        .into_iter()
        .flatten()
        .collect()
}

fn petitions() -> Vec<Form> {
    let signed = json!({ "credential": { "token": "e30.e30.c2ln" }, "signature": octets(64) });
    let warrant = json!({
        "challenge": octets(32), "within_ms": 4_200, "certificate": octets(9),
        "signature": octets(64),
    });
    vec![
        said::<door::Petition>(
            "door-petition",
            &json!({
                "device": "room-101-lock", "operation": "unlock", "arguments": {},
                "execution": UUID, "expires_at": AT, "actor": signed, "approver": signed,
            }),
        ),
        said::<device::Command>(
            "door-command",
            &json!({
                "v": 1, "execution": UUID, "boot": 3, "operation": "unlock", "arguments": {},
                "expires_at": AT, "warrant": warrant,
            }),
        ),
        said::<device::Ack>(
            "door-challenge",
            &json!({
                "v": 1, "execution": UUID, "status": "succeeded", "challenge": octets(32),
            }),
        ),
        said::<door::Doors>(
            "doors",
            &json!({
                "at": AT,
                "doors": [{
                    "device": "room-101-lock", "room": "101", "online": true, "locked": true,
                }],
            }),
        ),
    ]
}

fn facts() -> Vec<Form> {
    let witness = json!({
        "principal": "front-desk-1", "role": "front-desk", "key": octets(65),
        "signature": octets(64),
    });
    let problem = json!({
        "code": "timed-out", "title": "no answer in time", "status": 504,
        "detail": "no final word from the lock in time; look at the door",
    });
    let body = |name, fact: serde_json::Value| {
        let mut body =
            json!({ "v": 1, "seq": 7, "at": AT, "device": "room-101-lock", "room": "101" });
        for (member, value) in fact.as_object().expect("it is an object") {
            body[member] = value.clone();
        }
        said::<audit::Body>(name, &body)
    };
    vec![
        body(
            "audit-intent",
            json!({
                "kind": "intent", "execution": UUID, "operation": "unlock", "arguments": {},
                "expires_at": AT, "asker": "device-proxy", "request": sha256(),
                "actor": witness, "approver": witness,
            }),
        ),
        body(
            "audit-outcome",
            json!({
                "kind": "outcome", "execution": UUID, "operation": "unlock",
                "outcome": "timed_out", "problem": problem,
            }),
        ),
        body(
            "audit-refused",
            json!({
                "kind": "refused", "execution": UUID, "operation": "unlock",
                "asker": "device-proxy", "actor": "front-desk-1", "problem": problem,
            }),
        ),
        body(
            "audit-lock-operation",
            json!({
                "kind": "lock-operation", "boot": 3, "place": 17, "moved_at": AT,
                "operation": "unlock", "source": "remote", "execution": UUID,
            }),
        ),
    ]
}

fn trail() -> Vec<Form> {
    let entry = json!({ "body": { "v": 1, "seq": 7 }, "sha256": sha256() });
    let head = json!({
        "v": 1, "property": "seaside", "seq": 7, "sha256": sha256(), "at": AT,
        "certificate": octets(9), "signature": octets(64),
    });
    vec![
        form(
            "audit-page-of",
            &audit::PageOf {
                after: 7_u32.into(),
            },
        ),
        said::<audit::Page>(
            "audit-page",
            &json!({ "entries": [entry], "heads": [head], "next": 7 }),
        ),
        said::<audit::TrailOf>("door-trail-of", &json!({ "device": "room-101-lock" })),
        said::<audit::Trail>("door-trail", &json!({ "entries": [entry] })),
        said::<audit::Head>("audit-head", &head),
    ]
}
