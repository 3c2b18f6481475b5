use proptest::prelude::*;

use super::*;

/// A reserve of 250, then 450, 250 and 50.
fn quotas() -> Quotas {
    Quotas::new(1_000, None, None, None)
}

fn holding(bytes: [u64; 4]) -> Holdings {
    bytes.map(|waiting| Held {
        waiting,
        loose: waiting,
    })
}

#[track_caller]
fn check(held: [u64; 4], stream: Stream, bytes: u64, expected: &Room) {
    let room = quotas().room(&holding(held), Disk::Roomy, stream, bytes);
    assert_eq!(room, *expected);
}

fn there() -> Room {
    Room::After(Vec::new())
}

// uplink-1.5
#[test]
fn streams_share_the_spool_in_fixed_parts() {
    let quotas = quotas();
    let of: Vec<_> = Stream::ALL
        .iter()
        .map(|stream| quotas.of(*stream))
        .collect();
    assert_eq!(of, [250, 450, 250, 50]);
    assert!(quotas.leave_a_reserve());
    assert!(!Quotas::new(1_000, Some(900), Some(90), Some(10)).leave_a_reserve());
}

// uplink-1.5
#[test]
fn a_stream_of_measurements_drops_its_own_oldest() {
    check(
        [0, 0, 250, 0],
        Stream::P2,
        40,
        &Room::After(vec![(Stream::P2, 40)]),
    );
    check([0, 0, 200, 50], Stream::P2, 50, &there());
    check(
        [0, 0, 0, 50],
        Stream::P3,
        10,
        &Room::After(vec![(Stream::P3, 10)]),
    );
    check([0, 0, 0, 0], Stream::P3, 51, &Room::None);
}

// uplink-1.5
#[test]
fn orders_are_refused_beyond_their_quota_however_much_is_free() {
    check([0, 440, 0, 0], Stream::P1, 10, &there());
    check([0, 440, 0, 0], Stream::P1, 11, &Room::None);
}

// uplink-1.7
#[test]
fn alarms_borrow_what_is_free_and_then_take_the_room_of_debugging_and_measurements() {
    check([250, 0, 0, 0], Stream::P0, 700, &there());
    check(
        [650, 100, 200, 50],
        Stream::P0,
        60,
        &Room::After(vec![(Stream::P3, 50), (Stream::P2, 10)]),
    );
    check([550, 450, 0, 0], Stream::P0, 1, &Room::None);
}

// uplink-1.7
#[test]
fn what_alarms_have_borrowed_is_given_back_by_measurements() {
    check([600, 350, 40, 10], Stream::P1, 60, &Room::None);
    check(
        [600, 350, 40, 10],
        Stream::P1,
        50,
        &Room::After(vec![(Stream::P3, 10), (Stream::P2, 40)]),
    );
}

// uplink-1.7
#[test]
fn a_batch_under_way_is_not_dropped() {
    let mut held = holding([0, 0, 250, 0]);
    held[2].loose = 30;
    let room = quotas().room(&held, Disk::Roomy, Stream::P2, 31);
    assert_eq!(room, Room::None);
}

// uplink-1.8
#[test]
fn below_the_floor_of_the_disk_only_alarms_grow() {
    let held = holding([10, 10, 20, 5]);
    let room = |stream, bytes| quotas().room(&held, Disk::Low, stream, bytes);
    assert_eq!(room(Stream::P1, 26), Room::None);
    assert_eq!(room(Stream::P2, 20), Room::After(vec![(Stream::P2, 20)]));
    assert_eq!(room(Stream::P2, 21), Room::None);
    let all = Room::After(vec![(Stream::P3, 5), (Stream::P2, 20)]);
    assert_eq!(room(Stream::P0, 200), all);
}

// uplink-1.10
#[test]
fn what_is_needed_to_send_records_away_not_even_alarms_use() {
    let held = holding([10, 10, 20, 5]);
    let room = |stream, bytes| quotas().room(&held, Disk::Full, stream, bytes);
    let given = Room::After(vec![(Stream::P3, 5), (Stream::P2, 10)]);
    assert_eq!(room(Stream::P0, 15), given);
    assert_eq!(room(Stream::P0, 26), Room::None);
    assert_eq!(room(Stream::P1, 26), Room::None);
    assert_eq!(room(Stream::P2, 21), Room::None);
}

proptest! {
    // uplink-1.5, uplink-1.7
    #[test]
    fn nobody_fills_the_reserve_of_alarms(
        arrivals in prop::collection::vec((0..4_usize, 1..120_u64), 0..200),
    ) {
        let quotas = quotas();
        let mut held = holding([0; 4]);
        for (place, bytes) in arrivals {
            let stream = Stream::ALL[place];
            if let Room::After(given) = quotas.room(&held, Disk::Roomy, stream, bytes) {
                for (from, given) in given {
                    prop_assert!(DROPPABLE.contains(&from), "{from} is never dropped");
                    let held = &mut held[super::place(from)];
                    held.waiting -= given;
                    held.loose -= given;
                }
                held[place].waiting += bytes;
                held[place].loose += bytes;
            }
            let total: u64 = held.iter().map(|held| held.waiting).sum();
            prop_assert!(total <= 1_000);
            // Whatever the others do, `p0` gets its reserve.
            let left = quotas.of(Stream::P0).saturating_sub(held[0].waiting);
            if left > 0 {
                let room = quotas.room(&held, Disk::Roomy, Stream::P0, left);
                prop_assert_ne!(room, Room::None);
            }
        }
    }
}
