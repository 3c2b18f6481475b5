//! The hotel's database and its tablets, on real parts: PostgreSQL, RxDB, several writers.

use std::collections::BTreeSet;
use std::pin::pin;
use std::process::Command;
use std::time::Duration;

use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::replica::Tablet;
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use sqlx::types::Json;
use wire::credential::Role;

mod components;
mod convergence;
mod guest_messages;
mod hub;
mod order;
mod points;
mod tables;
mod tablets;

/// A hotel with its database and without a hub.
pub(crate) const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "authority", "postgres", "replica-sync"],
};

pub(crate) async fn ready(hotel: &Hotel, parts: &[&str]) {
    hotel.ready(parts, LIMIT).await;
}

/// Makes a table and has it synchronised: configuration, no code.
async fn synchronise(hotel: &Hotel, sql: &'static str, table: Value) {
    let database = hotel.database("postgres");
    sqlx::raw_sql(sql).execute(&database).await.unwrap();
    let path = &hotel.places.configurations["replica-sync"];
    let configuration = std::fs::read(path).unwrap();
    let configuration: Value = serde_json::from_slice(&configuration).unwrap();
    let mut tables = configuration["tables"].clone();
    tables.as_array_mut().unwrap().push(table);
    hotel.reconfigure("replica-sync", "/tables", tables);
    hotel.kill_and_wait("replica-sync").await;
}

const HUMANS: &str = r#"CREATE TABLE hotel.humans (
    tenant text NOT NULL, property text NOT NULL, "passportId" text NOT NULL,
    "firstName" text NOT NULL, "lastName" text NOT NULL, age integer NOT NULL,
    PRIMARY KEY (tenant, "passportId"))"#;

// replica-sync-4.1, replica-sync-1.1
#[tokio::test]
async fn the_suite_of_rxdb_passes_against_a_table_that_only_configuration_names() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    let table = json!({
        "name": "humans",
        "access": [{
            "roles": ["manager"], "rows": "all", "insert": true, "delete": true,
            "write": ["firstName", "lastName", "age"],
        }],
    });
    synchronise(&hotel, HUMANS, table).await;
    let server = json!({
        "url": hotel.replica_url(), "token": hotel.bearer("manager-1", Role::Manager),
    });
    let peers = repository().join("tests/peers");
    let suite = Command::new(peers.join("node_modules/.bin/mocha"))
        .args(["--exit", "rxdb/suite.test.mjs"])
        .current_dir(&peers)
        .env("HOTEL_REPLICA", server.to_string())
        .env(
            "NODE_EXTRA_CA_CERTS",
            hotel.identity_dir("authority").join("ca.pem"),
        )
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&suite.stdout);
    let complaints = String::from_utf8_lossy(&suite.stderr);
    assert!(suite.status.success(), "{told}\n{complaints}");
    assert!(told.contains("3 passing"), "{told}");
}

/// A hotel with its database and the hub of the simulated cloud.
const WITH_HUB: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "postgres",
        "replica-sync",
        "hub-postgres",
        "hub",
    ],
};

/// How far behind the hub may be, once there is a line.
const FOLLOWS: Duration = Duration::from_secs(15);

/// A row of a table, as a database has it.
async fn row(database: &PgPool, table: &str, id: &str) -> Option<Value> {
    let query = format!("SELECT to_jsonb(t) FROM hotel.{table} t WHERE id = $1");
    let found = sqlx::query_scalar::<_, Json<Value>>(AssertSqlSafe(query));
    let found = found.bind(id).fetch_optional(database).await.unwrap();
    found.map(|Json(row)| row)
}

/// Waits until both databases have the same states and rows; what they are.
async fn same_everywhere(left: &PgPool, right: &PgPool) -> Vec<String> {
    eventually("both sides are the same", FOLLOWS, || async {
        let (left, right) = (states(left).await, states(right).await);
        (left == right).then_some(left)
    })
    .await
}

/// Every state with its row, without what is each database's own.
async fn states(database: &PgPool) -> Vec<String> {
    let query = "SELECT concat_ws(' ', r.name, s.id, s.property, s.life, s.hlc, s.origin,
            s.versions, coalesce(to_jsonb(m), to_jsonb(t)))
         FROM sync.row_state s JOIN sync.relation r ON r.id = s.relation
         LEFT JOIN hotel.rooms m ON r.name = 'rooms' AND m.id = s.id
         LEFT JOIN hotel.tasks t ON r.name = 'tasks' AND t.id = s.id
         WHERE r.name IN ('rooms', 'tasks') ORDER BY 1";
    sqlx::query_scalar(query).fetch_all(database).await.unwrap()
}

fn room(number: &str, status: &str) -> Value {
    json!({ "id": format!("room-{number}"), "number": number, "status": status })
}

fn with(document: &Value, column: &str, value: impl Into<Value>) -> Value {
    let mut changed = document.clone();
    changed[column] = value.into();
    changed
}

// story-6 replica-sync-5.1, replica-sync-3.2, replica-sync-5.4
#[tokio::test]
async fn what_is_written_on_both_sides_of_a_cut_line_is_the_same_once_it_is_back() {
    let hotel = Hotel::up(WITH_HUB);
    ready(&hotel, WITH_HUB.only).await;
    let (here, there) = (hotel.database("postgres"), hotel.database("hub-postgres"));
    let manager = hotel.tablet("manager-1", Role::Manager);
    let tablets: Vec<_> = (1..=3)
        .map(|number| hotel.tablet(&format!("house-{number}"), Role::Housekeeping))
        .collect();
    manager.change("rooms", None, &room("205", "dirty")).await;
    eventually("the hub has the room", FOLLOWS, || {
        row(&there, "rooms", "room-205")
    })
    .await;
    let guest =
        json!({ "id": "guest-1", "name": "Ada", "language": "en", "email": "ada@example.com" });
    let desk = hotel.tablet("desk-1", Role::FrontDesk);
    desk.change("guests", None, &guest).await;
    let guest = eventually("the hub has the guest", FOLLOWS, || {
        row(&there, "guests", "guest-1")
    })
    .await;
    assert_eq!(guest["language"], "en");
    assert_eq!(
        (&guest["name"], &guest["email"]),
        (&Value::Null, &Value::Null)
    );

    let cut = hotel.freeze("hub").await;
    for (number, tablet) in tablets.iter().enumerate() {
        let task = json!({
            "id": format!("task-{number}"), "title": "Towels", "status": "open", "created_at": 1,
        });
        assert_eq!(tablet.change("tasks", None, &task).await, Value::Null);
    }
    let known = tablets[0].documents("rooms").await.remove(0);
    let cleaned = with(&known, "status", "clean");
    assert_eq!(
        tablets[0].change("rooms", Some(&known), &cleaned).await,
        Value::Null
    );
    // Meanwhile somebody in the cloud writes into the same row.
    sqlx::query("UPDATE hotel.rooms SET note = 'VIP' WHERE id = 'room-205'")
        .execute(&there)
        .await
        .unwrap();
    drop(cut);

    let states = same_everywhere(&here, &there).await;
    assert_eq!(states.len(), 4, "{states:#?}");
    let room = row(&here, "rooms", "room-205").await.unwrap();
    assert_eq!(
        (&room["status"], &room["note"]),
        (&json!("clean"), &json!("VIP"))
    );
    for tablet in &tablets {
        assert_eq!(tablet.documents("tasks").await.len(), 3);
        assert_eq!(tablet.documents("rooms").await[0]["note"], "VIP");
    }
}

// replica-sync-5.8
#[tokio::test]
async fn what_was_answered_or_overwritten_long_ago_is_forgotten() {
    let hotel = Hotel::up(WITH_HUB);
    ready(&hotel, WITH_HUB.only).await;
    let (here, there) = (hotel.database("postgres"), hotel.database("hub-postgres"));
    let (tenant, property) = (&hotel.places.tenant, &hotel.places.property);
    let old = |columns: &str, values: &str, days: u32| {
        format!(
            "INSERT INTO sync.{columns} SELECT '{tenant}', '{property}', {values},
             now() - make_interval(days => n) FROM generate_series({}, {}) AS n",
            days - 2,
            days + 3
        )
    };
    let inbox = "inbox (tenant, property, peer, batch, sha256, answer, at)";
    let inbox = old(inbox, "'another-box', 'old-' || n, '', '{}'", 30);
    let conflict = "conflict
        (tenant, property, relation, row_id, principal, base, wanted, kept, reason, at)";
    let values = "'rooms', 'old-' || n, 'somebody', '{}', '{}', '{}', 'both-sides'";
    let conflict = old(conflict, values, 90);
    for (database, notes) in [(&there, inbox), (&here, conflict)] {
        let noted = sqlx::raw_sql(AssertSqlSafe(notes)).execute(database).await;
        noted.unwrap();
    }

    let manager = hotel.tablet("manager-1", Role::Manager);
    manager.change("rooms", None, &room("205", "dirty")).await;
    let known = manager.documents("rooms").await.remove(0);
    let cleaned = with(&known, "status", "clean");
    manager.change("rooms", Some(&known), &cleaned).await;
    // On top of what is no longer so.
    let late = with(&known, "status", "inspected");
    manager.change("rooms", Some(&known), &late).await;
    let left = async |database: &PgPool, of: &str| {
        let query = format!("SELECT count(*) FROM sync.{of} LIKE 'old-%'");
        let left = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query));
        left.fetch_one(database).await.ok()
    };
    eventually("old notes are gone, and no others", FOLLOWS, || async {
        let left = (
            left(&there, "inbox WHERE batch").await?,
            left(&here, "conflict WHERE row_id").await?,
        );
        (left == (2, 2)).then_some(())
    })
    .await;
}

// replica-sync-2.2, replica-sync-5.1
#[tokio::test]
async fn a_transaction_larger_than_any_batch_reaches_the_hub_in_pieces() {
    let hotel = Hotel::up(WITH_HUB);
    ready(&hotel, WITH_HUB.only).await;
    let (here, there) = (hotel.database("postgres"), hotel.database("hub-postgres"));
    // Many rows that stay come first, and hold up nothing.
    sqlx::query(
        "INSERT INTO hotel.guest_messages (tenant, property, id, guest, text, at)
         SELECT $1, $2, 'm-' || n, 'guest', 'words', n FROM generate_series(1, 2000) AS n",
    )
    .bind(hotel.places.tenant.as_str())
    .bind(hotel.places.property.as_str())
    .execute(&here)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO hotel.inventory_lines (tenant, property, id, item, quantity, reason, at)
         SELECT $1, $2, 'line-' || n, 'towel', 1, repeat('x', 5000), n
         FROM generate_series(1, 12000) AS n",
    )
    .bind(hotel.places.tenant.as_str())
    .bind(hotel.places.property.as_str())
    .execute(&here)
    .await
    .unwrap();
    eventually("the hub has every line", LIMIT, || async {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM hotel.inventory_lines");
        (count.fetch_one(&there).await.ok()? == 12_000).then_some(())
    })
    .await;
}
