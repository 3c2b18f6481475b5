use proptest::prelude::*;

use super::*;

fn seen(occupied: bool) -> Surroundings {
    Surroundings {
        celsius: 20.0,
        humidity_percent: 50.0,
        occupied,
        door_open: false,
        window_open: false,
        battery_percent: 80.0,
    }
}

/// Shows the sensor somebody (`x`) or nobody (`.`) and compares what it says last, in letters.
#[track_caller]
fn check(looks: &str, expected: &str) {
    let mut sensor = Occupancy::default();
    let said = |look| match sensor.sense(&seen(look == 'x')) {
        None => '-',
        Some(happening) if happening.kind.as_str() == "occupied" => 'o',
        Some(_) => 'v',
    };
    assert_eq!(looks.chars().map(said).collect::<String>(), expected);
}

#[test]
fn somebody_is_seen_at_once() {
    check(".xxx", "-o--");
}

#[test]
fn a_moment_without_motion_is_not_an_empty_room() {
    check("x..x..x", "o------");
}

#[test]
fn a_room_without_motion_for_long_is_vacant() {
    check("x....x", "o--v-o");
}

proptest! {
    #[test]
    fn a_room_is_never_vacant_while_somebody_is_seen(looks: Vec<bool>) {
        let mut sensor = Occupancy::default();
        for look in looks {
            sensor.sense(&seen(look));
            prop_assert!(sensor.is_occupied() || !look);
        }
    }
}
