//! Batches on their way in.

use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;
use wire::record::Stream;
use wire::{Integer, Problem};

use super::columns::{integer, of};
use super::{Arrival, REMEMBERED, count};
use crate::batch::line_bytes;
use crate::intake::{Kept, conflict, full};

/// Keeps each batch, or says why not; an error undoes all of them.
pub(super) async fn all(
    connection: &mut SqliteConnection,
    arrivals: Vec<Arrival>,
    at: Integer,
    capacity: u64,
) -> Result<Vec<Result<Kept, Problem>>, sqlx::Error> {
    let mut verdicts = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        verdicts.push(one(connection, arrival, at, capacity).await?);
    }
    Ok(verdicts)
}

async fn one(
    connection: &mut SqliteConnection,
    arrival: Arrival,
    at: Integer,
    capacity: u64,
) -> Result<Result<Kept, Problem>, sqlx::Error> {
    if let Some(same) = seen(connection, &arrival).await? {
        return Ok(if same {
            Ok(Kept::Before)
        } else {
            Err(conflict())
        });
    }
    let (stream, principal, id) = (
        arrival.batch.stream,
        arrival.batch.principal.clone(),
        arrival.batch.id,
    );
    let first = integer(count::next_place(connection, stream).await?)?;
    let lines = match arrival.batch.lines(first) {
        Ok(lines) => lines,
        Err(problem) => return Ok(Err(problem)),
    };
    let bytes = lines.iter().map(|line| line_bytes(line)).sum();
    if count::waiting_bytes(connection).await? + bytes > capacity {
        return Ok(Err(full(bytes, capacity)));
    }
    sqlx::query(
        "INSERT INTO spool_batch (principal, id, stream, sha256, at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(principal.as_str())
    .bind(id.to_string())
    .bind(stream.as_str())
    .bind(arrival.sha256.0.as_slice())
    .bind(of(at))
    .execute(&mut *connection)
    .await?;
    let records = u64::try_from(lines.len()).expect("a batch holds few records");
    insert(connection, stream, first, at, lines).await?;
    count::arrived(connection, stream, records, bytes).await?;
    Ok(Ok(Kept::Now))
}

/// Whether the batch's id was used before; and if so, whether for this batch.
async fn seen(
    connection: &mut SqliteConnection,
    arrival: &Arrival,
) -> Result<Option<bool>, sqlx::Error> {
    let seen: Option<(String, Vec<u8>)> =
        sqlx::query_as("SELECT stream, sha256 FROM spool_batch WHERE principal = ? AND id = ?")
            .bind(arrival.batch.principal.as_str())
            .bind(arrival.batch.id.to_string())
            .fetch_optional(connection)
            .await?;
    Ok(seen.map(|(stream, sha256)| {
        stream == arrival.batch.stream.as_str() && sha256 == arrival.sha256.0
    }))
}

/// Adds the lines of one batch in one statement; at most 500 rows of four values, which is far
/// below what SQLite takes.
async fn insert(
    connection: &mut SqliteConnection,
    stream: Stream,
    first: Integer,
    at: Integer,
    lines: Vec<Vec<u8>>,
) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::new("INSERT INTO spool_record (stream, place, at, line) ");
    query.push_values((of(first)..).zip(lines), |mut row, (place, line)| {
        row.push_bind(stream.as_str())
            .push_bind(place)
            .push_bind(of(at))
            .push_bind(line);
    });
    query
        .build()
        .persistent(false)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Forgets the digests of batches that are not repeated any more.
pub(super) async fn forget_digests(
    connection: &mut SqliteConnection,
    now: Integer,
) -> Result<(), sqlx::Error> {
    let remembered_ms = i64::try_from(REMEMBERED.as_millis()).expect("days are few milliseconds");
    sqlx::query("DELETE FROM spool_batch WHERE at < ?")
        .bind(of(now) - remembered_ms)
        .execute(connection)
        .await
        .map(|_| ())
}
