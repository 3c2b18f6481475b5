//! Batches on their way out.

use sqlx::SqliteExecutor;
use sqlx::sqlite::SqliteConnection;
use wire::Sha256;
use wire::record::Stream;

use super::columns::{count, damaged, integer, of, of_count};
use crate::object::Sealed;

pub(super) async fn put(
    connection: &mut SqliteConnection,
    sealed: &Sealed,
    body: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO spool_sealed (stream, first, last, lines, bytes, since, key, sha256, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(sealed.stream.as_str())
    .bind(of(sealed.first))
    .bind(of(sealed.last))
    .bind(of_count(sealed.lines))
    .bind(of_count(sealed.bytes))
    .bind(of(sealed.since))
    .bind(&sealed.key)
    .bind(sealed.sha256.0.as_slice())
    .bind(body)
    .execute(connection)
    .await
    .map(|_| ())
}

pub(super) type Columns = (i64, i64, i64, i64, i64, String, Vec<u8>, i64);

pub(super) async fn found<'e>(
    readers: impl SqliteExecutor<'e>,
    stream: Stream,
) -> Result<Option<Sealed>, sqlx::Error> {
    let row: Option<Columns> = sqlx::query_as(
        "SELECT first, last, coalesce(lines, last - first + 1), bytes, since, key, sha256, length(body) FROM spool_sealed
         WHERE stream = ?",
    )
    .bind(stream.as_str())
    .fetch_optional(readers)
    .await?;
    row.map(|columns| read(stream, columns)).transpose()
}

pub(super) fn read(stream: Stream, columns: Columns) -> Result<Sealed, sqlx::Error> {
    let (first, last, lines, bytes, since, key, sha256, size) = columns;
    let sha256 = <[u8; 32]>::try_from(sha256)
        .map_err(|digest| damaged(format_args!("a digest has {} bytes", digest.len())))?;
    Ok(Sealed {
        stream,
        first: integer(first)?,
        last: integer(last)?,
        lines: count(lines),
        bytes: count(bytes),
        since: integer(since)?,
        key,
        sha256: Sha256(sha256),
        size: count(size),
    })
}

pub(super) async fn body<'e>(
    readers: impl SqliteExecutor<'e>,
    sealed: &Sealed,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar("SELECT body FROM spool_sealed WHERE stream = ? AND key = ?")
        .bind(sealed.stream.as_str())
        .bind(&sealed.key)
        .fetch_optional(readers)
        .await
}

/// Forgets a batch and its records; once, however often it is asked.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    sealed: &Sealed,
) -> Result<(), sqlx::Error> {
    let forgotten = sqlx::query("DELETE FROM spool_sealed WHERE stream = ? AND first = ?")
        .bind(sealed.stream.as_str())
        .bind(of(sealed.first))
        .execute(&mut *connection)
        .await?;
    if forgotten.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM spool_record WHERE stream = ? AND place BETWEEN ? AND ?")
        .bind(sealed.stream.as_str())
        .bind(of(sealed.first))
        .bind(of(sealed.last))
        .execute(&mut *connection)
        .await?;
    super::count::uploaded(connection, sealed).await
}
