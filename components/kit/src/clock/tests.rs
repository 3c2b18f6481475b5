use super::*;

#[test]
fn a_manual_clock_stands_still_until_it_is_advanced() {
    let clock = Clock::manual(1_000.into());
    let before = clock.now();
    assert_eq!(clock.now(), before);
    clock.advance(Duration::from_millis(250));
    assert_eq!(clock.wall(), 1_250.into());
    assert_eq!(
        clock
            .monotonic()
            .duration_since(before.monotonic)
            .as_millis(),
        250
    );
}

#[test]
fn clones_of_a_manual_clock_are_one_clock() {
    let clock = Clock::manual(0.into());
    clock.clone().advance(Duration::from_secs(1));
    assert_eq!(clock.wall(), 1_000.into());
}

#[test]
fn the_end_of_time_is_not_passed() {
    let last = Integer::new(wire::bound::INTEGER_MAX).unwrap();
    assert_eq!(later(last, Duration::from_secs(1)), last);
}
