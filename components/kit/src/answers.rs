//! First answers to requests, kept so that a repeated request is not carried out twice.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::{Integer, Principal, RequestId};

use crate::journal::Migration;

/// How long a repeated id gets the first answer.
pub const KEPT: Duration = Duration::from_hours(24);

/// Most answers that are kept, the newest: a flood of questions must not fill the disk.
const MOST: i64 = 50_000;

/// The table of answers.
pub const MIGRATION: Migration = Migration {
    name: "answer-1",
    sql: "CREATE TABLE answer (
        principal TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (principal, id)) STRICT, WITHOUT ROWID;
        CREATE INDEX answer_at ON answer (at);",
};

/// The answer that this request got before, if any.
pub async fn recall(
    readers: &SqlitePool,
    principal: &Principal,
    id: RequestId,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar("SELECT body FROM answer WHERE principal = ? AND id = ?")
        .bind(principal.as_str())
        .bind(id.to_string())
        .fetch_optional(readers)
        .await
}

/// Keeps an answer; the first one stands.
pub async fn remember(
    connection: &mut SqliteConnection,
    principal: &Principal,
    id: RequestId,
    at: Integer,
    body: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO answer (principal, id, at, body) VALUES (?, ?, ?, ?)")
        .bind(principal.as_str())
        .bind(id.to_string())
        .bind(column(at))
        .bind(body)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Forgets answers older than [`KEPT`], and the oldest of too many.
pub async fn forget(connection: &mut SqliteConnection, now: Integer) -> Result<(), sqlx::Error> {
    let kept_ms = u64::try_from(KEPT.as_millis()).expect("a day is few milliseconds");
    sqlx::query("DELETE FROM answer WHERE at < ?")
        .bind(i64::try_from(now.value().saturating_sub(kept_ms)).expect("integers fit a column"))
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM answer WHERE at < (SELECT at FROM answer ORDER BY at DESC LIMIT 1 OFFSET ?)",
    )
    .bind(MOST)
    .execute(connection)
    .await
    .map(|_| ())
}

/// An integer of the bus as SQLite stores it.
fn column(integer: Integer) -> i64 {
    i64::try_from(integer.value()).expect("integers of the bus are below 2^53")
}

#[cfg(test)]
mod tests;
