//! Any process of the hotel dies, or stands still, at any moment, under load, again and again: nothing
//! that was confirmed is lost, nothing is stored twice, everything comes back by itself.

use hotel_tests::devices::Devices;
use hotel_tests::faults::{Chance, rounds, seeds};
use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan};

/// Everything but S3, which keeps nothing through its end, and the devices, which the test starts.
const PROCESSES: &[&str] = &[
    "broker",
    "iot-gateway",
    "uplink",
    "authority",
    "signaling",
    "device-proxy",
    "console",
    "inference",
    "postgres",
    "replica-sync",
    "hub-postgres",
    "hub",
    "hotel-vprinter",
];
/// Those on the way of a message, which are hit more often.
const ON_THE_WAY: &[&str] = &["broker", "iot-gateway", "uplink"];
/// Messages that the gateway must confirm after each round.
const PROGRESS: usize = 20;
/// Rounds between two looks at everything.
const LOOK: u32 = 25;

fn up() -> Hotel {
    let only: Vec<_> = PROCESSES.iter().copied().chain(["s3"]).collect();
    Hotel::up(Plan {
        rooms: 4,
        only: &only,
    })
}

fn devices(hotel: &Hotel) -> Devices {
    hotel.devices(&["--interval-ms", "1000"])
}

/// What one round does, in words.
async fn strike(hotel: &Hotel, chance: &mut Chance, crowd: &mut Option<Devices>) -> String {
    let pick = |chance: &mut Chance, names: &[&'static str]| {
        names[chance.below(u32::try_from(names.len()).unwrap()) as usize]
    };
    match chance.below(8) {
        0 => {
            let name = pick(chance, ON_THE_WAY);
            let frozen = hotel.freeze(name).await;
            let other = pick(chance, PROCESSES);
            // The frozen one is as good as dead for it.
            if other != name {
                hotel.kill(other).await;
            }
            drop(frozen);
            format!("{name} stands still, {other} dies")
        }
        1 => {
            // Killed before the next ones are there: two of the same would share a ledger.
            drop(crowd.take());
            *crowd = Some(devices(hotel));
            "the devices die".to_owned()
        }
        2 | 3 => {
            let name = pick(chance, ON_THE_WAY);
            hotel.kill(name).await;
            format!("{name} dies")
        }
        4 => {
            for name in ON_THE_WAY {
                hotel.kill(name).await;
            }
            format!("{ON_THE_WAY:?} die")
        }
        _ => {
            let names = [pick(chance, PROCESSES), pick(chance, PROCESSES)];
            for name in names {
                hotel.kill(name).await;
            }
            format!("{names:?} die")
        }
    }
}

// uplink-1.1, iot-gateway-7.1
#[tokio::test]
async fn killing_any_process_at_any_moment_loses_nothing() {
    let seed = seeds(1, 1)[0];
    let rounds = rounds(8, 200);
    let mut chance = Chance::of(seed);
    let hotel = up();
    let mut crowd = Some(devices(&hotel));
    hotel.heard(PROGRESS).await;
    for round in 1..=rounds {
        let what = strike(&hotel, &mut chance, &mut crowd).await;
        report(format_args!("HOTEL_SEED={seed} round {round}: {what}"));
        hotel.heard(PROGRESS).await;
        if round.is_multiple_of(LOOK) {
            report(format_args!("{:?}", hotel.check_accounts().await));
        }
    }
    hotel.all_ready(2 * LIMIT).await;
    hotel.states_are_true().await;
    let verdict = hotel.settle_accounts().await;
    report(format_args!(
        "HOTEL_SEED={seed}: {rounds} rounds, {verdict:?}"
    ));
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}
