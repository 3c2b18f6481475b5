use proptest::prelude::*;

use super::*;

fn verdicts(runs: &[Run]) -> Vec<Option<Bad>> {
    let mut vitals = Vitals::default();
    runs.iter().map(|run| vitals.note(*run)).collect()
}

// inference-3.4
#[test]
fn the_fourth_failure_is_one_too_many_and_is_said_once() {
    let told = verdicts(&[Run::Failed; 6]);
    assert_eq!(told, [None, None, None, Some(Bad::Failing), None, None]);
}

#[test]
fn old_failures_are_forgiven() {
    let mut runs = vec![Run::Failed; 3];
    runs.extend([Run::Good; WINDOW]);
    runs.extend([Run::Failed; 3]);
    assert!(verdicts(&runs).iter().all(Option::is_none));
}

// inference-3.4
#[test]
fn a_model_that_is_slow_most_of_the_time_is_given_up() {
    let told = verdicts(&[Run::Slow; SLOW_MAX]);
    assert_eq!(told.last(), Some(&Some(Bad::Slow)));
    assert!(
        verdicts(&[Run::Slow, Run::Good].repeat(100))
            .iter()
            .all(Option::is_none)
    );
}

proptest! {
    #[test]
    fn a_model_is_given_up_exactly_when_a_window_holds_too_many(
        runs in prop::collection::vec(prop_oneof![
            8 => Just(Run::Good), 2 => Just(Run::Slow), 1 => Just(Run::Failed),
        ], 0..300),
    ) {
        let many = |window: &[Run]| {
            let count = |kind| window.iter().filter(|run| **run == kind).count();
            count(Run::Failed) >= FAILED_MAX || count(Run::Slow) >= SLOW_MAX
        };
        let first = (1..=runs.len()).find(|end| many(&runs[end.saturating_sub(WINDOW)..*end]));
        let said = verdicts(&runs).iter().position(Option::is_some).map(|place| place + 1);
        prop_assert_eq!(said, first);
    }
}
