//! Tablets and the hub on one machine: how soon one tablet has what another wrote, how long one that has
//! nothing reads, how fast rows of a hotel are applied in the cloud.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kit::clock::Clock;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use tokio::time::sleep;
use wire::credential::Role;

use super::samples::Samples;
use super::{Figure, told};
use crate::hotel::{LIMIT, repository};
use crate::{Hotel, Plan, eventually};

/// Rows that were written while the cloud was away.
const ROWS: i64 = 40_000;
/// Rows of one transaction at the hotel, and of one statement of the floor.
const BATCH: i64 = 5_000;
/// How often it is looked how many rows have come.
const LOOK: Duration = Duration::from_millis(50);
const PARTS: &[&str] = &[
    "broker",
    "authority",
    "postgres",
    "replica-sync",
    "hub-postgres",
    "hub",
];

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let hotel = Hotel::up(Plan {
            rooms: 1,
            only: PARTS,
        });
        let mut figures = tablets(&hotel);
        figures.push(apply(&hotel).await);
        figures
    })
}

/// What the script tells of one server.
#[derive(Debug, Deserialize)]
struct Times {
    tablet_to_tablet_ms: Vec<f64>,
    first_1000_ms: Vec<f64>,
}

/// What the script tells.
#[derive(Debug, Deserialize)]
struct Told {
    ours: Times,
    floor: Times,
}

fn tablets(hotel: &Hotel) -> Vec<Figure> {
    let identity = hotel.identity_dir("replica-sync");
    let memory = Memory::start(&identity);
    let servers = json!({
        "ours": { "url": hotel.replica_url(), "token": hotel.bearer("manager-1", Role::Manager) },
        "floor": { "url": memory.url, "token": "" },
    });
    let peers = repository().join("tests/peers");
    let told: Told = told(
        Command::new("node")
            .arg("rxdb/bench.mjs")
            .current_dir(peers)
            .env("HOTEL_REPLICA", servers.to_string())
            .env("NODE_EXTRA_CA_CERTS", identity.join("ca.pem")),
    );
    let median = |times: Vec<f64>| Samples::of_ms(times).quantile_ms(0.5);
    let figure = |name, ours, floor| {
        Figure::latency("sync", name, median(ours)).floor("RxDB, in memory", median(floor))
    };
    let Told { ours, floor } = told;
    vec![
        figure(
            "tablet_to_tablet_p50_ms",
            ours.tablet_to_tablet_ms,
            floor.tablet_to_tablet_ms,
        ),
        figure("first_1000_ms", ours.first_1000_ms, floor.first_1000_ms),
    ]
}

/// A server of the same messages that keeps everything in memory; ended when dropped.
struct Memory {
    process: Child,
    url: String,
}

impl Memory {
    fn start(identity: &Path) -> Self {
        let mut process = Command::new("node")
            .arg(repository().join("tests/peers/rxdb/memory.mjs"))
            .args([identity.join("cert.pem"), identity.join("key.pem")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be started");
        let mut port = String::new();
        let told = process.stdout.take().expect("its output is a pipe");
        BufReader::new(told)
            .read_line(&mut port)
            .expect("it tells its port");
        let url = format!("https://127.0.0.1:{}", port.trim());
        Self { process, url }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Rows that wait for the hub, from the first that it has to the last; beside the same rows in the
/// same database by bare statements.
async fn apply(hotel: &Hotel) -> Figure {
    let here = hotel.database("postgres");
    let hub = hotel.database("hub-postgres");
    eventually("the hub has the tables", LIMIT, || async {
        count(&hub).await.map(drop)
    })
    .await;
    let before = count(&hub).await.expect("it is there");
    let clock = Clock::system();
    let away = hotel.freeze("hub").await;
    for batch in 0..ROWS / BATCH {
        write(hotel, &here, "hotel.messages", batch).await;
    }
    drop(away);
    let began = eventually("the first rows come", LIMIT, || async {
        let come = count(&hub).await? - before;
        (come > 0).then(|| (come, clock.monotonic()))
    });
    let (first, began) = began.await;
    while count(&hub).await.is_some_and(|come| come < before + ROWS) {
        sleep(LOOK).await;
    }
    let ours = per_second(ROWS - first, clock.monotonic() - began);
    let floor = bare(hotel, &hub).await;
    Figure::rate("sync", "apply_rows_per_s", "rows/s", ours).floor("UNNEST upsert", floor)
}

/// Rows in a second, by a table without triggers, index or anything but its key.
async fn bare(hotel: &Hotel, hub: &PgPool) -> f64 {
    let create = "CREATE TABLE hotel.floor (tenant text, property text, id text,
        author text, role text, room text, text text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (tenant, id))";
    sqlx::query(create)
        .execute(hub)
        .await
        .expect("a table can be made");
    let clock = Clock::system();
    let began = clock.monotonic();
    for batch in 0..ROWS / BATCH {
        write(hotel, hub, "hotel.floor", batch).await;
    }
    per_second(ROWS, clock.monotonic() - began)
}

/// Messages by one statement.
async fn write(hotel: &Hotel, database: &PgPool, table: &str, batch: i64) {
    let first = batch * BATCH;
    let numbers: Vec<i64> = (first..first + BATCH).collect();
    let ids = numbers.iter().map(|number| format!("bench-{number}"));
    let texts = numbers
        .iter()
        .map(|number| format!("Towels for room {}, please, and a crib", number % 250));
    let (ids, texts): (Vec<_>, Vec<_>) = (ids.collect(), texts.collect());
    let statement = format!(
        "INSERT INTO {table} (tenant, property, id, author, role, room, text, at)
         SELECT $4, $5, id, 'desk-1', 'front-desk', '205', text, at
         FROM unnest($1::text[], $2::text[], $3::bigint[]) AS rows (id, text, at)
         ON CONFLICT (tenant, id) DO UPDATE SET text = excluded.text, at = excluded.at"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(ids)
        .bind(texts)
        .bind(numbers)
        .bind(hotel.places.tenant.as_str())
        .bind(hotel.places.property.as_str())
        .execute(database)
        .await
        .expect("rows can be written");
}

async fn count(database: &PgPool) -> Option<i64> {
    let counted = sqlx::query_scalar("SELECT count(*) FROM hotel.messages");
    counted.fetch_one(database).await.ok()
}

#[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2⁵²")]
fn per_second(rows: i64, within: Duration) -> f64 {
    rows as f64 / within.as_secs_f64()
}
