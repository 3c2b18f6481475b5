//! Days that pass without the authority, and boxes that boot in another year.

use std::process::{Command, Stdio};

use hotel_tests::clocks::{self, Clocks};
use hotel_tests::hotel::{LIMIT, artifacts};
use hotel_tests::page::Page;
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::Clock;
use wire::Integer;
use wire::credential::Role;

const DAY_S: i64 = 24 * 3_600;
/// Whoever asks for the time in these hotels; `supervise` keeps the broker's leaf, and the broker is its child.
const EVERYBODY: &[&str] = &[
    "supervise",
    "authority",
    "signaling",
    "device-proxy",
    "iot-gateway",
    "uplink",
    "hotel-sim",
];
const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "s3",
        "authority",
        "signaling",
        "device-proxy",
        "iot-gateway",
        "uplink",
        "hotel-sim",
    ],
};
/// Those of them that have a leaf and figures.
const HOLDERS: &[&str] = &["signaling", "device-proxy", "iot-gateway", "uplink"];

fn set(clocks: &Clocks, days: i64) {
    for name in EVERYBODY {
        clocks.set(name, days * DAY_S);
    }
}

async fn ready(hotel: &Hotel) {
    hotel.all_ready(LIMIT * 5).await;
}

/// So many days from now.
fn in_days(days: i64) -> Integer {
    let now = Clock::system().wall().value();
    let ms = u64::try_from(days * DAY_S * 1_000).unwrap();
    Integer::new(now + ms).unwrap()
}

async fn everybody_is_renewed(hotel: &Hotel, days: i64) {
    for name in ["authority", "broker"].iter().chain(HOLDERS) {
        let what = format!("{name} has a leaf of day {days}");
        eventually(&what, LIMIT * 5, || async {
            hotel.identity(name).due_in(in_days(days)).map(drop)
        })
        .await;
    }
}

/// Waits until a figure of a component is as it should be.
async fn figure(hotel: &Hotel, component: &str, name: &str, right: impl Fn(f64) -> bool) {
    let what = format!("{name} of {component} is right");
    eventually(&what, LIMIT * 2, || async {
        right(hotel.figure(component, name).await?).then_some(())
    })
    .await;
}

// bus-7.1, authority-3.1, authority-5.6, authority-8.5
#[tokio::test]
async fn days_without_the_authority_are_an_alarm_and_nothing_else() {
    const AWAY: i64 = 4;
    let clocks = match Clocks::of(EVERYBODY) {
        Ok(clocks) => clocks,
        Err(error) => return skip(&error.to_string()),
    };
    let hotel = Hotel::up_by(&clocks, PARTS);
    ready(&hotel).await;
    hotel.heard(8).await;
    hotel.edgectl(&["authority", "invite", "kitchen-1", "--role", "kitchen"]);
    hotel.edgectl(&["authority", "revoke", "kitchen-1"]);
    eventually("the kitchen is refused", LIMIT, || async {
        let let_in = Page::is_let_in(&hotel, "kitchen-1", Role::Kitchen).await;
        (!let_in).then_some(())
    })
    .await;
    for name in ["authority", "broker"].iter().chain(HOLDERS) {
        // Due in less than two days.
        hotel.age(name, 58);
    }
    let away = hotel.freeze("authority").await;
    set(&clocks, AWAY);
    for name in HOLDERS {
        figure(&hotel, name, "leaf_overdue", |overdue| overdue > 0.5).await;
        let failed = "leaf_renewals_total{outcome=\"failed\"}";
        figure(&hotel, name, failed, |failed| failed >= 2.0).await;
    }
    hotel.heard(8).await;
    // Leaves and tokens are good for weeks, and the old list for ever.
    hotel.kill_and_wait("broker").await;
    hotel.kill_and_wait("signaling").await;
    figure(&hotel, "signaling", "revocations_stale", |stale| {
        stale > 0.5
    })
    .await;
    let page = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    page.orders().await;
    assert!(!Page::is_let_in(&hotel, "kitchen-1", Role::Kitchen).await);
    hotel.heard(8).await;

    drop(away);
    everybody_is_renewed(&hotel, AWAY).await;
    for name in HOLDERS {
        figure(&hotel, name, "leaf_overdue", |overdue| overdue < 0.5).await;
    }
    figure(&hotel, "signaling", "revocations_stale", |stale| {
        stale < 0.5
    })
    .await;
    page.orders().await;
    page.close().await;
    ready(&hotel).await;
    hotel.settle_accounts().await;
}

// bus-7.4, authority-1.2
#[tokio::test]
async fn a_box_that_boots_a_year_ahead_works_there_and_when_its_clock_is_set() {
    const AHEAD: i64 = 390;
    let clocks = match Clocks::of(EVERYBODY) {
        Ok(clocks) => clocks,
        Err(error) => return skip(&error.to_string()),
    };
    set(&clocks, AHEAD);
    // Every leaf was issued today: to everybody in there it lapsed 300 days ago.
    let hotel = Hotel::up_by(&clocks, PARTS);
    everybody_is_renewed(&hotel, AHEAD).await;
    ready(&hotel).await;
    hotel.heard(20).await;

    set(&clocks, 0);
    for name in ["broker", "authority", "hotel-sim"].iter().chain(HOLDERS) {
        hotel.kill(name).await;
    }
    everybody_is_renewed(&hotel, 0).await;
    ready(&hotel).await;
    hotel.heard(20).await;
    hotel.settle_accounts().await;
}

// bus-7.5
#[test]
fn a_supervisor_that_starts_in_1970_sets_the_clock_before_anything_else() {
    let library = match clocks::library() {
        Ok(library) => library,
        Err(error) => return skip(&error.to_string()),
    };
    // Root as far as it can see, but nobody who may set the clock of this machine.
    let mut command = Command::new("setpriv");
    let output = command
        .args(["--bounding-set=-sys_time", "--inh-caps=-sys_time"])
        .arg(artifacts().join("supervise"))
        .args(["--", "/bin/sh", "-c", "exit 78"])
        .env("LD_PRELOAD", library)
        .env("FAKETIME", "@1970-01-01 00:00:05")
        .env("NO_FAKE_STAT", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !rustix::process::geteuid().is_root() {
        return skip("only root sets clocks");
    }
    assert!(said.contains("supervise: the clock is at 5"), "{said}");
    assert!(said.contains("cannot be raised"), "{said}");
    // It goes on: the program was started, and says that its configuration is wrong.
    assert_eq!(output.status.code(), Some(78), "{said}");
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
