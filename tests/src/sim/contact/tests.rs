use proptest::prelude::*;

use super::*;

fn seen(window_open: bool) -> Surroundings {
    Surroundings {
        celsius: 20.0,
        humidity_percent: 50.0,
        occupied: true,
        door_open: false,
        window_open,
        battery_percent: 80.0,
    }
}

/// Moves a window and compares what its contact says.
#[track_caller]
fn check(window: &[bool], expected: &[&str]) {
    let mut contact = Contact::default();
    let said = window.iter().filter_map(|open| contact.sense(&seen(*open)));
    let kinds: Vec<_> = said.map(|happening| happening.kind.to_string()).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn a_contact_tells_only_what_changes() {
    check(&[false, false], &[]);
    check(
        &[true, true, false, false, true],
        &["opened", "closed", "opened"],
    );
}

proptest! {
    #[test]
    fn opened_and_closed_come_in_turns(window: Vec<bool>) {
        let mut contact = Contact::default();
        let said: Vec<_> = window.iter().filter_map(|open| contact.sense(&seen(*open))).collect();
        prop_assert!(said.first().is_none_or(|first| first.kind.as_str() == "opened"));
        prop_assert!(said.windows(2).all(|pair| pair[0].kind != pair[1].kind));
    }
}
