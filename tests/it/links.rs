//! Links that break without saying so, clocks that jump, disks without room: what is confirmed stays,
//! and what was interrupted goes on by itself.

use std::time::Duration;

use hotel_tests::cable::Cable;
use hotel_tests::clocks::Clocks;
use hotel_tests::faults::long;
use hotel_tests::hotel::LIMIT;
use hotel_tests::network::Network;
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::Clock;
use kit::config::Address;

const PARTS: Plan<'static> = Plan {
    rooms: 2,
    only: &["broker", "s3", "iot-gateway", "uplink"],
};
const FAST: &[&str] = &["--interval-ms", "500"];
/// A disk that the gateway fills in seconds, and what it is given then.
const SMALL_DISK: u64 = 3 * 1_024 * 1_024;
const LARGER_DISK: u64 = 64 * 1_024 * 1_024;
const DAY_S: i64 = 24 * 3_600;

/// Lays a cable between `uplink` and S3.
async fn cable_to_the_cloud(hotel: &Hotel) -> Cable {
    let (_, port) = hotel.places.s3.endpoint.rsplit_once(':').unwrap();
    let s3 = Address {
        host: "127.0.0.1".to_owned(),
        port: port.parse().unwrap(),
    };
    let cable = Cable::to(&s3).await;
    let endpoint = format!("http://{}", cable.address());
    hotel.reconfigure("uplink", "/s3/endpoint", endpoint.as_str());
    hotel.kill_and_wait("uplink").await;
    cable
}

/// Lays a cable between the gateway and the broker.
async fn cable_to_the_broker(hotel: &Hotel) -> Cable {
    let cable = Cable::to(&hotel.places.broker).await;
    let address = cable.address();
    hotel.reconfigure("iot-gateway", "/broker/host", address.host.as_str());
    let port = address.port.to_string();
    hotel.reconfigure("iot-gateway", "/broker/port", port.as_str());
    hotel.kill_and_wait("iot-gateway").await;
    cable
}

// bus-4.1
#[tokio::test]
async fn a_connection_to_the_broker_that_died_silently_is_given_up_and_made_anew() {
    let hotel = Hotel::up(PARTS);
    let devices = hotel.devices(FAST);
    let cable = cable_to_the_broker(&hotel).await;
    hotel.heard(20).await;
    cable.forget();
    hotel.says(20).await;
    cable.mend();
    hotel.heard(40).await;
    // Late is not dead: nobody is given up for it.
    cable.slow_down(Duration::from_millis(300));
    hotel.heard(40).await;
    cable.mend();
    hotel.states_are_true().await;
    hotel.settle_accounts().await;
    devices.stop();
}

// uplink-4.2
#[tokio::test]
async fn a_connection_to_the_cloud_that_died_silently_holds_nothing_up_for_long() {
    let hotel = Hotel::up(PARTS);
    let devices = hotel.devices(FAST);
    let cable = cable_to_the_cloud(&hotel).await;
    hotel.heard(20).await;
    cable.forget();
    hotel.heard(60).await;
    cable.mend();
    hotel.settle_accounts().await;
    devices.stop();
}

// uplink-4.3
#[tokio::test]
async fn an_upload_whose_answer_is_lost_with_its_program_is_there_once() {
    let hotel = Hotel::up(PARTS);
    let devices = hotel.devices(FAST);
    let cable = cable_to_the_cloud(&hotel).await;
    hotel.heard(20).await;
    cable.lose_answers();
    let before = hotel.objects().await.unwrap().len();
    eventually(
        "S3 has a batch that uplink does not know of",
        LIMIT,
        || async { (hotel.objects().await?.len() > before).then_some(()) },
    )
    .await;
    hotel.kill("uplink").await;
    cable.mend();
    hotel.settle_accounts().await;
    devices.stop();
}

// uplink-4.1
#[tokio::test]
async fn a_long_time_without_the_cloud_costs_nothing_but_time() {
    let outage = Duration::from_secs(if long() { 600 } else { 10 });
    let hotel = Hotel::up(PARTS);
    let devices = hotel.devices(FAST);
    let cable = cable_to_the_cloud(&hotel).await;
    hotel.heard(20).await;
    cable.cut();
    let (clock, limit) = (Clock::system(), outage + LIMIT);
    let begun = clock.monotonic();
    eventually("the outage has lasted", limit, || async {
        (clock.monotonic() - begun >= outage).then_some(())
    })
    .await;
    hotel.heard(20).await;
    // Nobody needs the cloud.
    hotel
        .ready(&["broker", "iot-gateway", "uplink"], LIMIT)
        .await;
    let during = hotel.check_accounts().await;
    assert!(during.waiting > 0, "{during:?}");
    cable.mend();
    hotel.states_are_true().await;
    report(&hotel.settle_accounts().await);
    devices.stop();
}

#[tokio::test]
async fn packets_that_are_lost_cost_time_and_nothing_else() {
    let network = match Network::offline("losses") {
        Ok(network) => network,
        Err(error) => return skip(&error.to_string()),
    };
    let plan = Plan {
        rooms: 2,
        only: &["broker", "s3", "iot-gateway", "uplink", "hotel-sim"],
    };
    let hotel = Hotel::up_in(network, plan);
    let network = hotel.network().unwrap();
    network.enter().unwrap();
    hotel.heard(10).await;
    if let Err(error) = network.lose(hotel.places.broker.port, 20) {
        return skip(&error.to_string());
    }
    hotel.heard(20).await;
    assert!(network.lost().unwrap() > 0, "no packet was lost");
    network.mend();
    hotel.settle_accounts().await;
}

#[tokio::test]
async fn clocks_that_jump_lose_nothing_and_store_nothing_twice() {
    let clocks = match Clocks::of(&["iot-gateway", "uplink"]) {
        Ok(clocks) => clocks,
        Err(error) => return skip(&error.to_string()),
    };
    let hotel = Hotel::up_by(&clocks, PARTS);
    let devices = hotel.devices(FAST);
    hotel.heard(20).await;
    // Into yesterday, a day on, into a year without certificates, and back.
    for ahead_s in [-3_600, DAY_S, 0, 400 * DAY_S, -DAY_S / 24, 0] {
        for name in ["iot-gateway", "uplink"] {
            clocks.set(name, ahead_s);
        }
        hotel.heard(20).await;
        if ahead_s > 365 * DAY_S {
            eventually("a record is of another year", LIMIT, || async {
                let year_ms = u64::try_from(365 * DAY_S * 1_000).ok()?;
                let year = Clock::system().wall().value() + year_ms;
                let lines = hotel.objects().await?;
                let mut lines = lines.iter().flat_map(|object| &object.lines);
                lines
                    .any(|line| line.record.at.value() > year)
                    .then_some(())
            })
            .await;
        }
    }
    // Whoever begins in another year is let in by nobody, and comes back with the time.
    for name in ["iot-gateway", "uplink"] {
        clocks.set(name, 400 * DAY_S);
        hotel.kill(name).await;
    }
    hotel.says(20).await;
    for name in ["iot-gateway", "uplink"] {
        clocks.set(name, 0);
    }
    hotel.heard(20).await;
    hotel.states_are_true().await;
    hotel.settle_accounts().await;
    devices.stop();
}

// iot-gateway-7.1
#[tokio::test]
async fn a_gateway_without_room_on_its_disk_confirms_nothing_and_goes_on_when_there_is() {
    let (hotel, disk) = match Hotel::up_on(PARTS, "iot-gateway", SMALL_DISK) {
        Ok(up) => up,
        Err(error) => return skip(&error.to_string()),
    };
    let devices = hotel.devices(&["--interval-ms", "50"]);
    hotel.heard(20).await;
    let frozen = hotel.freeze("uplink").await;
    eventually("the gateway has no room", 2 * LIMIT, || async {
        (!hotel.part("iot-gateway")?.ready).then_some(())
    })
    .await;
    hotel.says(100).await;
    hotel.check_accounts().await;
    disk.grow(LARGER_DISK).unwrap();
    drop(frozen);
    hotel.heard(100).await;
    hotel.ready(&["iot-gateway"], LIMIT).await;
    hotel.settle_accounts().await;
    devices.stop();
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

#[expect(clippy::print_stderr, reason = "a count is for whoever reads the run")]
fn report(verdict: &hotel_tests::accounts::Verdict) {
    eprintln!("{verdict:?}");
}
