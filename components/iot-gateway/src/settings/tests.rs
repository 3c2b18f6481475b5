use serde_json::json;

use super::*;

fn state(value: Value) -> State {
    serde_json::from_value(value).unwrap()
}

/// Compares code, field and detail of the refusal of a change; nothing when it is taken.
#[track_caller]
fn check(kind: Kind, change: Value, expected: Option<(Code, &str, &str)>) {
    let refused = check_change(kind, |name| name != "mode", &state(change)).err();
    let refused = refused.map(|problem| (problem.code, problem.field.unwrap(), problem.detail));
    let expected =
        expected.map(|(code, field, detail)| (code, field.to_owned(), detail.to_owned()));
    assert_eq!(refused, expected);
}

const TARGET: &str = "state.target_celsius";

#[test]
fn a_target_in_range_is_taken() {
    for celsius in [json!(5), json!(19.5), json!(30), json!(null)] {
        check(Kind::Thermostat, json!({ "target_celsius": celsius }), None);
    }
}

// iot-gateway-4.4
#[test]
fn a_target_out_of_range_is_refused_with_its_range() {
    let detail = "40 is not between 5 and 30";
    let expected = Some((Code::Invalid, TARGET, detail));
    check(Kind::Thermostat, json!({ "target_celsius": 40 }), expected);
}

// iot-gateway-4.4
#[test]
fn what_is_no_number_is_no_target() {
    let expected = Some((Code::Invalid, TARGET, "not a number between 5 and 30"));
    check(
        Kind::Thermostat,
        json!({ "target_celsius": "warm" }),
        expected,
    );
}

// iot-gateway-4.4
#[test]
fn an_unknown_setting_is_refused_by_name() {
    let detail = "\"colour\" is not one of target_celsius, mode";
    let expected = Some((Code::Invalid, "state.colour", detail));
    check(Kind::Thermostat, json!({ "colour": "red" }), expected);
}

// iot-gateway-4.4
#[test]
fn a_setting_that_the_device_cannot_have_is_unsupported() {
    let detail = "the device does not have mode";
    let expected = Some((Code::Unsupported, "state.mode", detail));
    check(Kind::Thermostat, json!({ "mode": "heat" }), expected);
}

// iot-gateway-4.4
#[test]
fn a_lock_has_no_desired_state() {
    let expected = Some((Code::Unsupported, "device", "a lock has no desired state"));
    check(Kind::Lock, json!({ "locked": false }), expected);
    check(Kind::Lock, json!({}), expected);
}

#[test]
fn a_mode_is_one_of_its_words() {
    let check = |mode| check_change(Kind::Thermostat, |_| true, &state(json!({ "mode": mode })));
    assert!(
        ["heat", "cool", "off", "auto"]
            .into_iter()
            .all(|mode| check(mode).is_ok())
    );
    let refused = check("boost").unwrap_err();
    assert_eq!(refused.detail, "not one of heat, cool, off, auto");
}

// iot-gateway-5.4
#[test]
fn nothing_can_be_commanded_but_to_identify() {
    for kind in [Kind::Thermostat, Kind::Lock, Kind::Occupancy, Kind::Contact] {
        let check = |operation: &str, arguments| {
            check_command(kind, &operation.parse().unwrap(), &state(arguments))
        };
        assert_eq!(check(IDENTIFY, json!({})), Ok(()));
        assert_eq!(
            check("unlock", json!({})).unwrap_err().code,
            Code::Unsupported
        );
        let refused = check(IDENTIFY, json!({ "loud": true })).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("arguments.loud"));
    }
}
