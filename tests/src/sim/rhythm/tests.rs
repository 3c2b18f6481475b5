use kit::clock::Clock;

use super::*;

/// Compares when a device at `place` measures first and again, in milliseconds, at 5 s.
#[track_caller]
fn check(place: u32, now_ms: u64, expected_ms: u64) {
    let start = Clock::system().monotonic();
    let rhythm = Rhythm::new(start, Duration::from_secs(5)).of_device(place);
    let tick = rhythm.tick_after(start + Duration::from_millis(now_ms));
    assert_eq!(tick - start, Duration::from_millis(expected_ms));
}

#[test]
fn neighbours_measure_at_different_beats() {
    check(0, 0, 5_000);
    check(1, 0, 250);
    check(2, 0, 500);
}

#[test]
fn the_twenty_first_device_shares_the_beat_of_the_first() {
    check(20, 0, 5_000);
    check(21, 0, 250);
}

#[test]
fn missed_measurements_are_left_out() {
    check(1, 250, 5_250);
    check(1, 60_000, 60_250);
}
