//! Counters of the streams, which change in the commits that they count.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use wire::record::Stream;

use super::columns::{count, damaged, of_count};
use crate::object::Sealed;
use crate::quota::{Held, Holdings, place};

/// What waits in a stream and what has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The stream.
    pub(crate) stream: Stream,
    /// The place that the next record gets.
    pub(crate) next_place: u64,
    /// Records that are not uploaded.
    pub(crate) waiting_records: u64,
    /// Their size as lines.
    pub(crate) waiting_bytes: u64,
    /// Records uploaded, ever.
    pub(crate) uploaded_records: u64,
    /// Objects uploaded, ever.
    pub(crate) uploaded_batches: u64,
    /// Compressed bytes uploaded, ever.
    pub(crate) uploaded_bytes: u64,
    /// Records dropped, ever.
    pub(crate) dropped_records: u64,
    /// Their size as lines.
    pub(crate) dropped_bytes: u64,
    /// Batches that are set aside.
    pub(crate) letters: u64,
    /// The first place that waits; that of the next record when none does.
    pub(crate) first_place: u64,
}

impl Totals {
    /// The last place given; 0 before the first.
    pub(crate) fn arrived_through(&self) -> u64 {
        self.next_place - 1
    }

    /// The last place uploaded; 0 before the first.
    pub(crate) fn uploaded_through(&self) -> u64 {
        self.first_place - 1
    }
}

pub(super) async fn totals(readers: &SqlitePool) -> Result<Vec<Totals>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT stream, next_place, waiting_records, waiting_bytes, uploaded_records,
         uploaded_batches, uploaded_bytes, dropped_records, dropped_bytes,
         (SELECT count(*) FROM spool_letter WHERE spool_letter.stream = spool_stream.stream)
         AS letters,
         coalesce((SELECT coalesce(first, place) FROM spool_record
         WHERE spool_record.stream = spool_stream.stream ORDER BY place LIMIT 1), next_place)
         AS first_place
         FROM spool_stream ORDER BY stream",
    )
    .fetch_all(readers)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Totals, sqlx::Error> {
    let column = |name: &str| row.try_get::<i64, _>(name).map(count);
    let stream: String = row.try_get("stream")?;
    Ok(Totals {
        stream: stream.parse().map_err(damaged)?,
        next_place: column("next_place")?,
        waiting_records: column("waiting_records")?,
        waiting_bytes: column("waiting_bytes")?,
        uploaded_records: column("uploaded_records")?,
        uploaded_batches: column("uploaded_batches")?,
        uploaded_bytes: column("uploaded_bytes")?,
        dropped_records: column("dropped_records")?,
        dropped_bytes: column("dropped_bytes")?,
        letters: column("letters")?,
        first_place: column("first_place")?,
    })
}

/// What every stream holds, and how much of it could be dropped.
pub(super) async fn holdings(connection: &mut SqliteConnection) -> Result<Holdings, sqlx::Error> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT spool_stream.stream, waiting_bytes, coalesce(spool_sealed.bytes, 0)
         FROM spool_stream LEFT JOIN spool_sealed ON spool_sealed.stream = spool_stream.stream",
    )
    .fetch_all(connection)
    .await?;
    let mut held = Holdings::default();
    for (stream, waiting, sealed) in rows {
        let stream: Stream = stream.parse().map_err(damaged)?;
        held[place(stream)] = Held {
            waiting: count(waiting),
            loose: count(waiting).saturating_sub(count(sealed)),
        };
    }
    Ok(held)
}

/// How many records of a stream were dropped, ever.
pub(super) async fn dropped<'e>(
    from: impl sqlx::SqliteExecutor<'e>,
    stream: Stream,
) -> Result<u64, sqlx::Error> {
    let records: i64 =
        sqlx::query_scalar("SELECT dropped_records FROM spool_stream WHERE stream = ?")
            .bind(stream.as_str())
            .fetch_one(from)
            .await?;
    Ok(count(records))
}

/// Changes what waits in a stream, without anything having been uploaded.
pub(super) async fn shift(
    connection: &mut SqliteConnection,
    stream: Stream,
    (records, bytes): (i64, i64),
    (dropped_records, dropped_bytes): (u64, u64),
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE spool_stream SET waiting_records = waiting_records + ?2,
         waiting_bytes = waiting_bytes + ?3, dropped_records = dropped_records + ?4,
         dropped_bytes = dropped_bytes + ?5 WHERE stream = ?1",
    )
    .bind(stream.as_str())
    .bind(records)
    .bind(bytes)
    .bind(of_count(dropped_records))
    .bind(of_count(dropped_bytes))
    .execute(connection)
    .await
    .map(|_| ())
}

/// The place that the next record of a stream gets.
pub(super) async fn next_place(
    connection: &mut SqliteConnection,
    stream: Stream,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT next_place FROM spool_stream WHERE stream = ?")
        .bind(stream.as_str())
        .fetch_one(connection)
        .await
}

pub(super) async fn arrived(
    connection: &mut SqliteConnection,
    stream: Stream,
    records: u64,
    bytes: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE spool_stream SET next_place = next_place + ?2,
         waiting_records = waiting_records + ?2, waiting_bytes = waiting_bytes + ?3
         WHERE stream = ?1",
    )
    .bind(stream.as_str())
    .bind(of_count(records))
    .bind(of_count(bytes))
    .execute(connection)
    .await
    .map(|_| ())
}

pub(super) async fn uploaded(
    connection: &mut SqliteConnection,
    sealed: &Sealed,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE spool_stream SET waiting_records = waiting_records - ?2,
         waiting_bytes = waiting_bytes - ?3, uploaded_records = uploaded_records + ?2,
         uploaded_batches = uploaded_batches + 1, uploaded_bytes = uploaded_bytes + ?4
         WHERE stream = ?1",
    )
    .bind(sealed.stream.as_str())
    .bind(of_count(sealed.lines))
    .bind(of_count(sealed.bytes))
    .bind(of_count(sealed.size))
    .execute(connection)
    .await
    .map(|_| ())
}
