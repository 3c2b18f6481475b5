//! The rooms of the simulated hotel as rows of its database; elsewhere the hotel's own software
//! makes them.

use std::path::Path;
use std::time::Duration;

use kit::error::Chain;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::time::sleep;

use super::hotel::Hotel;
use super::plan::Plan;
use crate::device;

/// Where the rooms go.
const DATABASE: &str = "postgres";
/// Whoever simulates the devices of the rooms; who makes their table.
const SIMULATOR: &str = "hotel-sim";
const REPLICA: &str = "replica-sync";
/// How often a database is asked that is not there yet, or has no tables yet.
const AGAIN: Duration = Duration::from_secs(1);
/// Rooms that are there stay as they are.
const WRITE: &str = "INSERT INTO hotel.rooms (tenant, property, id, number, floor, type, status)
    SELECT $1, $2, 'room-' || number, number::text, number / 100,
        CASE WHEN number % 5 = 0 THEN 'suite' ELSE 'double' END,
        CASE number % 3 WHEN 0 THEN 'dirty' WHEN 1 THEN 'clean' ELSE 'inspected' END
    FROM unnest($3::integer[]) number
    ON CONFLICT DO NOTHING";

/// Writes the rooms as soon as there is a table for them, if the plan has both.
pub(super) async fn write(plan: &Plan) {
    let has = |name: &str| plan.parts.iter().any(|part| part.name == name);
    let Some(socket) = plan.hotel.databases.get(DATABASE) else {
        return;
    };
    if !(has(SIMULATOR) && has(REPLICA)) {
        return;
    }
    while let Err(error) = write_once(socket, &plan.hotel).await {
        tracing::debug!(error = %Chain(&error), "rooms cannot be written yet");
        sleep(AGAIN).await;
    }
}

async fn write_once(socket: &Path, hotel: &Hotel) -> Result<(), sqlx::Error> {
    let options = PgConnectOptions::new()
        .socket(socket)
        .port(5432)
        .database("hotel")
        .username("hotel_owner");
    let mut connection: PgConnection = options.connect().await?;
    let numbers: Vec<i32> = device::room_numbers(hotel.rooms).collect();
    sqlx::query(WRITE)
        .bind(hotel.tenant.as_str())
        .bind(hotel.property.as_str())
        .bind(numbers)
        .execute(&mut connection)
        .await?;
    connection.close().await
}
