use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    bytes: 1_000,
    age: Duration::from_mins(1),
};
/// 2026-11-21T03:04:05Z.
const NOW: u64 = 1_795_230_245_000;

fn at(ms: u64) -> Integer {
    Integer::new(ms).unwrap()
}

fn waiting(bytes: u64, since: u64) -> Waiting {
    Waiting {
        first: at(5),
        since: at(since),
        bytes,
    }
}

#[track_caller]
fn check(waiting: Waiting, drain_through: u64, expected: Due) {
    assert_eq!(LIMITS.due(at(NOW), &waiting, drain_through), expected);
}

// uplink-2.1
#[test]
fn a_young_and_small_batch_waits_for_the_rest_of_its_time() {
    check(
        waiting(999, NOW - 15_000),
        0,
        Due::In(Duration::from_secs(45)),
    );
}

// uplink-2.1
#[test]
fn a_batch_leaves_when_enough_bytes_wait() {
    check(waiting(1_000, NOW), 0, Due::Now);
}

// uplink-2.1
#[test]
fn a_batch_leaves_when_its_oldest_record_has_waited_long_enough() {
    check(waiting(1, NOW - 60_000), 0, Due::Now);
}

// uplink-2.1
#[test]
fn a_batch_leaves_when_it_is_drained() {
    check(waiting(1, NOW), 5, Due::Now);
    check(waiting(1, NOW), 4, Due::In(Duration::from_mins(1)));
}

// uplink-2.1
#[test]
fn a_clock_that_was_set_back_keeps_nothing_waiting() {
    check(waiting(1, NOW + 3_600_000), 0, Due::Now);
}

fn row(place: u64, line: &str) -> Row {
    Row {
        place: at(place),
        first: at(place),
        at: at(NOW + place),
        line: line.as_bytes().to_vec(),
    }
}

fn records(front: &Front) -> u64 {
    let origin = Origin {
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
    };
    let sealed = front.seal(&origin, Stream::P1, Sha256([0; 32]), 0);
    sealed.lines
}

// uplink-3.2
#[test]
fn an_object_holds_its_lines_in_order() {
    let mut front = Front::new(&row(1, "{\"place\":1}"));
    assert!(front.add(&row(2, "{\"place\":2}"), 1_000));
    let text = zstd::decode_all(&*front.pack(Packing::Quick)).unwrap();
    assert_eq!(text, b"{\"place\":1}\n{\"place\":2}\n");
}

#[test]
fn a_record_larger_than_a_batch_leaves_alone() {
    let mut front = Front::new(&row(1, &"x".repeat(2_000)));
    assert!(!front.add(&row(2, "{}"), 1_000));
    assert_eq!(records(&front), 1);
}

#[test]
fn a_batch_never_leaves_a_place_out() {
    let mut front = Front::new(&row(1, "{}"));
    assert!(!front.add(&row(3, "{}"), 1_000));
    assert_eq!((records(&front), front.bytes()), (1, 3));
}

proptest! {
    // uplink-3.2
    #[test]
    fn whatever_was_added_comes_out_again_within_the_limit(
        lines in prop::collection::vec("[a-z]{0,40}", 1..40),
        limit in 1..400_u64,
    ) {
        let rows: Vec<_> = (1..).zip(&lines).map(|(place, line)| row(place, line)).collect();
        let mut front = Front::new(&rows[0]);
        let added = rows[1..].iter().take_while(|row| front.add(row, limit)).count();
        prop_assert!(front.bytes() <= limit.max(line_bytes(&rows[0].line)));
        let text = zstd::decode_all(&*front.pack(Packing::Quick)).unwrap();
        let expected: String = lines[..=added].join("\n") + "\n";
        prop_assert_eq!(text, expected.into_bytes());
    }

    // uplink-2.1
    #[test]
    fn nothing_waits_longer_than_its_age(since in 0..2 * NOW, bytes: u64) {
        match LIMITS.due(at(NOW), &waiting(bytes, since), 0) {
            Due::Now => {}
            Due::In(wait) => prop_assert!(wait <= LIMITS.age && !wait.is_zero()),
        }
    }
}
