//! The hotel's database and its tablets, on real parts: PostgreSQL, RxDB, several writers.

use std::process::Command;

use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::{Value, json};
use wire::credential::Role;

/// A hotel with its database and without a hub.
pub(crate) const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "authority", "postgres", "replica-sync"],
};

pub(crate) async fn ready(hotel: &Hotel, parts: &[&str]) {
    for name in parts {
        eventually(&format!("{name} is ready"), LIMIT, || async {
            hotel.part(name)?.ready.then_some(())
        })
        .await;
    }
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
