//! What was sent by day, and what an operator chose.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::Integer;

use super::columns::{count, of_count};
use crate::meter::Count;
use crate::object::date;

/// How long a day is remembered: somewhat more than thirteen months.
const REMEMBERED: Duration = Duration::from_hours(24 * 410);

pub(super) async fn add(
    connection: &mut SqliteConnection,
    count: &Count,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO spool_spent (day, part, requests, bytes) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
         bytes = bytes + excluded.bytes",
    )
    .bind(&count.day)
    .bind(&count.of)
    .bind(of_count(count.requests))
    .bind(of_count(count.bytes))
    .execute(connection)
    .await
    .map(|_| ())
}

pub(super) async fn since(readers: &SqlitePool, day: &str) -> Result<Vec<Count>, sqlx::Error> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT day, part, requests, bytes FROM spool_spent WHERE day >= ? ORDER BY day, part",
    )
    .bind(day)
    .fetch_all(readers)
    .await?;
    let read = |(day, of, requests, bytes)| Count {
        day,
        of,
        requests: count(requests),
        bytes: count(bytes),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Forgets days that nobody asks for any more.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    now: Integer,
) -> Result<(), sqlx::Error> {
    let remembered_ms = u64::try_from(REMEMBERED.as_millis()).expect("days are few milliseconds");
    let oldest = Integer::new(now.value().saturating_sub(remembered_ms)).unwrap_or_default();
    sqlx::query("DELETE FROM spool_spent WHERE day < ?")
        .bind(date(oldest))
        .execute(connection)
        .await
        .map(|_| ())
}

pub(super) async fn setting(
    readers: &SqlitePool,
    name: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM spool_setting WHERE name = ?")
        .bind(name)
        .fetch_optional(readers)
        .await
}

pub(super) async fn set(
    connection: &mut SqliteConnection,
    name: &str,
    value: Option<&str>,
) -> Result<(), sqlx::Error> {
    let query = match value {
        Some(value) => sqlx::query("INSERT OR REPLACE INTO spool_setting VALUES (?, ?)")
            .bind(name)
            .bind(value),
        None => sqlx::query("DELETE FROM spool_setting WHERE name = ?").bind(name),
    };
    query.execute(connection).await.map(|_| ())
}
