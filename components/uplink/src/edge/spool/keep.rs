//! Batches on their way in.

use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;
use wire::record::Stream;
use wire::{Integer, Problem};

use super::columns::{integer, of};
use super::floor::Left;
use super::{Arrival, REMEMBERED, count, forgo, spent};
use crate::batch::line_bytes;
use crate::intake::{Kept, conflict, disk_full, full};
use crate::meter::{Count, LOCAL};
use crate::object::date;
use crate::quota::{Disk, Quotas, Room};

/// What holds for all batches of a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How much may wait.
    pub(super) quotas: Quotas,
    /// What was left of the disk before them.
    pub(super) disk: Left,
    /// The present.
    pub(super) at: Integer,
}

/// Keeps each batch, or says why not; an error undoes all of them.
pub(super) async fn all(
    connection: &mut SqliteConnection,
    arrivals: Vec<Arrival>,
    bounds: &Bounds,
) -> Result<Vec<Result<Kept, Problem>>, sqlx::Error> {
    let mut verdicts = Vec::with_capacity(arrivals.len());
    let (mut records, mut bytes) = (0, 0);
    for arrival in arrivals {
        let count = u64::try_from(arrival.batch.records.len()).unwrap_or(u64::MAX);
        let verdict = one(connection, arrival, bounds, &mut bytes).await?;
        if verdict == Ok(Kept::Now) {
            records += count;
        }
        verdicts.push(verdict);
    }
    if records > 0 {
        let local = Count {
            day: date(bounds.at),
            of: LOCAL.to_owned(),
            requests: records,
            bytes: 0,
        };
        spent::add(connection, &local).await?;
    }
    Ok(verdicts)
}

/// Keeps one batch; `grown` are the bytes of those before it.
async fn one(
    connection: &mut SqliteConnection,
    arrival: Arrival,
    bounds: &Bounds,
    grown: &mut u64,
) -> Result<Result<Kept, Problem>, sqlx::Error> {
    let at = bounds.at;
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
    let held = count::holdings(connection).await?;
    let disk = bounds.disk.after(*grown + bytes);
    match bounds.quotas.room(&held, disk, stream, bytes) {
        Room::None if disk == Disk::Roomy => {
            return Ok(Err(full(stream, bytes, bounds.quotas.of(stream))));
        }
        Room::None => return Ok(Err(disk_full(stream, bytes))),
        Room::After(dropped) => {
            for (from, bytes) in dropped {
                forgo::oldest(connection, from, bytes, at).await?;
            }
        }
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
    *grown += bytes;
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
