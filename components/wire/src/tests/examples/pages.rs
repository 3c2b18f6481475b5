//! What pages, peers and their servers say, as it is written.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Form, form};
use crate::request::Nothing;
use crate::{authority, channel, chat, climate, credential, order, print, replacement, signaling};
use crate::{decode, encode};

pub(super) const UUID: &str = "01941f29-7c00-7000-8000-0123456789ab";
pub(super) const AT: u64 = 1_795_000_000_123;

/// A form from the text of its example, which must come out as it went in.
#[track_caller]
pub(super) fn said<T>(name: &'static str, example: &Value) -> Form
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + JsonSchema,
{
    let read: T = decode(&encode(example)).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    let form = form(name, &read);
    assert_eq!(&form.example, example, "{name} is written otherwise");
    form
}

pub(super) fn octets(length: usize) -> String {
    crate::octets::to_base64url(&vec![7; length])
}

pub(super) fn sha256() -> String {
    "07".repeat(32)
}

fn token() -> Value {
    json!("e30.e30.c2ln")
}

pub(super) fn all() -> Vec<Form> {
    [
        credentials(),
        signaling(),
        channel(),
        orders(),
        printing(),
        leaves(),
        authority(),
        comparisons(),
        replacements(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn credentials() -> Vec<Form> {
    let claims = json!({
        "tenant": "acme", "property": "seaside", "sub": "guest-4f2a", "role": "guest",
        "jti": UUID, "iat": 1_795_000_000, "exp": 1_795_014_400,
        "cnf": { "jwk": { "kty": "EC", "crv": "P-256", "x": octets(32), "y": octets(32) } },
        "sitting": UUID, "table": "table-7",
    });
    let revocations = json!({
        "number": 3, "iat": 1_795_000_000, "principals": ["lost-tablet"],
        "tokens": [UUID], "sittings": [UUID],
    });
    vec![
        said::<credential::Credential>("credential-token", &json!({ "token": token() })),
        said::<credential::Credential>(
            "credential-certificate",
            &json!({ "certificate": octets(9) }),
        ),
        said::<credential::Header>(
            "token-header",
            &json!({ "typ": "hotel-pop+jwt", "alg": "ES256", "x5c": ["MIIB"] }),
        ),
        said::<credential::Claims>("token-claims", &claims),
        said::<credential::Revocations>("revocations", &revocations),
    ]
}

fn peer() -> Value {
    json!({
        "id": "device-proxy", "standing": "component", "name": "Box",
        "device_type": "box", "capabilities": ["orders", "printing"],
    })
}

fn sdp() -> Value {
    json!({
        "to": "device-proxy", "from": "guest-4f2a", "connection": UUID, "negotiation": 0,
        "sdp": "v=0\r\n", "queued_ms": 20,
    })
}

fn ice_candidate() -> Value {
    json!({
        "candidate": "candidate:1 1 udp 2130706431 192.168.1.20 50000 typ host",
        "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "abcd",
    })
}

fn typed(word: &str, mut body: Value) -> Value {
    body["type"] = json!(word);
    body
}

fn signaling() -> Vec<Form> {
    let candidate = json!({
        "to": "device-proxy", "connection": UUID, "negotiation": 0, "candidate": ice_candidate(),
    });
    let join = json!({
        "v": 1, "property": "seaside", "peer": "kitchen-1",
        "credential": { "token": token() }, "proof": octets(64), "name": "Kitchen",
        "device_type": "kitchen-display", "capabilities": ["orders"],
    });
    let welcome = json!({
        "you": { "id": "kitchen-1", "standing": "kitchen", "name": "Kitchen", "capabilities": [] },
        "property": "seaside", "peers": [peer()], "heartbeat_ms": 5000,
        "ice_servers": [{ "urls": ["stun:stun.example.org:3478"] }], "resumed": false,
    });
    let exchange = json!({
        "from": "guest-4f2a", "to": "device-proxy", "connection": UUID, "sdp": "v=0\r\n",
        "iceCandidates": [ice_candidate()],
    });
    let client = |name, word, body| said::<signaling::ClientMessage>(name, &typed(word, body));
    let server = |name, word, body| said::<signaling::ServerMessage>(name, &typed(word, body));
    vec![
        server(
            "signaling-challenge",
            "challenge",
            json!({ "v": 1, "nonce": octets(32), "mode": "local" }),
        ),
        client("signaling-join", "join", join),
        server("signaling-welcome", "welcome", welcome),
        server(
            "signaling-peer-joined",
            "peer-joined",
            json!({ "peer": peer() }),
        ),
        server(
            "signaling-peer-left",
            "peer-left",
            json!({ "peer": "kitchen-1", "reason": "silent" }),
        ),
        client("signaling-offer", "offer", sdp()),
        server("signaling-answer", "answer", sdp()),
        client("signaling-ice-candidate", "ice-candidate", candidate),
        client("signaling-get-ice-servers", "get-ice-servers", json!({})),
        client("signaling-ping", "ping", json!({ "number": 4 })),
        client("signaling-leave", "leave", json!({})),
        server(
            "signaling-undeliverable",
            "undeliverable",
            json!({ "to": "kitchen-1", "connection": UUID, "reason": "expired" }),
        ),
        server(
            "signaling-go-away",
            "go-away",
            json!({ "reconnect_after_ms": 250 }),
        ),
        said::<signaling::Health>(
            "signaling-health",
            &json!({ "status": "ok", "deviceId": "device-proxy", "nonce": octets(32) }),
        ),
        said::<signaling::Exchange>("signaling-exchange", &exchange),
        said::<signaling::Stats>(
            "signaling-stats",
            &json!({ "totalPeers": 3, "properties": 1, "peersPerProperty": { "seaside": 3 } }),
        ),
    ]
}

fn channel() -> Vec<Form> {
    let hello = json!({
        "v": 1, "property": "seaside", "connection": UUID, "from": "guest-4f2a",
        "to": "device-proxy", "capabilities": [], "fingerprint": sha256(), "nonce": octets(32),
        "credential": { "token": token() }, "ephemeral": octets(65),
    });
    let envelope = json!({
        "v": 1, "id": UUID, "kind": "request", "group": "restaurant", "type": "orders",
        "from": "guest-4f2a", "timestamp": AT, "body": {},
    });
    let room = json!({
        "device": "room-101-thermostat", "room": "101", "online": true,
        "temperature_celsius": 20.5, "target_celsius": 21.0, "desired_celsius": 19.0,
    });
    vec![
        said::<channel::Hello>("channel-hello", &hello),
        said::<channel::Proof>("channel-proof", &json!({ "signature": octets(64) })),
        said::<channel::Envelope<Nothing>>("channel-envelope", &envelope),
        said::<chat::Chat>("chat", &json!({ "text": "Room 205 ready?" })),
        said::<chat::GuestMessage>(
            "guest-message",
            &json!({
                "v": 1, "message": "01890a5d-ac96-774b-bcce-b302099a8057",
                "text": "The soup was wonderful",
            }),
        ),
        said::<chat::Noted>(
            "guest-message-noted",
            &json!({ "message": "01890a5d-ac96-774b-bcce-b302099a8057", "at": AT }),
        ),
        said::<chat::Notification>(
            "notification",
            &json!({ "title": "Order 12 is ready", "body": "table-7" }),
        ),
        said::<climate::Rooms>("climate-rooms", &json!({ "rooms": [room] })),
        said::<climate::SetTarget>(
            "climate-set-target",
            &json!({ "device": "room-101-thermostat", "target_celsius": 19.5 }),
        ),
    ]
}

fn orders() -> Vec<Form> {
    let menu = json!({
        "currency": "EUR", "decimals": 2,
        "items": [{ "item": "soup", "name": "Soup", "section": "Starters", "price_minor": 650 }],
    });
    let place = json!({
        "v": 1, "order": UUID, "table": "table-7",
        "items": [{ "item": "soup", "quantity": 2, "note": "no cream" }],
        "note": "", "total_minor": 1300,
    });
    vec![
        said::<order::Menu>("order-menu", &menu),
        said::<order::Place>("order-place", &place),
        said::<order::Orders>("orders", &json!({ "orders": [order()] })),
        said::<order::SetStatus>(
            "order-set-status",
            &json!({ "v": 1, "order": UUID, "status": "confirmed" }),
        ),
    ]
}

fn order() -> Value {
    json!({
        "v": 1, "order": UUID, "number": 12, "table": "table-7",
        "lines": [
            { "item": "soup", "name": "Soup", "quantity": 2, "price_minor": 650, "note": "no cream" },
        ],
        "note": "", "total_minor": 1300, "currency": "EUR", "status": "confirmed",
        "history": [
            { "status": "pending", "at": AT, "by": "guest-4f2a" },
            { "status": "confirmed", "at": AT, "by": "kitchen-1" },
        ],
        "ticket": job(&json!({ "state": "held", "reason": "paper" })),
    })
}

fn job(state: &Value) -> Value {
    let mut job = json!({
        "v": 1, "job": UUID, "principal": "device-proxy", "route": "kitchen",
        "printer": "kitchen-printer", "attempts": 1, "marked": false, "content": sha256(),
        "accepted_at": AT, "at": AT,
    });
    let fields = state.as_object().unwrap().clone();
    job.as_object_mut().unwrap().extend(fields);
    job
}

fn receipt() -> Value {
    let style = json!({
        "bold": true, "underline": false, "invert": false, "width": 2, "height": 2,
    });
    let line = |kind: &str, mut body: Value| {
        body["kind"] = json!(kind);
        body
    };
    let styled = |mut body: Value| {
        let fields = style.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        body
    };
    let cells = json!([
        { "text": "2", "width": 4, "align": "right" },
        { "text": "Soup", "align": "left" },
    ]);
    json!({ "kind": "receipt", "lines": [
        line("text", styled(json!({ "text": "Order 12", "align": "center" }))),
        line("columns", styled(json!({ "cells": cells }))),
        line("rule", json!({})),
        line("feed", json!({ "lines": 2 })),
        line("qr", json!({ "text": UUID, "module": 6 })),
        line("image", json!({ "png": octets(9), "align": "center" })),
        line("cut", json!({})),
    ]})
}

fn printing() -> Vec<Form> {
    let submit = |document: &Value| {
        json!({
            "v": 1, "job": UUID, "route": "kitchen", "document": document, "copies": 1,
            "expires_at": AT,
        })
    };
    let failed = json!({ "state": "failed", "problem": super::problem() });
    let printer = json!({
        "printer": "kitchen-printer", "held": "cover", "paper_low": true, "waiting": 2, "at": AT,
    });
    vec![
        said::<print::Submit>("print-submit", &submit(&receipt())),
        said::<print::Submit>(
            "print-submit-raw",
            &submit(&json!({ "kind": "raw", "octets": octets(5) })),
        ),
        said::<print::Submit>(
            "print-submit-drawer",
            &submit(&json!({ "kind": "drawer", "pin": "2" })),
        ),
        said::<print::Job>("print-job", &job(&failed)),
        said::<print::Jobs>(
            "print-jobs",
            &json!({ "jobs": [job(&json!({ "state": "done" }))] }),
        ),
        said::<print::JobOf>(
            "print-job-of",
            &json!({ "job": UUID, "principal": "device-proxy" }),
        ),
        said::<print::Resolve>(
            "print-resolve",
            &json!({ "job": UUID, "principal": "device-proxy", "decision": "reprint" }),
        ),
        said::<print::Printers>("print-printers", &json!({ "printers": [printer] })),
        said::<print::Preview>(
            "print-preview",
            &json!({ "route": "kitchen", "document": receipt() }),
        ),
        said::<print::Picture>("print-picture", &json!({ "png": octets(9) })),
    ]
}

fn leaves() -> Vec<Form> {
    vec![
        said::<authority::RenewByProof>(
            "authority-renew-by-proof",
            &json!({
                "v": 1, "certificate": octets(48), "csr": "-----BEGIN CERTIFICATE REQUEST-----",
                "nonce": octets(32), "proof": octets(64),
            }),
        ),
        said::<authority::ServerNames>(
            "authority-server-names",
            &json!({ "names": ["greengrass.local", "10.0.0.7"] }),
        ),
        said::<authority::RenewLeaf>(
            "authority-renew-leaf",
            &json!({ "csr": "-----BEGIN CERTIFICATE REQUEST-----" }),
        ),
        said::<authority::Leaf>(
            "authority-leaf",
            &json!({ "certificate": "-----BEGIN", "ca": "-----BEGIN", "not_after": AT }),
        ),
    ]
}

fn authority() -> Vec<Form> {
    let sitting = || {
        json!({
            "sitting": UUID, "table": "table-7", "open": true, "opened_at": AT,
            "expires_at": AT, "opened_by": "front-desk-1", "guests": 2,
        })
    };
    let invitation = json!({
        "principal": "kitchen-1", "code": octets(32), "ca": sha256(),
        "url": "https://greengrass.local/enrol#code=…", "qr_svg": "<svg/>", "expires_at": AT,
    });
    let minted = json!({
        "token": token(), "principal": "guest-4f2a", "role": "guest", "property": "seaside",
        "expires_at": AT, "table": "table-7",
    });
    let present = json!({ "v": 1, "token": token(), "nonce": octets(32), "proof": octets(64) });
    let enrol = json!({ "v": 1, "code": octets(32), "key": octets(65), "proof": octets(64) });
    let known = json!({
        "principal": "kitchen-1", "standing": "kitchen", "name": "Kitchen", "revoked": false,
    });
    vec![
        said::<authority::Invite>(
            "authority-invite",
            &json!({ "principal": "kitchen-1", "role": "kitchen", "name": "Kitchen" }),
        ),
        said::<authority::Invitation>("authority-invitation", &invitation),
        said::<authority::Enrol>("authority-enrol", &enrol),
        said::<authority::Minted>("authority-minted", &minted),
        said::<authority::Challenged>("authority-challenged", &json!({ "nonce": octets(32) })),
        said::<authority::Present>("authority-present", &present),
        said::<authority::Bearer>(
            "authority-bearer",
            &json!({ "bearer": token(), "expires_at": AT }),
        ),
        said::<authority::MintGuest>(
            "authority-mint-guest",
            &json!({ "table": "table-7", "key": octets(65), "proof": octets(64) }),
        ),
        said::<authority::OpenSitting>(
            "authority-open-sitting",
            &json!({ "table": "table-7", "life_ms": 7_200_000 }),
        ),
        said::<authority::CloseSitting>("authority-close-sitting", &json!({ "sitting": UUID })),
        said::<authority::Sittings>("authority-sittings", &json!({ "sittings": [sitting()] })),
        said::<authority::Revoke>("authority-revoke", &json!({ "principal": "lost-tablet" })),
        said::<authority::Principals>("authority-principals", &json!({ "principals": [known] })),
        said::<authority::SignedRevocations>(
            "authority-signed-revocations",
            &json!({ "v": 1, "list": token() }),
        ),
    ]
}

fn comparisons() -> Vec<Form> {
    let pending = json!({
        "principal": "kitchen-1", "role": "kitchen", "nonce": octets(32), "expires_at": AT,
    });
    let waiting = json!({
        "principal": "kitchen-1", "role": "kitchen", "name": "Kitchen", "digits": "042917",
        "expires_at": AT,
    });
    vec![
        said::<authority::Pending>("authority-pending", &pending),
        said::<authority::Enrolments>("authority-enrolments", &json!({ "enrolments": [waiting] })),
        said::<authority::Confirm>(
            "authority-confirm",
            &json!({ "principal": "kitchen-1", "digits": "042917" }),
        ),
        said::<authority::Withdraw>("authority-withdraw", &json!({ "principal": "kitchen-1" })),
    ]
}

fn replacements() -> Vec<Form> {
    vec![
        said::<replacement::CaReplacement>(
            "ca-replacement",
            &json!({
                "v": 1, "tenant": "acme", "property": "seaside", "number": 1_795_000_000,
                "ca": octets(48), "issued_at": AT,
            }),
        ),
        said::<replacement::SignedCaReplacement>(
            "ca-replacement-signed",
            &json!({ "v": 1, "notice": token() }),
        ),
    ]
}
