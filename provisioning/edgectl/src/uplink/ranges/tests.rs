use wire::Integer;
use wire::uplink::Span;

use super::*;

fn n(value: u64) -> Integer {
    Integer::new(value).unwrap()
}

fn stream(next_place: u64, spans: &[(u64, u64, Kept)]) -> VerifiedStream {
    VerifiedStream {
        stream: Stream::P2,
        next_place: n(next_place),
        spans: spans
            .iter()
            .map(|(first, last, kept)| Span {
                first: n(*first),
                last: n(*last),
                kept: *kept,
            })
            .collect(),
        faults: Vec::new(),
    }
}

#[track_caller]
fn check(stream: &VerifiedStream, objects: &[Range], expected: &[&str]) {
    assert_eq!(faults(stream, Some(objects), false), expected);
}

// uplink-11.2
#[test]
fn bucket_and_spool_together_hold_every_place_once() {
    let spool = stream(
        31,
        &[
            (21, 24, Kept::Letter),
            (25, 28, Kept::Sealed),
            (29, 30, Kept::Waiting),
        ],
    );
    check(&spool, &[(1, 10), (11, 20)], &[]);
    // The bucket has the batch under way, and the spool has not heard it yet.
    check(&spool, &[(1, 10), (11, 20), (25, 28)], &[]);
    check(&stream(1, &[]), &[], &[]);
}

// uplink-11.2
#[test]
fn a_gap_and_a_repetition_are_told_by_their_places() {
    let spool = stream(31, &[(21, 30, Kept::Waiting)]);
    check(
        &spool,
        &[(1, 10), (13, 20)],
        &["places 11 to 12 are nowhere"],
    );
    check(
        &spool,
        &[(1, 12), (11, 20)],
        &["places 1 to 12 and places 11 to 20 overlap in the bucket"],
    );
    check(
        &spool,
        &[(1, 22)],
        &["places 21 to 22 are in the bucket and wait, too"],
    );
    check(
        &stream(31, &[]),
        &[(1, 20)],
        &["places 21 to 30 are nowhere"],
    );
    check(
        &stream(11, &[]),
        &[(1, 20)],
        &["places 11 to 20 were never given"],
    );
}

// uplink-11.2
#[test]
fn a_beginning_that_the_bucket_has_removed_may_be_missing() {
    let spool = stream(31, &[(21, 30, Kept::Waiting)]);
    assert_eq!(
        faults(&spool, Some(&[(11, 20)]), true),
        Vec::<String>::new()
    );
    assert_eq!(
        faults(&spool, Some(&[(11, 20)]), false),
        ["places 1 to 10 are nowhere"]
    );
    assert_eq!(
        faults(&spool, Some(&[(11, 15), (17, 20)]), true),
        ["places 16 to 16 are nowhere"]
    );
}

#[test]
fn the_name_of_an_object_tells_its_places() {
    let key = "v1/stream=p2/property=seaside/box=box-1/dt=2026-11-21/hour=03/11-20-0123456789abcdef.ndjson.zst";
    assert_eq!(of_key(key), Some((Stream::P2, (11, 20))));
    for other in [
        "",
        "v1/stream=p2/x.ndjson.zst",
        "v1/stream=p9/1-2-ab.ndjson.zst",
        "v1/stream=p2/2-1-ab.ndjson.zst",
    ] {
        assert_eq!(of_key(other), None, "{other}");
    }
}
