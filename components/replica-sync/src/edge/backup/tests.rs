use super::*;

#[track_caller]
fn check(zone: &str, wall_s: u64, expected: (i64, i64, i64)) {
    let zone = TimeZone::get(zone).unwrap();
    let (days, hour, minute) = expected;
    let wall = Integer::new(wall_s * 1_000).unwrap();
    assert_eq!(local(&zone, wall), (days * 24 + hour) * 60 + minute);
}

// replica-sync-8.1
#[test]
fn the_clock_of_the_wall_is_that_of_the_zone() {
    // 2026-11-21 03:30 UTC; in summer Berlin is two hours ahead.
    check("Etc/UTC", 1_795_231_800, (20_778, 3, 30));
    check("Europe/Berlin", 1_795_231_800, (20_778, 4, 30));
    check("America/New_York", 1_795_231_800, (20_777, 22, 30));
    check("Europe/Berlin", 1_782_012_600, (20_625, 5, 30));
}
