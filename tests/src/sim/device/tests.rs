use std::collections::BTreeMap;

use serde_json::json;
use wire::device::Kind;

use super::*;

fn registered(kind: Kind, capabilities: &[&str]) -> RegisteredDevice {
    RegisteredDevice {
        device: format!("room-101-{}", kind.as_str()).parse().unwrap(),
        kind,
        room: Some("101".to_owned()),
        capabilities: capabilities
            .iter()
            .map(|name| name.parse().unwrap())
            .collect(),
    }
}

fn new(kind: Kind, capabilities: &[&str]) -> Device {
    Device::new(
        3_u32.into(),
        &registered(kind, capabilities),
        Memory::default(),
    )
}

fn seen(battery_percent: f64) -> Surroundings {
    Surroundings {
        celsius: 20.987,
        humidity_percent: 50.0,
        occupied: true,
        door_open: false,
        window_open: false,
        battery_percent,
    }
}

fn command(operation: &str) -> Command {
    let text = json!({
        "v": 1, "execution": "01941f29-7c00-7000-8000-0123456789ab", "boot": 3,
        "operation": operation, "expires_at": 100,
    });
    serde_json::from_value(text).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn told(operation: &str) -> Input {
    let arrival = Arrival {
        retained: false,
        at: std::time::Instant::now(),
        chance: [0; 32],
        warranted: false,
    };
    Input::Command(Box::new(command(operation)), arrival)
}

/// What a device says to an input, in short.
fn said(device: &mut Device, now: u32, input: Input) -> Vec<String> {
    let short = |effect| match effect {
        Effect::Report { version, state } => format!("report {version} {}", json!(state.0)),
        Effect::Telemetry(capability, value) => format!("{capability} {}", json!(value)),
        Effect::Event(Happening { kind, alarm, .. }) => {
            format!("{}{kind}", if alarm { "alarm " } else { "" })
        }
        Effect::Ack(Ack {
            status, problem, ..
        }) => {
            let code = problem
                .map(|problem| format!(" {:?}", problem.code))
                .unwrap_or_default();
            format!("{status:?}{code}")
        }
    };
    device
        .handle(now.into(), input)
        .into_iter()
        .map(short)
        .collect()
}

/// Compares what a new device of a kind says to an operation.
#[track_caller]
fn check(kind: Kind, operation: &str, expected: &[&str]) {
    let mut device = new(kind, &[]);
    assert_eq!(said(&mut device, 1, told(operation)), expected);
}

#[test]
fn every_device_can_be_identified() {
    for kind in [Kind::Thermostat, Kind::Lock, Kind::Occupancy, Kind::Contact] {
        check(kind, "identify", &["Accepted", "identified", "Succeeded"]);
    }
}

#[test]
fn an_unknown_operation_is_rejected() {
    check(Kind::Thermostat, "explode", &["Rejected Unsupported"]);
}

#[test]
fn a_lock_has_nothing_to_say_to_an_unlocking_without_a_warrant() {
    check(Kind::Lock, "unlock", &[]);
    check(Kind::Lock, "open", &["Rejected Unsupported"]);
}

#[test]
fn a_repeated_command_is_answered_and_not_done_again_even_after_a_restart() {
    let mut device = new(Kind::Contact, &[]);
    said(&mut device, 1, told(IDENTIFY));
    assert_eq!(said(&mut device, 2, told(IDENTIFY)), ["Succeeded"]);
    let memory = serde_json::to_string(&device.memory()).unwrap();
    let memory = serde_json::from_str(&memory).unwrap();
    let mut device = Device::new(3_u32.into(), &registered(Kind::Contact, &[]), memory);
    assert_eq!(said(&mut device, 3, told(IDENTIFY)), ["Succeeded"]);
}

#[test]
fn a_thermostat_answers_a_delta_with_the_version_it_applied_and_keeps_it() {
    let mut device = new(Kind::Thermostat, &["temperature"]);
    let delta: Delta =
        serde_json::from_value(json!({"v": 1, "version": 7, "state": {"target_celsius": 19}}))
            .unwrap();
    let report = [r#"report 7 {"heating":false,"mode":"heat","target_celsius":19.0}"#];
    assert_eq!(said(&mut device, 1, Input::Delta(delta)), report);
    let registered = registered(Kind::Thermostat, &["temperature"]);
    let mut device = Device::new(3_u32.into(), &registered, device.memory());
    assert_eq!(said(&mut device, 2, Input::Birth), report);
}

#[test]
fn a_lock_ignores_desired_state() {
    let delta: Delta =
        serde_json::from_value(json!({"v": 1, "version": 7, "state": {"locked": false}})).unwrap();
    let mut device = new(Kind::Lock, &[]);
    assert!(said(&mut device, 1, Input::Delta(delta)).is_empty());
    assert_eq!(
        said(&mut device, 1, Input::Birth),
        [r#"report 0 {"locked":true}"#]
    );
}

#[test]
fn only_registered_capabilities_are_measured_and_batteries_less_often() {
    let mut device = new(Kind::Thermostat, &["battery", "temperature", "charm"]);
    let mut counts = BTreeMap::<_, u32>::new();
    for tick in 0..24 {
        for line in said(&mut device, tick, Input::Tick(seen(80.0))) {
            *counts.entry(line).or_default() += 1;
        }
    }
    assert_eq!(
        counts,
        [
            ("battery 80.0".to_owned(), 2),
            ("temperature 20.99".to_owned(), 24)
        ]
        .into()
    );
}

#[test]
fn a_low_battery_is_an_alarm_told_once() {
    let mut device = new(Kind::Lock, &["battery"]);
    let mut alarms = |percent| {
        let said = said(&mut device, 1, Input::Tick(seen(percent)));
        said.iter()
            .filter(|line| line.contains("alarm low-battery"))
            .count()
    };
    assert_eq!(
        [50.0, 9.0, 10.4, 9.0, 90.0, 9.0].map(&mut alarms),
        [0, 1, 0, 0, 0, 1]
    );
}
