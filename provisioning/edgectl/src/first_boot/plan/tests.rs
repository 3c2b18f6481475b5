use serde_json::{Value, json};

use super::*;

fn example() -> Value {
    json!({
        "v": 1, "serial": "NUC-0001", "tenant": "acme", "property": "seaside",
        "segment": "main", "trust_domain": "hotel.internal", "box": "box-1",
        "built_at": "2026-11-21T12:00:00Z",
        "cloud": {
            "region": "eu-central-1",
            "data": { "host": "data.example", "port": 8883 },
            "credentials": "credentials.example",
            "role_alias": "hotel-edge-token-exchange",
            "template": "hotel-edge",
            "root_ca": "/etc/hotel/roots.pem",
        },
        "claim": {
            "certificate": "/etc/hotel/claim/cert.pem", "key": "/etc/hotel/claim/key.pem",
            "expires": "2026-12-21T12:00:00Z",
        },
        "internet": {
            "server": { "host": "network-test.debian.org", "port": 80 },
            "path": "/nm", "says": "NetworkManager is online",
        },
        "nucleus": {
            "kind": "lite", "config": "/etc/greengrass/config.yaml", "root": "/greengrass/v2",
            "start": ["systemctl", "restart", "greengrass-lite.target"],
        },
        "deployment": { "wait_s": 900, "components": { "uplink": { "host": "127.0.0.1", "port": 9107 } } },
    })
}

pub(in crate::first_boot) fn plan() -> Plan {
    serde_json::from_value(example()).unwrap()
}

/// Changes a value and compares what is said about it.
#[track_caller]
fn check_refused(pointer: &str, value: impl Into<Value>, expected: &str) {
    let mut plan = example();
    *plan.pointer_mut(pointer).unwrap() = value.into();
    let error = serde_json::from_value::<Plan>(plan)
        .unwrap_err()
        .to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_a_plan_leaves_out_has_its_default() {
    let plan = plan();
    assert_eq!(plan.property_from, Origin::New);
    assert_eq!(plan.needs.cpus, 2);
    assert_eq!(plan.parameters()["SerialNumber"], "NUC-0001");
}

#[test]
fn a_wrong_value_is_named() {
    check_refused("/serial", "NUC 1", "serial \"NUC 1\" must be");
    check_refused("/built_at", "yesterday", "\"yesterday\" is no moment");
    check_refused("/nucleus/kind", "heavy", "classic");
}
