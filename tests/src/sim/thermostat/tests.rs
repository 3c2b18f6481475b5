use proptest::prelude::*;
use serde_json::json;
use wire::Version;

use super::*;

fn delta(version: u32, state: &Value) -> Delta {
    let state = serde_json::from_value(state.clone()).unwrap();
    Delta {
        v: Version,
        version: version.into(),
        state,
    }
}

fn at(celsius: f64) -> Surroundings {
    Surroundings {
        celsius,
        humidity_percent: 50.0,
        occupied: false,
        door_open: false,
        window_open: false,
        battery_percent: 80.0,
    }
}

/// Applies deltas to a new thermostat and compares its settings.
#[track_caller]
fn check(deltas: &[(u32, Value)], expected: (u32, f64, Mode)) {
    let mut thermostat = Thermostat::new(Settings::default());
    for (version, state) in deltas {
        thermostat.apply(&delta(*version, state));
    }
    let (version, target_celsius, mode) = expected;
    assert_eq!(
        *thermostat.settings(),
        Settings {
            version: version.into(),
            target_celsius,
            mode
        }
    );
}

#[test]
fn a_target_is_taken_over_with_its_version() {
    check(&[(1, json!({"target_celsius": 19}))], (1, 19.0, Mode::Heat));
    check(
        &[(2, json!({"target_celsius": 19.5, "mode": "off"}))],
        (2, 19.5, Mode::Off),
    );
}

#[test]
fn an_older_delta_is_ignored() {
    let deltas = [
        (3, json!({"target_celsius": 19})),
        (2, json!({"target_celsius": 25})),
    ];
    check(&deltas, (3, 19.0, Mode::Heat));
}

#[test]
fn what_cannot_be_had_is_left() {
    let wish = json!({"target_celsius": 90, "mode": "sauna", "colour": "red"});
    check(&[(1, wish)], (1, 21.0, Mode::Heat));
}

#[test]
fn a_repeated_delta_changes_nothing() {
    let mut thermostat = Thermostat::new(Settings::default());
    let delta = delta(1, &json!({"target_celsius": 19}));
    assert!(thermostat.apply(&delta));
    assert!(!thermostat.apply(&delta));
}

#[test]
fn an_empty_delta_of_a_new_version_is_a_change_to_report() {
    let mut thermostat = Thermostat::new(Settings::default());
    assert!(thermostat.apply(&delta(1, &json!({}))));
}

#[test]
fn the_heater_keeps_the_room_at_its_target() {
    let mut thermostat = Thermostat::new(Settings::default());
    let mut heats = |celsius| {
        thermostat.sense(&at(celsius));
        thermostat.is_heating()
    };
    assert_eq!(
        [20.0, 21.0, 21.2, 21.4, 21.0, 20.8].map(&mut heats),
        [true, true, true, false, false, false]
    );
}

#[test]
fn a_thermostat_that_is_off_still_prevents_frost() {
    let mut thermostat = Thermostat::new(Settings {
        mode: Mode::Off,
        ..Settings::default()
    });
    thermostat.sense(&at(15.0));
    assert!(!thermostat.is_heating());
    thermostat.sense(&at(4.0));
    assert!(thermostat.is_heating());
}

proptest! {
    #[test]
    fn an_older_version_is_never_applied(
        deltas in prop::collection::vec((0..9_u32, 0.0..40.0_f64), 0..30)
    ) {
        let mut thermostat = Thermostat::new(Settings::default());
        for (version, target) in deltas {
            let before = thermostat.settings().clone();
            thermostat.apply(&delta(version, &json!({"target_celsius": target})));
            let after = thermostat.settings();
            prop_assert!(after.version >= before.version);
            if Integer::from(version) < before.version {
                prop_assert_eq!(after, &before);
            }
        }
    }
}
