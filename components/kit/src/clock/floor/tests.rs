use super::*;

const DAY: Duration = Duration::from_hours(24);

/// Raises a clock that stands so many days after the release, on a system that saved the time so
/// many days after it; compares in days.
#[track_caller]
fn check(now: u32, saved: Option<u32>, expected: Option<u32>) {
    let released = released();
    let day = |days: u32| later(released, DAY * days);
    let seen = raised(day(now), saved.map(day), released);
    assert_eq!(seen, expected.map(day));
}

// bus-7.5
#[test]
fn a_clock_is_raised_to_the_latest_of_what_is_known() {
    let released = released();
    assert_eq!(raised(Integer::default(), None, released), Some(released));
    let late = Some(later(released, DAY));
    assert_eq!(raised(Integer::default(), late, released), late);
    check(0, Some(100), Some(100));
    check(99, Some(100), Some(100));
}

#[test]
fn a_clock_that_may_be_right_is_left_alone() {
    check(0, None, None);
    check(101, Some(100), None);
    check(400, Some(100), None);
}

#[test]
fn a_saved_time_of_another_century_is_not_believed() {
    check(5, Some(365 * 21), None);
}
