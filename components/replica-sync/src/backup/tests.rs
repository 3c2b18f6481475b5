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
    let surplus = |newest, keep| surplus(names.to_vec(), newest, keep);
    assert_eq!(surplus("20261122t0", 2), ["20261120t0"]);
    assert!(surplus("20261122t0", 3).is_empty());
    // The clock was ahead by a day, and is right again.
    assert_eq!(surplus("20261121t0", 2), ["20261122t0"]);
    assert_eq!(surplus("20261121t0", 1), ["20261122t0", "20261120t0"]);
}

#[test]
fn a_night_begins_at_its_minute() {
    let half_past_three = 3 * 60 + 30;
    let midnight = 20_000 * DAY;
    let at = |minute| night(midnight + minute, 210);
    assert_eq!(at(half_past_three) - at(half_past_three - 1), 1);
    assert_eq!(at(half_past_three), at(half_past_three + DAY - 1));
}

/// A box that makes backups for so many days, looking every half an hour; how many it makes.
fn made(last: &mut i64, local: &mut i64, at: u16, days: i64) -> i64 {
    let mut made = 0;
    for _ in 0..days * DAY / 30 {
        *local += 30;
        match due(*last, *local, at) {
            Due::Now => {
                made += 1;
                *last = *local;
            }
            Due::Later => {}
            Due::Anew => *last = *local,
        }
    }
    made
}

proptest! {
    // replica-sync-8.1
    #[test]
    fn each_night_is_taken_once_however_the_clock_is_set(
        at in 0..1440_u16,
        settings in prop::collection::vec((-6 * 365 * DAY..=6 * 365 * DAY, 3..8_i64), 1..8),
    ) {
        let mut local = 20_000 * DAY;
        let mut last = local;
        for (step, days) in settings {
            local += step;
            let made = made(&mut last, &mut local, at, days);
            // One more after a step forward, for the night that was missed; fewer after a step back,
            // which sees nights again.
            prop_assert!((days - 2..=days + 1).contains(&made), "{made} in {days} days");
        }
    }

    // replica-sync-8.1
    #[test]
    fn a_clock_that_runs_makes_one_each_day(at in 0..1440_u16, start in 0..DAY, days in 1..40_i64) {
        let mut local = 20_000 * DAY + start;
        let mut last = local;
        prop_assert_eq!(made(&mut last, &mut local, at, days), days);
    }
}
