use proptest::prelude::*;

use super::*;

fn seen(door_open: bool) -> Surroundings {
    Surroundings {
        celsius: 20.0,
        humidity_percent: 50.0,
        occupied: true,
        door_open,
        window_open: false,
        battery_percent: 80.0,
    }
}

/// Compares how a lock refuses an operation.
#[track_caller]
fn check(operation: &str, expected: Code) {
    assert_eq!(refusal(&operation.parse().unwrap()).code, expected);
}

#[test]
fn nothing_on_the_bus_opens_a_door() {
    check("unlock", Code::Forbidden);
    check("open", Code::Forbidden);
    check("release", Code::Forbidden);
}

#[test]
fn other_operations_are_unknown() {
    check("dance", Code::Unsupported);
}

#[test]
fn a_lock_tells_when_its_door_opens_and_closes() {
    let mut lock = Lock::default();
    let told = [false, true, true, false].map(|door_open| lock.sense(&seen(door_open)));
    let kinds = told.map(|told| told.map(|happening| happening.kind.to_string()));
    assert_eq!(
        kinds,
        [None, Some("unlocked".into()), None, Some("locked".into())]
    );
}

proptest! {
    #[test]
    fn a_lock_is_unlocked_only_while_its_door_is_open(doors: Vec<bool>) {
        let mut lock = Lock::default();
        for door_open in doors {
            lock.sense(&seen(door_open));
            prop_assert_eq!(lock.state(), state([("locked", (!door_open).into())]));
        }
    }
}
