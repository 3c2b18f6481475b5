use serde_json::json;

use super::*;

/// What a guest wrote; it must never leave the house.
const CANARY: &str = "please bring canary seed 4711 to the tower room";

fn record(kind: &str, body: &Value) -> Record {
    Record {
        at: 1.into(),
        kind: kind.parse().unwrap(),
        body: body.as_object().unwrap().clone(),
    }
}

fn policy() -> Policy {
    Policy::new(&BTreeMap::new())
}

#[track_caller]
fn check(kind: &str, body: &Value, expected: &Value, fields: u64, cards: u64) {
    let mut record = record(kind, body);
    let removed = policy().apply(&mut record);
    assert_eq!(Value::Object(record.body), *expected);
    assert_eq!(removed, Removed { fields, cards });
}

// uplink-9.1
#[test]
fn a_field_that_nobody_named_is_removed_and_counted() {
    check(
        "telemetry",
        &json!({ "device": "t-1", "note": CANARY, "message": { "value": 20.5, "memo": CANARY } }),
        &json!({ "device": "t-1", "message": { "value": 20.5 } }),
        2,
        0,
    );
}

// uplink-9.1
#[test]
fn a_kind_that_nobody_named_keeps_nothing() {
    check(
        "guest-messages",
        &json!({ "text": CANARY, "id": 1 }),
        &json!({}),
        2,
        0,
    );
    check("telemetry", &json!({ "message": CANARY }), &json!({}), 1, 0);
}

// uplink-9.2
#[test]
fn sentences_are_removed_where_a_device_says_what_it_likes() {
    let body = json!({ "message": {
        "state": { "target_celsius": 19, "mode": "heat", "display": CANARY, CANARY: 1 },
        "data": [ "low-battery", CANARY, { "percent": 9, "text": { "deep": CANARY } } ],
    } });
    let expected = json!({ "message": {
        "state": { "target_celsius": 19, "mode": "heat" },
        "data": [ "low-battery", { "percent": 9, "text": {} } ],
    } });
    check("reported", &body, &expected, 4, 0);
}

// uplink-9.3
#[test]
fn card_numbers_are_masked_in_texts_numbers_and_links_of_the_trail() {
    check(
        "reported",
        &json!({ "message": { "state": { "a": "4111-1111-1111-1111", "b": 4_111_111_111_111_111_u64 } } }),
        &json!({ "message": { "state": { "a": "[card]", "b": "[card]" } } }),
        0,
        2,
    );
    check(
        "audit-entry",
        &json!({ "body": { "detail": "paid by 5555 5555 5555 4444." }, "sha256": "ab" }),
        &json!({ "body": { "detail": "paid by [card]." }, "sha256": "ab" }),
        0,
        1,
    );
}

// uplink-9.4
#[test]
fn a_deployment_may_allow_further_kinds_and_fields() {
    let fields = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    let allowed = BTreeMap::from([
        ("pms-event".parse().unwrap(), fields(&["id", "stay.status"])),
        ("telemetry".parse().unwrap(), fields(&["floor"])),
    ]);
    let policy = Policy::new(&allowed);
    let mut event = record(
        "pms-event",
        &json!({ "id": "s-1", "stay": { "status": "in", "guest": CANARY }, "note": CANARY }),
    );
    assert_eq!(policy.apply(&mut event).fields, 2);
    assert_eq!(
        Value::Object(event.body),
        json!({ "id": "s-1", "stay": { "status": "in" } })
    );
    let mut telemetry = record("telemetry", &json!({ "floor": 3, "device": "t-1" }));
    assert_eq!(policy.apply(&mut telemetry), Removed::default());
    assert!(policy.knows(&"pms-event".parse().unwrap()));
    assert!(!policy.knows(&"guest-messages".parse().unwrap()));
}

#[track_caller]
fn check_untouched(kind: &str, schema_example: &str) {
    let body: Value = serde_json::from_str(schema_example).unwrap();
    let mut kept = record(kind, &body);
    let removed = policy().apply(&mut kept);
    assert_eq!(removed, Removed::default(), "{kind}");
    assert_eq!(Value::Object(kept.body), body, "{kind}");
}

// uplink-9.1
#[test]
fn everything_that_our_components_send_is_kept_as_it_is() {
    let vector = |body: Value| body.to_string();
    let device = json!({
        "device": "room-101-thermostat", "room": "Suite 101", "boot": 1_795_000_000_123_u64,
        "seq": 17, "digest": "411111111111",
    });
    for (kind, message) in [
        (
            "telemetry",
            json!({ "at": 1_795_000_000_123_u64, "value": 20.5 }),
        ),
        ("telemetry", json!({ "at": 1, "value": "very-low" })),
        (
            "reported",
            json!({ "at": 1, "version": 2, "state": { "target_celsius": 19.5, "bolt": "locked" } }),
        ),
        (
            "device-event",
            json!({ "at": 1, "kind": "low-battery", "alarm": true, "data": { "percent": 9 } }),
        ),
    ] {
        let mut body = device.clone();
        body["message"] = message;
        body["capability"] = "temperature".into();
        check_untouched(kind, &vector(body));
    }
    check_untouched(
        "device-gap",
        &vector(json!({ "device": "d", "boot": 1, "first_seq": 3, "last_seq": 4 })),
    );
    check_untouched(
        "audit-head",
        include_str!("../../../wire/vectors/audit-head.json"),
    );
    for entry in [
        include_str!("../../../wire/vectors/audit-intent.json"),
        include_str!("../../../wire/vectors/audit-refused.json"),
    ] {
        let body: Value = serde_json::from_str(entry).unwrap();
        let entry = json!({ "body": body, "sha256": "ab" });
        check_untouched("audit-entry", &vector(entry));
    }
}

// uplink-9.1
#[test]
fn every_kind_of_the_gateway_and_its_trail_has_a_list() {
    let sources = [
        include_str!("../../../iot-gateway/src/record.rs"),
        include_str!("../../../iot-gateway/src/edge/journal/trail.rs"),
    ];
    let policy = policy();
    for kind in ["telemetry", "reported", "device-event", "device-gap"] {
        assert!(
            sources[0].contains(&format!("\"{kind}\"")),
            "{kind} is not sent any more"
        );
        assert!(policy.knows(&kind.parse().unwrap()), "{kind}");
    }
    for kind in [audit::ENTRY_RECORD, audit::HEAD_RECORD] {
        assert!(policy.knows(&kind.parse().unwrap()), "{kind}");
    }
}
