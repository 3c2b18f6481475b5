//! The outbox on disk.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::types::Json;
use wire::bound::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};
use wire::record::{Record, Records};
use wire::{BatchId, Problem, Version, Word};

/// Most records that are set aside: the oldest make room. A disk that spoils more is no disk any more.
const LETTERS_MAX: i64 = 1_000;

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

/// The batch of the stream that is under way, if any; none when its name cannot be read any more, so
/// that [`form`] gives its records another.
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

/// Makes a batch of the oldest records of a stream; none when there are none. Records that cannot be
/// read any more are set aside.
pub(super) async fn form(
    connection: &mut SqliteConnection,
    stream: &Word,
    id: BatchId,
) -> Result<Option<Batch>, sqlx::Error> {
    let limit = i64::try_from(BATCH_RECORDS_MAX).expect("a batch has few records");
    let (through, records) = loop {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT id, body FROM outbox_record WHERE stream = ? ORDER BY id LIMIT ?",
        )
        .bind(stream.as_str())
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        let Fitting {
            through,
            records,
            damaged,
        } = Fitting::of(rows);
        for (row, problem) in &damaged {
            set_aside(connection, *row, problem).await?;
        }
        match through {
            Some(through) => break (through, records),
            None if damaged.is_empty() => return Ok(None),
            // Nothing could be read of so many; there may be more behind them.
            None => {}
        }
    };
    let body = wire::encode(&Records {
        v: Version,
        records,
    });
    sqlx::query(
        "INSERT OR REPLACE INTO outbox_batch (stream, batch, through, body) VALUES (?, ?, ?, ?)",
    )
    .bind(stream.as_str())
    .bind(id.to_string())
    .bind(through)
    .bind(&body)
    .execute(connection)
    .await?;
    Ok(Some(Batch { id, body }))
}

/// As many of the first rows as fit one batch.
#[derive(Debug, Default)]
struct Fitting {
    /// The last of them.
    through: Option<i64>,
    records: Vec<Record>,
    /// Rows among them that are no records.
    damaged: Vec<(i64, Problem)>,
}

impl Fitting {
    fn of(rows: Vec<(i64, Vec<u8>)>) -> Self {
        let mut fitting = Self::default();
        let mut bytes = 0;
        for (id, body) in rows {
            match wire::decode(&body) {
                Err(problem) => fitting.damaged.push((id, problem)),
                Ok(record) => {
                    bytes += body.len();
                    if bytes > BATCH_BYTES_MAX && fitting.through.is_some() {
                        break;
                    }
                    fitting.records.push(record);
                    fitting.through = Some(id);
                }
            }
        }
        fitting
    }
}

/// Moves a row to where it holds nothing up.
async fn set_aside(
    connection: &mut SqliteConnection,
    row: i64,
    problem: &Problem,
) -> Result<(), sqlx::Error> {
    tracing::error!(row, %problem, "a record of the outbox cannot be read, it is set aside");
    sqlx::query(
        "INSERT OR REPLACE INTO outbox_letter (id, stream, body, reason)
         SELECT id, stream, body, ? FROM outbox_record WHERE id = ?",
    )
    .bind(problem.to_string())
    .bind(row)
    .execute(&mut *connection)
    .await?;
    metrics::counter!("outbox_letters_total").increment(1);
    sqlx::query(
        "DELETE FROM outbox_letter
         WHERE id <= (SELECT id FROM outbox_letter ORDER BY id DESC LIMIT 1 OFFSET ?)",
    )
    .bind(LETTERS_MAX)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM outbox_record WHERE id = ?")
        .bind(row)
        .execute(connection)
        .await
        .map(|_| ())
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

#[cfg(test)]
mod tests;
