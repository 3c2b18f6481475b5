//! The outbox on disk.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::types::Json;
use wire::bound::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};
use wire::record::{Record, Records};
use wire::{BatchId, Version, Word};

/// A batch as it is sent, the same every time.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) id: BatchId,
    pub(super) body: Vec<u8>,
}

/// Adds bodies to streams, in their order.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    rows: &[(Word, String)],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbox_record (stream, body)
         SELECT value ->> 0, CAST(value ->> 1 AS BLOB) FROM json_each(?) ORDER BY key",
    )
    .bind(Json(rows))
    .execute(connection)
    .await
    .map(|_| ())
}

pub(super) async fn backlog(readers: &SqlitePool) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox_record")
        .fetch_one(readers)
        .await?;
    Ok(count.unsigned_abs())
}

/// The batch of the stream that is under way, if any.
pub(super) async fn under_way(
    readers: &SqlitePool,
    stream: &Word,
) -> Result<Option<Batch>, sqlx::Error> {
    let row: Option<(String, Vec<u8>)> =
        sqlx::query_as("SELECT batch, body FROM outbox_batch WHERE stream = ?")
            .bind(stream.as_str())
            .fetch_optional(readers)
            .await?;
    Ok(row.and_then(|(id, body)| {
        Some(Batch {
            id: id.parse().ok()?,
            body,
        })
    }))
}

/// Makes a batch of the oldest records of a stream; none when there are none.
pub(super) async fn form(
    connection: &mut SqliteConnection,
    stream: &Word,
    id: BatchId,
) -> Result<Option<Batch>, sqlx::Error> {
    let limit = i64::try_from(BATCH_RECORDS_MAX).expect("a batch has few records");
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT id, body FROM outbox_record WHERE stream = ? ORDER BY id LIMIT ?")
            .bind(stream.as_str())
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
    let Some((through, records)) = fitting(rows) else {
        return Ok(None);
    };
    let body = wire::encode(&Records {
        v: Version,
        records,
    });
    sqlx::query("INSERT INTO outbox_batch (stream, batch, through, body) VALUES (?, ?, ?, ?)")
        .bind(stream.as_str())
        .bind(id.to_string())
        .bind(through)
        .bind(&body)
        .execute(connection)
        .await?;
    Ok(Some(Batch { id, body }))
}

/// As many of the first rows as fit one batch, and the id of the last of them.
fn fitting(rows: Vec<(i64, Vec<u8>)>) -> Option<(i64, Vec<Record>)> {
    let mut bytes = 0;
    let mut through = None;
    let mut records = Vec::new();
    for (id, body) in rows {
        bytes += body.len();
        if bytes > BATCH_BYTES_MAX && through.is_some() {
            break;
        }
        records.push(wire::decode(&body).expect("the outbox holds what put() encoded"));
        through = Some(id);
    }
    Some((through?, records))
}

/// Forgets a batch and its records.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    stream: &Word,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM outbox_record WHERE stream = ?1
         AND id <= (SELECT through FROM outbox_batch WHERE stream = ?1)",
    )
    .bind(stream.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM outbox_batch WHERE stream = ?")
        .bind(stream.as_str())
        .execute(connection)
        .await
        .map(|_| ())
}
