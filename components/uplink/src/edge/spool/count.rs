//! Counters of the streams, which change in the commits that they count.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::record::Stream;

use super::columns::{count, damaged, of_count};
use crate::object::Sealed;

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
}

impl Totals {
    /// The last place given; 0 before the first.
    pub(crate) fn arrived_through(&self) -> u64 {
        self.next_place - 1
    }

    /// The last place uploaded; 0 before the first.
    pub(crate) fn uploaded_through(&self) -> u64 {
        self.arrived_through() - self.waiting_records
    }
}

type Columns = (String, i64, i64, i64, i64, i64, i64);

pub(super) async fn totals(readers: &SqlitePool) -> Result<Vec<Totals>, sqlx::Error> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT stream, next_place, waiting_records, waiting_bytes, uploaded_records,
         uploaded_batches, uploaded_bytes FROM spool_stream ORDER BY stream",
    )
    .fetch_all(readers)
    .await?;
    rows.into_iter().map(read).collect()
}

fn read(columns: Columns) -> Result<Totals, sqlx::Error> {
    let (stream, next_place, waiting_records, waiting_bytes, records, batches, bytes) = columns;
    Ok(Totals {
        stream: stream.parse().map_err(damaged)?,
        next_place: count(next_place),
        waiting_records: count(waiting_records),
        waiting_bytes: count(waiting_bytes),
        uploaded_records: count(records),
        uploaded_batches: count(batches),
        uploaded_bytes: count(bytes),
    })
}

/// Bytes that wait in all streams.
pub(super) async fn waiting_bytes(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let bytes: i64 = sqlx::query_scalar("SELECT sum(waiting_bytes) FROM spool_stream")
        .fetch_one(connection)
        .await?;
    Ok(count(bytes))
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
    .bind(of_count(sealed.records()))
    .bind(of_count(sealed.bytes))
    .bind(of_count(sealed.size))
    .execute(connection)
    .await
    .map(|_| ())
}
