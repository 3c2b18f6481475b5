//! Tables: what can be synchronised, and what is captured of them.

use hotel_tests::client::next;
use sqlx::Connection as _;
use wire::record::{Recorded, Records};
use wire::topic::ServiceSubject;
use wire::{BatchId, Component, Filter, Principal, Topic, replica};

use super::*;

/// What the check `database` says of a table.
async fn refusal(hotel: &Hotel, sql: &'static str, name: &str) -> String {
    let database = hotel.database("postgres");
    sqlx::raw_sql(sql).execute(&database).await.unwrap();
    let path = &hotel.places.configurations["replica-sync"];
    let configuration: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let before = configuration["tables"].clone();
    let mut tables = before.clone();
    tables.as_array_mut().unwrap().push(json!({"name": name}));
    hotel.reconfigure("replica-sync", "/tables", tables);
    hotel.kill("replica-sync").await;
    let http = reqwest::Client::builder().use_preconfigured_tls(hotel.trusting());
    let http = http.build().unwrap();
    let what = format!("table {name} is refused");
    let why = eventually(&what, LIMIT, || async {
        let admin = &hotel.places.admin["replica-sync"];
        let report = http
            .get(format!("http://{admin}/readyz"))
            .send()
            .await
            .ok()?;
        let text = report.text().await.ok()?;
        text.contains(name).then_some(text)
    })
    .await;
    hotel.reconfigure("replica-sync", "/tables", before);
    why
}

// replica-sync-1.2
#[tokio::test]
async fn a_table_that_cannot_be_synchronised_is_refused_by_name_with_the_reason() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    for (sql, name, says) in [
        ("SELECT 1", "nowhere", "does not exist"),
        (
            "CREATE TABLE hotel.loose (id text PRIMARY KEY)",
            "loose",
            "lacks the columns tenant and property",
        ),
        (
            "CREATE TABLE hotel.counted (tenant text, property text, id serial, PRIMARY KEY (tenant, id))",
            "counted",
            "counts its column",
        ),
        (
            "CREATE TABLE hotel.single (tenant text, property text, id text, mail text UNIQUE,
                PRIMARY KEY (tenant, id))",
            "single",
            "is unique over",
        ),
        (
            "CREATE TABLE hotel.placed (tenant text, property text, id text, place point,
                PRIMARY KEY (tenant, id))",
            "placed",
            "of type point",
        ),
        (
            "CREATE TABLE hotel.keyless (tenant text, property text, id text)",
            "keyless",
            "needs the primary key",
        ),
    ] {
        let why = refusal(&hotel, sql, name).await;
        assert!(why.contains(says), "{name}: {why}");
    }
}

// replica-sync-1.3, replica-sync-2.2
#[tokio::test]
async fn what_any_program_writes_is_captured_and_keys_never_change() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    let database = hotel.database("postgres");
    let mut connection = database.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for table in ["rooms", "tasks"] {
        let sql = match table {
            "rooms" => {
                "INSERT INTO hotel.rooms (tenant, property, id, number) VALUES ($1, $2, 'a', '1')"
            }
            _ => {
                "INSERT INTO hotel.tasks (tenant, property, id, title, created_at) VALUES ($1, $2, 'a', 't', 0)"
            }
        };
        sqlx::query(sql)
            .bind(hotel.places.tenant.as_str())
            .bind(hotel.places.property.as_str())
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let transactions = "SELECT count(DISTINCT xid::text) FROM sync.row_state";
    let count: i64 = sqlx::query_scalar(transactions)
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(count, 1, "one transaction is one place");
    for (sql, says) in [
        ("UPDATE hotel.rooms SET id = 'b'", "never changed"),
        ("UPDATE hotel.rooms SET property = 'b'", "never changed"),
        ("TRUNCATE hotel.rooms", "instead of truncating"),
    ] {
        let error = sqlx::query(sql).execute(&database).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let unchanged = "SELECT top, versions::text FROM sync.row_state WHERE relation =
        (SELECT id FROM sync.relation WHERE name = 'rooms')";
    let state = || sqlx::query_as::<_, (i64, String)>(unchanged).fetch_one(&database);
    sqlx::query("UPDATE hotel.rooms SET number = number")
        .execute(&database)
        .await
        .unwrap();
    assert_eq!(state().await.unwrap(), (0, "{}".to_owned()));
    sqlx::query("UPDATE hotel.rooms SET note = 'n'")
        .execute(&database)
        .await
        .unwrap();
    let (top, versions) = state().await.unwrap();
    assert!(
        top > 0 && versions.contains("\"note\"") && !versions.contains("number"),
        "{versions}"
    );
}

// replica-sync-7.1, replica-sync-7.2, replica-sync-6.2
#[tokio::test]
async fn rows_of_components_are_committed_before_they_are_confirmed_and_once() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    let database = hotel.database("postgres");
    let proxy = hotel.client("device-proxy").await;
    let sender = Principal::from(Component::DeviceProxy);
    let filter = Filter::recorded(
        &hotel.places.property,
        Some(Component::ReplicaSync),
        Some(&sender),
    );
    let mut recorded = proxy.bus.subscribe([filter]).await;
    let proxy = proxy.connected().await;
    let row_of = |id: &str, title: Value| {
        let columns = json!({"id": id, "title": title, "created_at": 1});
        replica::row(
            wire::Integer::default(),
            "tasks",
            columns.as_object().unwrap().clone(),
        )
    };
    let records = Records {
        v: wire::Version,
        records: vec![
            row_of("t1", json!("Towels")),
            row_of("t2", json!(7)),
            row_of("t3", json!("Soap")),
        ],
    };
    let batch: BatchId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let subject = ServiceSubject::Record(replica::rows(), sender, batch);
    let topic = Topic::service(&hotel.places.property, Component::ReplicaSync, subject);
    let mut states = Vec::new();
    for _ in 0..2 {
        proxy
            .bus
            .publish(&topic, &records, kit::bus::Retain::No)
            .await
            .unwrap();
        let answer = next(&mut recorded).await;
        let answer: Recorded = wire::decode(&answer.body).unwrap();
        assert_eq!(answer.problem, None);
        // Whatever is confirmed survives the end of everybody.
        hotel.kill("postgres").await;
        hotel.kill_and_wait("replica-sync").await;
        let kept = eventually("the database is back", LIMIT, || async {
            let rows = sqlx::query_as::<_, (String, String, i64)>(
                "SELECT id, xid::text, seq FROM sync.row_state ORDER BY id",
            );
            rows.fetch_all(&database).await.ok()
        })
        .await;
        states.push(kept);
    }
    let ids: Vec<_> = states[0].iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids, ["t1", "t3"]);
    assert_eq!(states[0], states[1], "a repetition is a change");
    proxy.end().await;
}
