//! Processes that die or stand still, links that break: nothing acknowledged is lost, nothing is
//! stored twice, everything heals alone.

use hotel_tests::cable::Cable;
use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, eventually, faults};
use kit::config::Address;
use wire::gateway::DeviceState;

/// A hotel whose devices have begun to talk.
async fn talking() -> Hotel {
    let hotel = Hotel::with_rooms(2);
    talks(&hotel).await;
    hotel
}

/// Waits until the devices have said something new.
async fn talks(hotel: &Hotel) {
    let before = hotel.said().await.len();
    eventually("the devices talk", LIMIT, || async {
        (hotel.said().await.len() > before + 8).then_some(())
    })
    .await;
}

async fn heals_from_kills_of(name: &str) {
    let hotel = talking().await;
    for _ in 0..faults::rounds(3, 30) {
        hotel.kill_and_wait(name).await;
        talks(&hotel).await;
    }
    hotel.settle_accounts().await;
}

// bus-4.3
#[tokio::test]
async fn killing_the_broker_loses_nothing() {
    heals_from_kills_of("broker").await;
}

#[tokio::test]
async fn killing_the_gateway_loses_nothing() {
    heals_from_kills_of("iot-gateway").await;
}

#[tokio::test]
async fn killing_uplink_loses_nothing() {
    heals_from_kills_of("uplink").await;
}

#[tokio::test]
async fn killing_the_devices_loses_nothing() {
    heals_from_kills_of("hotel-sim").await;
}

// bus-6.1
#[tokio::test]
async fn killing_everything_at_once_loses_nothing() {
    let hotel = talking().await;
    for _ in 0..faults::rounds(1, 10) {
        for name in ["broker", "iot-gateway", "uplink", "hotel-sim"] {
            hotel.kill(name).await;
        }
        talks(&hotel).await;
    }
    hotel.settle_accounts().await;
}

#[tokio::test]
async fn a_broker_that_stands_still_is_left_and_found_again() {
    let hotel = talking().await;
    let frozen = hotel.freeze("broker").await;
    eventually("the gateway notices", LIMIT, || async {
        (!hotel.part("iot-gateway")?.ready).then_some(())
    })
    .await;
    drop(frozen);
    talks(&hotel).await;
    hotel.settle_accounts().await;
}

#[tokio::test]
async fn a_gateway_that_stands_still_loses_nothing() {
    let hotel = talking().await;
    let frozen = hotel.freeze("iot-gateway").await;
    talks(&hotel).await;
    drop(frozen);
    hotel.settle_accounts().await;
}

// uplink-4.1
#[tokio::test]
async fn a_cable_to_the_cloud_that_is_cut_again_and_again_loses_nothing() {
    let hotel = talking().await;
    let s3: Vec<_> = hotel.places.s3.endpoint.rsplitn(2, ':').collect();
    let s3 = Address {
        host: "127.0.0.1".to_owned(),
        port: s3[0].parse().unwrap(),
    };
    let cable = Cable::to(&s3).await;
    let endpoint = format!("http://{}", cable.address());
    hotel.reconfigure("uplink", "/s3/endpoint", endpoint.as_str());
    hotel.kill_and_wait("uplink").await;
    for _ in 0..faults::rounds(3, 60) {
        cable.cut();
        talks(&hotel).await;
        cable.mend();
        talks(&hotel).await;
    }
    hotel.settle_accounts().await;
}

// iot-gateway-3.12
#[tokio::test]
async fn a_box_with_a_new_disk_goes_on_with_its_devices() {
    let hotel = talking().await;
    hotel.settle_accounts().await;
    let frozen = hotel.freeze("iot-gateway").await;
    for name in ["iot-gateway", "broker"] {
        std::fs::remove_dir_all(hotel.dir().join("data").join(name)).unwrap();
    }
    hotel.kill_and_wait("broker").await;
    hotel.kill_and_wait("iot-gateway").await;
    drop(frozen);
    let thermostat = ["gateway", "state", "room-101-thermostat", "--json"];
    eventually(
        "the thermostat's row of messages is unbroken",
        LIMIT,
        || async {
            let state = hotel.try_edgectl(&thermostat).stdout;
            let state: DeviceState = serde_json::from_slice(&state).ok()?;
            (state.online && state.missing == 0.into() && state.through_seq.is_some()).then_some(())
        },
    )
    .await;
}
