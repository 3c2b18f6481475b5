use proptest::prelude::*;

use super::*;

fn table(name: &str, rows: u64, digest: u8) -> TableSum {
    TableSum {
        table: name.to_owned(),
        rows,
        sha256: Sha256([digest; 32]),
    }
}

#[track_caller]
fn check(told: &[TableSum], found: &[TableSum], expected: &[&str]) {
    assert_eq!(differences(told, found), expected);
}

// replica-sync-8.7
#[test]
fn every_difference_is_named() {
    let rooms = || table("hotel.rooms", 3, 1);
    check(&[rooms()], &[rooms()], &[]);
    check(&[rooms()], &[], &["hotel.rooms is not there"]);
    check(&[], &[rooms()], &["hotel.rooms was not there before"]);
    let fewer = table("hotel.rooms", 2, 2);
    check(
        &[rooms()],
        &[fewer],
        &["hotel.rooms has 2 rows instead of 3"],
    );
    let other = table("hotel.rooms", 3, 2);
    check(
        &[rooms()],
        &[other],
        &["hotel.rooms has other rows: 3 of them"],
    );
}

#[test]
fn a_name_tells_time_and_digest() {
    let at = Integer::new(1_795_231_800_000).unwrap();
    let name = name(at, &Sha256([0xab; 32]));
    assert_eq!(name, "20261121t033000z-abababababababab.dump.zst.age");
    assert!(fits(&name, &Sha256([0xab; 32])) && !fits(&name, &Sha256([0xac; 32])));
}

// replica-sync-8.5
#[test]
fn the_newest_stay() {
    let names = ["20261122t0", "20261120t0", "20261121t0"].map(str::to_owned);
    assert_eq!(surplus(names.to_vec(), 2), ["20261120t0"]);
    assert!(surplus(names.to_vec(), 3).is_empty());
}

#[test]
fn a_night_begins_at_its_minute() {
    let half_past_three = 3 * 60 + 30;
    let midnight = 20_000 * DAY;
    let at = |minute| night(midnight + minute, 210);
    assert_eq!(at(half_past_three) - at(half_past_three - 1), 1);
    assert_eq!(at(half_past_three), at(half_past_three + DAY - 1));
}

proptest! {
    // replica-sync-8.1
    #[test]
    fn each_night_is_taken_once_however_the_clock_jumps(
        at in 0..1440_u16,
        steps in prop::collection::vec(-60..=180_i64, 1..200),
    ) {
        let mut local = 20_000 * DAY;
        let mut last = night(local, at);
        let first = last;
        let mut taken = Vec::new();
        for step in steps {
            local += step;
            let now = night(local, at);
            if now > last {
                taken.push(now);
                last = now;
            }
        }
        // None is left out, for no step is longer than a day, and none is repeated.
        let expected: Vec<_> = (first + 1..=last).collect();
        prop_assert_eq!(taken, expected);
    }
}
