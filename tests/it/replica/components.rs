//! What components know, in the database: orders of `device-proxy`, devices of `iot-gateway`.

use hotel_tests::page::Page;
use wire::channel::about;
use wire::order::{Order, OrderStatus};
use wire::registry::Registry;

use super::*;

const HOUSE: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "signaling",
        "device-proxy",
        "hotel-vprinter",
        "iot-gateway",
        "hotel-sim",
        "postgres",
        "replica-sync",
        "hub-postgres",
        "hub",
    ],
};

// story-1 replica-sync-7.1, iot-gateway-10.1, iot-gateway-10.2, replica-sync-5.1
#[tokio::test]
async fn an_order_and_the_devices_reach_the_database_and_the_hub() {
    let hotel = Hotel::up(HOUSE);
    ready(&hotel, HOUSE.only).await;
    let (here, hub) = (hotel.database("postgres"), hotel.database("hub-postgres"));
    let page = Page::open(&hotel, "desk-1", Role::FrontDesk, None).await;
    // The database is away: the order does not wait for it.
    hotel.kill("postgres").await;
    let order = page
        .ask::<Order>(
            about::ORDER,
            &json!({
                "v": 1, "order": "01890a5d-ac96-774b-bcce-b302099a8057", "table": "t-7",
                "items": [{"item": "trout", "quantity": 2}],
            }),
        )
        .await
        .unwrap();
    page.moves(order.order, OrderStatus::Confirmed).await;
    let id = order.order.to_string();
    for (name, database) in [("hotel", &here), ("hub", &hub)] {
        let what = format!("the database of the {name} has the confirmed order");
        let row = eventually(&what, LIMIT, || async {
            let query = "SELECT to_jsonb(o) FROM hotel.orders o WHERE id = $1";
            let found = sqlx::query_scalar::<_, Json<Value>>(query).bind(&id);
            let Json(row) = found.fetch_optional(database).await.ok()??;
            (row["status"] == "confirmed").then_some(row)
        })
        .await;
        assert_eq!(
            (&row["place"], &row["total_minor"]),
            (&json!("t-7"), &json!(3780))
        );
        let item = row_of_item(database, &id).await;
        assert_eq!(
            (&item["name"], &item["quantity"]),
            (&json!("Trout with almonds"), &json!(2))
        );
        let what = format!("the database of the {name} has the devices");
        eventually(&what, LIMIT, || async {
            let query = "SELECT count(*) FROM hotel.device_state WHERE online AND state <> '{}'";
            let online: i64 = sqlx::query_scalar(query).fetch_one(database).await.ok()?;
            (online == 4).then_some(())
        })
        .await;
    }
    page.close().await;

    // A device is taken out of the registry while the gateway does not look.
    let away = hotel.freeze("iot-gateway").await;
    let text = std::fs::read(&hotel.places.registry).unwrap();
    let mut registry: Registry = serde_json::from_slice(&text).unwrap();
    let gone = registry.devices.pop().unwrap().device.to_string();
    std::fs::write(&hotel.places.registry, wire::encode(&registry)).unwrap();
    hotel.kill_and_wait("iot-gateway").await;
    drop(away);
    for (name, database) in [("hotel", &here), ("hub", &hub)] {
        let what = format!("the database of the {name} has it no more");
        eventually(&what, LIMIT, || async {
            let row = row(database, "device_state", &gone).await;
            row.is_none().then_some(())
        })
        .await;
    }
}

async fn row_of_item(database: &PgPool, order: &str) -> Value {
    let query = "SELECT to_jsonb(i) FROM hotel.order_items i WHERE order_id = $1";
    let found = sqlx::query_scalar::<_, Json<Value>>(query).bind(order);
    let Json(row) = found.fetch_one(database).await.unwrap();
    row
}
