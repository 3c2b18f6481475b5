use serde_json::json;

use super::*;

fn state(device: &str, kind: &str, reported: &serde_json::Value) -> DeviceState {
    serde_json::from_value(json!({
        "device": device, "kind": kind, "room": "101", "capabilities": [], "firmware": "1",
        "online": true, "missing": 0, "lost": 0, "reported": reported, "reported_version": 1,
        "desired": { "target_celsius": 19.5 }, "desired_version": 2,
        "delta": { "target_celsius": 19.5 },
    }))
    .unwrap()
}

// device-proxy-8.1
#[test]
fn a_room_is_as_its_thermostat_says() {
    let reported = json!({ "target_celsius": 21, "temperature_celsius": 20.25, "mode": "heat" });
    let expected = Room {
        device: "t-101".parse().unwrap(),
        room: Some("101".to_owned()),
        online: true,
        temperature_celsius: Some(20.25),
        target_celsius: Some(21.0),
        desired_celsius: Some(19.5),
    };
    assert_eq!(
        room(&state("t-101", "thermostat", &reported)),
        Some(expected)
    );
    assert_eq!(room(&state("l-101", "lock", &json!({}))), None);
}

// device-proxy-8.2
#[test]
fn a_wish_changes_the_target_and_nothing_else() {
    let wish = |target_celsius| SetTarget {
        device: "t-101".parse().unwrap(),
        target_celsius,
    };
    let asked = change(&wish(19.5)).unwrap();
    assert_eq!(
        serde_json::to_value(asked.state).unwrap(),
        json!({ "target_celsius": 19.5 })
    );
    assert_eq!(asked.version, None);
    let problem = change(&wish(f64::NAN)).unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some("target_celsius"))
    );
}

// device-proxy-8.1
#[test]
fn what_is_known_grows_old() {
    let mut known = Known::default();
    let at = |ms: u32| Integer::from(ms);
    assert_eq!(known.rooms(at(0), STALE), None);
    let room = |device| room(&state(device, "thermostat", &json!({}))).unwrap();
    known.learn(at(10), [room("b"), room("a")]);
    known.note(Room {
        online: false,
        ..room("b")
    });
    let rooms = known.rooms(at(2_010), FRESH).unwrap().rooms;
    let seen: Vec<_> = rooms
        .iter()
        .map(|room| (room.device.as_str(), room.online))
        .collect();
    assert_eq!(seen, [("a", true), ("b", false)]);
    assert_eq!(known.rooms(at(2_011), FRESH), None);
    assert!(known.rooms(at(2_011), STALE).is_some());
}
