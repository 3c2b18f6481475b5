//! Devices that go wrong, each in its own way and all at once: the gateway's state and the records in S3
//! stay true.

use hotel_tests::faults::{rounds, seeds};
use hotel_tests::hotel::LIMIT;
use hotel_tests::sim::ledger::Totals;
use hotel_tests::{Hotel, Plan, eventually};

const PARTS: &[&str] = &["broker", "s3", "iot-gateway", "uplink"];
/// Every way in which devices go wrong, as `hotel-sim` names them.
const KINDS: [&str; 8] = [
    "silent",
    "flapping",
    "lying-clock",
    "duplicate",
    "reorder",
    "burst",
    "new-outbox",
    "hostile",
];
const ROOMS: u32 = 2;
/// Messages of devices that go wrong, before they do right again.
const MESSAGES: usize = 400;
/// What a process of devices may need, however many they are.
const THREADS_MAX: u64 = 16;
const RSS_MB_MAX: u64 = 400;

fn up(rooms: u32) -> Hotel {
    Hotel::up(Plan { rooms, only: PARTS })
}

/// Lets devices go wrong for a while, and right again.
async fn goes_wrong(hotel: &Hotel, seed: u32, kinds: &str) {
    let seed = seed.to_string();
    let usual = ["--interval-ms", "100", "--seed", &seed, "--faults", kinds];
    let devices = hotel.devices(&usual);
    hotel.says(MESSAGES).await;
    hotel.check_accounts().await;
    devices.stop();
    // What went wrong stays behind: a device that does right is known for what it is.
    let devices = hotel.devices(&["--interval-ms", "1000", "--seed", &seed]);
    assert_eq!(hotel.states_are_true().await, 4 * ROOMS as usize);
    devices.stop();
}

// iot-gateway-3.1, iot-gateway-3.4, iot-gateway-3.7
#[tokio::test]
async fn devices_that_go_wrong_in_one_way_leave_state_and_records_true() {
    for seed in seeds(1, 10) {
        let hotel = up(ROOMS);
        for kind in KINDS {
            tell(seed, kind);
            goes_wrong(&hotel, seed, kind).await;
        }
        let devices = hotel.devices(&["--interval-ms", "1000"]);
        told(&hotel.settle_accounts().await);
        devices.stop();
    }
}

// iot-gateway-2.1
#[tokio::test]
async fn devices_that_go_wrong_in_every_way_leave_state_and_records_true() {
    for seed in seeds(1, 20) {
        let hotel = up(ROOMS);
        tell(seed, "everything");
        goes_wrong(&hotel, seed, &KINDS.join(",")).await;
        let devices = hotel.devices(&["--interval-ms", "1000"]);
        told(&hotel.settle_accounts().await);
        devices.stop();
    }
}

#[tokio::test]
async fn a_large_hotel_of_devices_that_go_wrong_lives_in_one_small_process() {
    let rooms = rounds(40, 500);
    let devices = 4 * usize::try_from(rooms).unwrap();
    let hotel = up(rooms);
    let seed = seeds(1, 1)[0].to_string();
    let wrong = [
        "--interval-ms",
        "20000",
        "--seed",
        &seed,
        "--faults",
        "silent,lying-clock,duplicate,reorder,burst,hostile",
    ];
    let crowd = hotel.devices(&wrong);
    eventually("every device is heard", 5 * LIMIT, || async {
        hotel.count_said().await?;
        let lines = hotel.said().await;
        let mut heard: Vec<_> = lines
            .into_values()
            .filter(|line| line.received)
            .map(|line| line.device)
            .collect();
        heard.dedup();
        (heard.len() == devices).then_some(())
    })
    .await;
    let (threads, rss_mb) = (crowd.threads(), crowd.rss_mb());
    report(format_args!(
        "{devices} devices: {threads} threads, {rss_mb} MB"
    ));
    assert!(threads <= THREADS_MAX, "{threads} threads");
    assert!(rss_mb <= RSS_MB_MAX, "{rss_mb} MB");
    hotel.check_accounts().await;
    crowd.stop();
    let lines: Vec<_> = hotel.said().await.into_values().collect();
    assert_eq!(Totals::of(&lines).devices, devices);
}

fn tell(seed: u32, what: &str) {
    report(format_args!("{what}: HOTEL_SEED={seed}"));
}

fn told(verdict: &hotel_tests::accounts::Verdict) {
    report(format_args!("{verdict:?}"));
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}
