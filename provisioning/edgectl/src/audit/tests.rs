use serde_json::json;

use super::*;

fn head() -> serde_json::Value {
    json!({
        "v": 1, "property": "seaside", "seq": 7, "sha256": "07".repeat(32), "at": 5,
        "certificate": "AAAA", "signature": "A".repeat(86),
    })
}

#[test]
fn a_trail_is_read_as_it_is_exported() {
    let entry = json!({ "body": { "v": 1, "seq": 1 }, "sha256": "07".repeat(32) });
    let mut trail = Trail::default();
    trail.take(&json!({ "entry": entry }).to_string()).unwrap();
    trail.take(&json!({ "head": head() }).to_string()).unwrap();
    let again: Vec<_> = trail
        .clone()
        .lines()
        .map(|line| serde_json::to_value(line).unwrap())
        .collect();
    assert_eq!(
        again,
        [json!({ "entry": entry }), json!({ "head": head() })]
    );
}

#[test]
fn anchors_are_found_among_the_lines_of_the_cloud() {
    let line = |kind, body| {
        json!({
            "v": 1, "place": 3, "principal": "iot-gateway",
            "batch": "01941f29-7c00-7000-8000-0123456789ab",
            "record": { "at": 5, "kind": kind, "body": body },
        })
        .to_string()
    };
    let mut trail = Trail::default();
    trail.take(&line("device-event", json!({}))).unwrap();
    trail.take(&line("audit-head", head())).unwrap();
    assert_eq!((trail.entries.len(), trail.heads.len()), (0, 1));
}

#[test]
fn what_is_no_part_of_a_trail_is_refused() {
    assert!(Trail::default().take("{}").is_err());
    assert!(Trail::default().take("soup").is_err());
}
