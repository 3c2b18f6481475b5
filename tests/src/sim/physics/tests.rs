use proptest::prelude::*;

use super::*;

/// Lets a room be for a while, looked at every five seconds, and compares how warm it gets.
#[track_caller]
fn check(hours: u64, heating: bool, expected: std::ops::Range<f64>) {
    let mut room = Room::new(1, "101", "room-101-thermostat", 20.0);
    let seen = (0..hours * 720)
        .map(|look| room.look(look * 5_000, heating))
        .last();
    let celsius = seen.expect("a room was looked at").celsius;
    assert!(expected.contains(&celsius), "{celsius} °C after {hours} h");
}

#[test]
fn an_unheated_room_follows_the_weather() {
    check(48, false, 2.0..16.0);
}

#[test]
fn a_heated_room_gets_warm() {
    check(48, true, 22.0..38.0);
}

#[test]
fn it_is_coldest_at_three_and_warmest_at_fifteen_o_clock() {
    let at = |hour: u64| outdoor(hour * HOUR);
    assert!((0..24).all(|hour| at(3) <= at(hour) && at(hour) <= at(15)));
}

#[test]
fn every_room_sees_guests_doors_and_windows_within_a_week() {
    let mut room = Room::new(7, "101", "room-101-occupancy", 20.0);
    let week: Vec<_> = (0..7 * 1_440)
        .map(|minute| room.look(minute * MINUTE, false))
        .collect();
    let some = |what: fn(&Surroundings) -> bool| {
        assert!(week.iter().any(what) && !week.iter().all(what));
    };
    some(|seen| seen.occupied);
    some(|seen| seen.door_open);
    some(|seen| seen.window_open);
}

#[test]
fn devices_of_one_room_see_the_same_guests() {
    let mut thermostat = Room::new(7, "101", "room-101-thermostat", 20.0);
    let mut lock = Room::new(7, "101", "room-101-lock", 21.0);
    for minute in 0..1_440 {
        let (left, right) = (
            thermostat.look(minute * MINUTE, true),
            lock.look(minute * MINUTE, false),
        );
        assert_eq!(
            (left.occupied, left.door_open),
            (right.occupied, right.door_open)
        );
    }
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_hotel(seed: u64, start in 0..10_000 * DAY, steps in 1..50_u64) {
        let mut one = Room::new(seed, "101", "d", 20.0);
        let mut other = one.clone();
        for step in 0..steps {
            let at = start + step * MINUTE;
            prop_assert_eq!(one.look(at, step % 3 == 0), other.look(at, step % 3 == 0));
        }
    }

    #[test]
    fn readings_stay_plausible(seed: u64, looks in prop::collection::vec((0..DAY, any::<bool>()), 1..50)) {
        let mut room = Room::new(seed, "101", "d", 20.0);
        let mut at = 0;
        for (elapsed, heating) in looks {
            at += elapsed;
            let seen = room.look(at, heating);
            prop_assert!((-5.0..=45.0).contains(&seen.celsius));
            prop_assert!((0.0..=100.0).contains(&seen.battery_percent));
        }
    }
}
