//! The first story: a whole hotel, from the recipes, on real parts.

use std::time::Duration;

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, eventually, faults};
use serde_json::Value;

const THERMOSTAT: &str = "room-101-thermostat";
/// The longest outage that is played.
const OUTAGE: Duration = Duration::from_hours(1);

async fn everything_is_ready(hotel: &Hotel, devices: u32) {
    eventually(
        "every component is ready and every device online",
        LIMIT,
        || async {
            let status = hotel.status()?;
            let ready = status
                .components
                .iter()
                .chain(&status.simulated)
                .all(|part| part.ready);
            (ready && status.devices.online == Some(devices)).then_some(())
        },
    )
    .await;
}

fn state(hotel: &Hotel, device: &str) -> Value {
    serde_json::from_str(&hotel.edgectl(&["gateway", "state", device, "--json"])).unwrap()
}

async fn reported(hotel: &Hotel, device: &str, celsius: f64) {
    let what = format!("{device} reports {celsius} °C");
    eventually(&what, LIMIT, || async {
        let state = state(hotel, device);
        let settled = state["delta"].as_object()?.is_empty();
        (settled && state["reported"]["target_celsius"].as_f64() == Some(celsius)).then_some(())
    })
    .await;
}

// iot-gateway-4.1
#[tokio::test]
async fn a_hotel_comes_up_obeys_and_accounts_for_every_message() {
    let hotel = Hotel::with_rooms(2);
    everything_is_ready(&hotel, 8).await;

    hotel.edgectl(&["gateway", "set", THERMOSTAT, "target_celsius=19"]);
    reported(&hotel, THERMOSTAT, 19.0).await;

    let done = hotel.edgectl(&["gateway", "command", THERMOSTAT, "identify"]);
    assert!(done.contains("succeeded"), "{done}");

    hotel.settle_accounts().await;
}

#[tokio::test]
async fn a_second_up_changes_nothing_and_down_leaves_no_process() {
    let hotel = Hotel::with_rooms(1);
    let processes = || {
        let status = hotel.status().unwrap();
        let parts = status.components.into_iter().chain(status.simulated);
        parts.map(|part| (part.name, part.pid)).collect::<Vec<_>>()
    };
    let before = processes();
    hotel.edgectl(&["local", "up", "--detach"]);
    assert_eq!(processes(), before);

    hotel.edgectl(&["local", "down"]);
    for (name, pid) in before {
        let Some(pid) = pid else { continue };
        assert!(
            !std::path::Path::new(&format!("/proc/{pid}")).exists(),
            "{name} still runs"
        );
    }
    assert_eq!(
        hotel.try_edgectl(&["local", "status"]).status.code(),
        Some(4)
    );
}

// iot-gateway-4.2
#[tokio::test]
async fn a_wish_waits_for_a_thermostat_that_is_away() {
    let hotel = Hotel::with_rooms(1);
    everything_is_ready(&hotel, 4).await;
    let still = hotel.freeze("hotel-sim").await;
    hotel.edgectl(&["gateway", "set", THERMOSTAT, "target_celsius=17.5"]);
    hotel.kill_and_wait("iot-gateway").await;
    assert_eq!(state(&hotel, THERMOSTAT)["desired"]["target_celsius"], 17.5);
    drop(still);
    reported(&hotel, THERMOSTAT, 17.5).await;
}

// iot-gateway-5.1
#[tokio::test]
async fn a_command_to_a_device_that_says_nothing_times_out_honestly() {
    let hotel = Hotel::with_rooms(1);
    everything_is_ready(&hotel, 4).await;
    let _still = hotel.freeze("hotel-sim").await;
    let outcome = hotel.try_edgectl(&["gateway", "command", THERMOSTAT, "identify"]);
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned()
        + &String::from_utf8_lossy(&outcome.stderr);
    assert!(
        !outcome.status.success() && text.contains("timed_out"),
        "{text}"
    );
}

#[tokio::test]
async fn what_cannot_be_wished_is_refused_by_name() {
    let hotel = Hotel::with_rooms(1);
    everything_is_ready(&hotel, 4).await;
    for (setting, named) in [
        ("target_celsius=40", "target_celsius"),
        ("colour=red", "colour"),
    ] {
        let outcome = hotel.try_edgectl(&["gateway", "set", THERMOSTAT, setting]);
        let text = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(!outcome.status.success() && text.contains(named), "{text}");
    }
    let outcome = hotel.try_edgectl(&["gateway", "set", "room-101-lock", "locked=false"]);
    assert!(!outcome.status.success(), "a lock has no desired state");
}

#[tokio::test]
async fn a_day_without_the_cloud_loses_nothing() {
    let hotel = Hotel::with_rooms(1);
    everything_is_ready(&hotel, 4).await;
    let gone = hotel.freeze("s3").await;
    let talk = usize::try_from(faults::rounds(30, 2_000)).unwrap();
    let before = hotel.said().await.len();
    eventually("the devices go on talking", OUTAGE, || async {
        (hotel.said().await.len() > before + talk).then_some(())
    })
    .await;
    eventually("every component is ready", OUTAGE, || async {
        let components = hotel.status()?.components;
        components.iter().all(|part| part.ready).then_some(())
    })
    .await;
    drop(gone);
    hotel.settle_accounts().await;
}
