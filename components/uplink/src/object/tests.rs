use wire::bound::INTEGER_MAX;

use super::*;

/// 2026-11-21T03:04:05Z.
const SINCE: u64 = 1_795_230_245_000;

fn origin() -> Origin {
    Origin {
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
    }
}

#[track_caller]
fn check(since: u64, expected: &str) {
    let (since, places) = (Integer::new(since).unwrap(), (12.into(), 13.into()));
    let name = origin().name(Stream::P1, places, since, Sha256([0xab; 32]));
    assert_eq!(name, expected);
}

// uplink-3.1
#[test]
fn an_object_is_named_after_its_stream_hotel_box_hour_places_and_digest() {
    check(
        SINCE,
        "v1/stream=p1/property=seaside/box=box-1/dt=2026-11-21/hour=03/\
         12-13-abababababababab.ndjson.zst",
    );
}

#[test]
fn a_clock_beyond_the_calendar_still_names_an_object() {
    check(
        INTEGER_MAX,
        "v1/stream=p1/property=seaside/box=box-1/dt=9999-12-31/hour=23/\
         12-13-abababababababab.ndjson.zst",
    );
}

// uplink-3.5
#[test]
fn another_body_has_the_same_lines() {
    let body = zstd::bulk::compress(b"{}\n", 3).unwrap();
    let other = other_body(other_body(body.clone()));
    assert_ne!(body, other);
    assert_eq!(zstd::decode_all(&*other).unwrap(), b"{}\n");
}

// uplink-3.5
#[test]
fn a_renamed_batch_keeps_its_places_and_hour() {
    let since = Integer::new(SINCE).unwrap();
    let before = Sealed {
        stream: Stream::P1,
        first: 12.into(),
        lines: 2,
        last: 13.into(),
        bytes: 6,
        since,
        key: origin().name(
            Stream::P1,
            (12.into(), 13.into()),
            since,
            Sha256([0xab; 32]),
        ),
        sha256: Sha256([0xab; 32]),
        size: 77,
    };
    let after = before.renamed(&origin(), Sha256([0xcd; 32]), 85);
    assert_eq!(after.key, before.key.replace("abab", "cdcd"));
    assert_eq!((after.lines, after.bytes, after.size), (2, 6, 85));
}
