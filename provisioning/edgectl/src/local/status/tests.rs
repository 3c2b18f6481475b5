use serde_json::json;

use super::*;

fn part(name: &str, ready: bool) -> Part {
    Part {
        name: name.to_owned(),
        ready,
        pid: Some(7),
        restarts: 1,
        memory_mb: Some(9),
        uptime_s: Some(61),
        detail: "well".to_owned(),
    }
}

fn report(components: &[(&str, bool)], simulated: &[(&str, bool)], online: Option<u64>) -> Report {
    let all = |parts: &[(&str, bool)]| {
        parts
            .iter()
            .map(|(name, ready)| part(name, *ready))
            .collect()
    };
    Report {
        components: all(components),
        simulated: all(simulated),
        devices: Devices {
            total: 4,
            online,
            revoked: 0,
        },
        uplink: None,
        property: Some("local-hotel".to_owned()),
        console: Some("https://127.0.0.1:8445".to_owned()),
        dir: "/hotel".into(),
        kept: true,
    }
}

#[test]
fn a_hotel_is_ready_when_every_part_is_and_every_device_is_online() {
    let whole = |online| report(&[("iot-gateway", true)], &[("hotel-sim", true)], online);
    assert_eq!(whole(Some(4)).running(), Running::Ready);
    assert_eq!(whole(Some(3)).running(), Running::NotReady);
    assert_eq!(whole(None).running(), Running::NotReady);
    let mut without_one = whole(Some(3));
    without_one.devices.revoked = 1;
    assert_eq!(without_one.running(), Running::Ready);
}

#[test]
fn devices_are_not_waited_for_without_a_simulator() {
    assert_eq!(
        report(&[("iot-gateway", true)], &[], Some(0)).running(),
        Running::Ready
    );
    assert_eq!(
        report(&[("iot-gateway", false)], &[], Some(0)).running(),
        Running::NotReady
    );
}

#[test]
fn a_hotel_that_nobody_keeps_is_not_running() {
    let lost = Report {
        kept: false,
        ..report(&[("broker", true)], &[], None)
    };
    assert_eq!(lost.running(), Running::Not);
    assert_eq!(lost.to_string(), "the hotel in /hotel is not running");
}

#[test]
fn the_json_form_is_what_scripts_were_promised() {
    let shown = |name| {
        json!({
            "name": name, "ready": true, "pid": 7, "restarts": 1,
            "memory_mb": 9, "uptime_s": 61, "detail": "well",
        })
    };
    let expected = json!({
        "components": [shown("broker")],
        "simulated": [shown("s3")],
        "devices": {"total": 4, "online": null, "revoked": 0},
        "uplink": null,
        "property": "local-hotel",
        "console": "https://127.0.0.1:8445",
        "dir": "/hotel",
    });
    let report = report(&[("broker", true)], &[("s3", true)], None);
    assert_eq!(serde_json::to_value(report).unwrap(), expected);
}

#[test]
fn progress_names_whoever_is_waited_for() {
    let report = report(
        &[("broker", true), ("uplink", false)],
        &[("s3", false)],
        None,
    );
    assert_eq!(
        report.progress(),
        "? of 4 devices online, waiting for uplink, s3"
    );
}
