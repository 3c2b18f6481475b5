use super::*;

fn place(seq: u32) -> Place {
    ("room-101-lock".parse().unwrap(), 1_u32.into(), seq.into())
}

fn digest(byte: u8) -> wire::Sha256 {
    kit::digest::sha256(&[byte])
}

fn said(lines: &[(u32, &str, bool)]) -> History {
    let line = |&(seq, kind, received): &(u32, &str, bool)| {
        let (device, boot, at) = place(seq);
        let line = ledger::Line {
            device,
            boot,
            seq: at,
            sha256: digest(1),
            kind: kind.to_owned(),
            received,
            dropped: false,
        };
        (place(seq), line)
    };
    lines.iter().map(line).collect()
}

#[track_caller]
fn check(said: &History, now: &Whereabouts, expected: &Verdict) {
    assert_eq!(judge(said, now), *expected);
}

#[test]
fn what_is_confirmed_is_stored_or_waits() {
    let said = said(&[(0, "event", true), (1, "event", true), (2, "event", false)]);
    let now = Whereabouts {
        cloud: vec![(place(0), digest(1).short())],
        waiting: [place(1)].into(),
        dropped: BTreeMap::new(),
    };
    let expected = Verdict {
        stored: 1,
        waiting: 1,
        ..Verdict::default()
    };
    check(&said, &now, &expected);
}

#[test]
fn what_is_confirmed_and_nowhere_is_lost() {
    let said = said(&[(0, "event", true), (1, "event", false)]);
    let expected = Verdict {
        wrong: vec![Wrong::Lost(place(0))],
        ..Verdict::default()
    };
    check(&said, &Whereabouts::default(), &expected);
}

#[test]
fn what_is_stored_twice_or_differently_is_wrong() {
    let said = said(&[(0, "event", true)]);
    let now = Whereabouts {
        cloud: vec![
            (place(0), digest(1).short()),
            (place(0), digest(1).short()),
            (place(7), digest(1).short()),
            (place(0), digest(2).short()),
        ],
        ..Whereabouts::default()
    };
    let expected = Verdict {
        stored: 2,
        wrong: vec![
            Wrong::Twice(place(0)),
            Wrong::Foreign(place(7)),
            Wrong::Foreign(place(0)),
            Wrong::Twice(place(0)),
        ],
        ..Verdict::default()
    };
    check(&said, &now, &expected);
}

#[test]
fn a_tombstone_answers_for_its_own_stream_and_number() {
    let said = said(&[
        (0, "telemetry", true),
        (1, "telemetry", true),
        (2, "reported", true),
    ]);
    let now = Whereabouts {
        dropped: [(Stream::P2, 1)].into(),
        ..Whereabouts::default()
    };
    let expected = Verdict {
        dropped: 1,
        wrong: vec![Wrong::Lost(place(1)), Wrong::Lost(place(2))],
        ..Verdict::default()
    };
    check(&said, &now, &expected);
}

fn object(stream: &str, lines: &[(u32, &str, serde_json::Value)]) -> Object {
    let line = |(place, kind, body): &(u32, &str, serde_json::Value)| {
        serde_json::from_value(serde_json::json!({
            "v": 1, "place": place, "principal": "iot-gateway",
            "batch": "01941f29-7c00-7000-8000-0123456789ab",
            "record": { "at": 1, "kind": kind, "body": body },
        }))
        .unwrap()
    };
    Object {
        key: format!("v1/stream={stream}/x"),
        lines: lines.iter().map(line).collect(),
    }
}

#[test]
fn a_tombstone_stands_for_the_places_of_what_it_says_was_dropped() {
    let none = serde_json::json!({});
    let three = serde_json::json!({ "first": 2, "last": 4, "records": 3 });
    let objects = [object(
        "p2",
        &[
            (1, "x", none.clone()),
            (4, "dropped", three),
            (5, "x", none.clone()),
        ],
    )];
    check_places(&objects);
    assert_eq!(tombstones(&objects), [((Stream::P2, 2), 3)].into());
    let holed = [object("p2", &[(1, "x", none.clone()), (5, "x", none)])];
    let checked = std::panic::catch_unwind(|| check_places(&holed));
    assert!(checked.is_err(), "a gap passed");
}
