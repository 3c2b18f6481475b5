//! A replica, and its hub, that die at named points: both sides come to be the same, with everything
//! that was confirmed.

use hotel_tests::client::Client;
use hotel_tests::faults::{Chance, rounds, seeds};
use hotel_tests::points::{Blow, shuffled};
use kit::clock::Clock;
use kit::fault::Point;
use kit::ids;
use kit::outbox::Consumer;
use tokio::time::timeout;
use wire::record::Records;
use wire::{BatchId, Component, Version, replica};

use super::*;

const WAY: &[(&str, Point)] = &[
    ("replica-sync", Point::ReplicaRecordsWritten),
    ("replica-sync", Point::ReplicaRecordsKept),
    ("replica-sync", Point::ReplicaBatchSent),
    ("replica-sync", Point::ReplicaPageFetched),
    ("replica-sync", Point::ReplicaPageApplied),
    ("hub", Point::HubBatchRead),
    ("hub", Point::HubBatchApplied),
];

/// How long somebody waits who may be talking to the dead.
const SOON: Duration = Duration::from_secs(2);

/// A component that hands rows over, one batch after the other, each until it is confirmed.
struct Courier {
    consumer: Consumer,
    batch: (BatchId, Vec<u8>),
    confirmed: u32,
}

impl Courier {
    async fn new(client: &Client) -> Self {
        Self {
            consumer: Consumer::of(Component::ReplicaSync, &client.bus).await,
            batch: batch(0),
            confirmed: 0,
        }
    }

    async fn hand(&mut self) {
        let (id, body) = self.batch.clone();
        let rows = replica::rows();
        let handing = self.consumer.hand_over(&rows, id, body);
        if let Ok(Ok(())) = timeout(SOON, handing).await {
            self.confirmed += 1;
            self.batch = batch(self.confirmed);
        }
    }
}

fn batch(number: u32) -> (BatchId, Vec<u8>) {
    let now = Clock::system().wall();
    let columns = replica::columns([
        ("id", json!(format!("here-{number}"))),
        ("title", json!("Towels")),
        ("status", json!("open")),
        ("created_at", json!(1)),
    ]);
    let records = vec![replica::row(now, "tasks", columns)];
    let body = wire::encode(&Records {
        v: Version,
        records,
    });
    (ids::new(now), body)
}

/// Somebody in the cloud writes a row.
async fn write_there(hotel: &Hotel, hub: &PgPool, number: u32) {
    sqlx::query(
        "INSERT INTO hotel.tasks (tenant, property, id, title, status, created_at)
         VALUES ($1, $2, $3, 'Towels', 'open', 1)",
    )
    .bind(hotel.places.tenant.as_str())
    .bind(hotel.places.property.as_str())
    .bind(format!("there-{number}"))
    .execute(hub)
    .await
    .unwrap();
}

// replica-sync-5.1, replica-sync-7.1
#[tokio::test]
async fn both_sides_are_the_same_after_a_death_at_every_point_between_them() {
    for seed in seeds(1, 5) {
        let mut chance = Chance::of(seed);
        let (hotel, points) = Hotel::up_armed(WITH_HUB, &["replica-sync"]);
        ready(&hotel, WITH_HUB.only).await;
        let (here, there) = (hotel.database("postgres"), hotel.database("hub-postgres"));
        let client = hotel.client("device-proxy").await;
        let mut component = Courier::new(&client).await;
        let mut written = 0;
        for _ in 0..rounds(1, 2) {
            for (name, point) in shuffled(&mut chance, WAY) {
                report(format_args!("HOTEL_SEED={seed}: {}", point.name()));
                let before = hotel.part(name).and_then(|part| part.pid);
                points.arm(point, Blow::Kill, 1);
                points
                    .struck(point, async || {
                        component.hand().await;
                        write_there(&hotel, &there, written).await;
                        written += 1;
                    })
                    .await;
                hotel.recovers(name, Blow::Kill, before).await;
            }
        }
        let confirmed = component.confirmed;
        eventually("both sides have everything", 2 * LIMIT, || async {
            let (left, right) = (states(&here).await, states(&there).await);
            let has = |of: &str| left.iter().filter(|state| state.contains(of)).count();
            let whole =
                has("tasks here-") >= confirmed as usize && has("tasks there-") == written as usize;
            (left == right && whole).then_some(())
        })
        .await;
        report(format_args!(
            "HOTEL_SEED={seed}: {confirmed} rows here, {written} there"
        ));
        client.end().await;
    }
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}
