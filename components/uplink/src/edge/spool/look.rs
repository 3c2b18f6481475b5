//! Records that wait.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqlitePool;
use wire::record::Stream;

use super::columns::{count, integer};
use crate::batch::{Front, Row, Waiting};

pub(super) async fn waiting(
    readers: &SqlitePool,
    stream: Stream,
) -> Result<Option<Waiting>, sqlx::Error> {
    let row: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT coalesce(first, place), at, waiting_bytes FROM spool_record
         JOIN spool_stream ON spool_stream.stream = spool_record.stream
         WHERE spool_record.stream = ? ORDER BY place LIMIT 1",
    )
    .bind(stream.as_str())
    .fetch_optional(readers)
    .await?;
    row.map(|(first, since, bytes)| {
        Ok(Waiting {
            first: integer(first)?,
            since: integer(since)?,
            bytes: count(bytes),
        })
    })
    .transpose()
}

pub(super) async fn front(
    readers: &SqlitePool,
    stream: Stream,
    bytes: u64,
) -> Result<Option<Front>, sqlx::Error> {
    let mut rows = sqlx::query_as::<_, Columns>(OLDEST)
        .bind(stream.as_str())
        .bind(i64::MAX)
        .fetch(readers);
    let Some(oldest) = rows.try_next().await? else {
        return Ok(None);
    };
    let mut front = Front::new(&row(oldest)?);
    while let Some(next) = rows.try_next().await? {
        if !front.add(&row(next)?, bytes) {
            break;
        }
    }
    Ok(Some(front))
}

pub(super) async fn oldest(
    readers: &SqlitePool,
    stream: Stream,
    limit: u32,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows: Vec<Columns> = sqlx::query_as(OLDEST)
        .bind(stream.as_str())
        .bind(i64::from(limit))
        .fetch_all(readers)
        .await?;
    rows.into_iter().map(row).collect()
}

const OLDEST: &str = "SELECT place, coalesce(first, place), at, line FROM spool_record WHERE stream = ? ORDER BY place LIMIT ?";

type Columns = (i64, i64, i64, Vec<u8>);

fn row((place, first, at, line): Columns) -> Result<Row, sqlx::Error> {
    Ok(Row {
        place: integer(place)?,
        first: integer(first)?,
        at: integer(at)?,
        line,
    })
}
