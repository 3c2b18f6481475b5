use serde_json::{Value, json};
use wire::door::Door;

use super::*;

fn state(kind: &str, reported: &Value) -> DeviceState {
    let text = json!({
        "device": "room-101-lock", "kind": kind, "room": "101", "capabilities": ["lock"],
        "firmware": "1", "online": true, "missing": 0, "lost": 0, "reported": reported,
        "reported_version": 0, "desired": {}, "desired_version": 0, "delta": {},
    });
    serde_json::from_value(text).unwrap()
}

fn petition(operation: &str) -> Petition {
    let signed = json!({ "credential": { "token": "t" }, "signature": "A".repeat(86) });
    let text = json!({
        "device": "room-101-lock", "operation": operation, "expires_at": 1, "actor": signed,
        "execution": "01941f29-7c00-7000-8000-0123456789ab",
    });
    serde_json::from_value(text).unwrap()
}

/// Compares what a lock's report is taken for.
#[track_caller]
fn check(reported: &Value, locked: Option<bool>) {
    let expected = Door {
        device: "room-101-lock".parse().unwrap(),
        room: Some("101".to_owned()),
        online: true,
        locked,
    };
    assert_eq!(door(&state("lock", reported)), Some(expected));
}

// device-proxy-9.1
#[test]
fn a_door_is_what_its_lock_said_last_and_nothing_that_it_did_not_say() {
    check(&json!({ "locked": true }), Some(true));
    check(&json!({ "locked": false }), Some(false));
    check(&json!({ "locked": "yes" }), None);
    check(&json!({}), None);
    assert_eq!(door(&state("thermostat", &json!({ "locked": true }))), None);
}

// device-proxy-9.2
#[test]
fn a_petition_is_carried_for_its_own_operation_only() {
    assert_eq!(operation("unlock", &petition("unlock")), Ok("unlock"));
    for (about, wanted) in [("lock", "unlock"), ("unlock", "lock"), ("audit", "audit")] {
        let problem = operation(about, &petition(wanted)).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("operation"));
    }
}
