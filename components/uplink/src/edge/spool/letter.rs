//! Batches that are set aside, because the bucket will not have them or an operator said so.
//!
//! They leave the row of their stream and are kept with name and body, until somebody has them tried
//! again. There are [`SHELF`] places a stream. When they are taken, `p2` and `p3` give up their oldest,
//! and a record says so in its place; the others keep their batch under way, and it is tried again.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::record::Stream;
use wire::uplink::{DropReason, Dropped, Letter};
use wire::{Integer, Sha256};

use super::columns::{count, damaged, integer, of, of_count};
use super::count::shift;
use super::forgo::stand_in;
use crate::object::Sealed;
use crate::quota::DROPPABLE;

/// Most batches of a stream that are set aside; each is one of `batch.bytes`.
pub(super) const SHELF: u64 = 32;
/// Longest reason that is kept, in characters.
const REASON_MAX: usize = 300;

/// Whether a batch could be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// It is, or was before.
    Aside,
    /// There is no place for it.
    Full,
}

/// A batch that is set aside, with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// What is known of it.
    pub(crate) letter: Letter,
    /// The object that it would be.
    pub(crate) body: Vec<u8>,
}

/// Sets the batch under way of a stream aside.
pub(super) async fn set_aside(
    connection: &mut SqliteConnection,
    sealed: &Sealed,
    reason: &str,
    at: Integer,
) -> Result<Shelf, sqlx::Error> {
    let stream = sealed.stream;
    let letters: i64 = sqlx::query_scalar("SELECT count(*) FROM spool_letter WHERE stream = ?")
        .bind(stream.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if count(letters) >= SHELF && !give_up_oldest(connection, stream, at).await? {
        return Ok(Shelf::Full);
    }
    let reason: String = reason.chars().take(REASON_MAX).collect();
    let moved = sqlx::query(
        "INSERT INTO spool_letter
         (stream, first, last, lines, bytes, since, key, sha256, body, at, reason)
         SELECT stream, first, last, coalesce(lines, last - first + 1), bytes, since, key, sha256,
         body, ?3, ?4 FROM spool_sealed WHERE stream = ?1 AND key = ?2",
    )
    .bind(stream.as_str())
    .bind(&sealed.key)
    .bind(of(at))
    .bind(reason)
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Shelf::Aside);
    }
    sqlx::query("DELETE FROM spool_sealed WHERE stream = ?")
        .bind(stream.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM spool_record WHERE stream = ? AND place BETWEEN ? AND ?")
        .bind(stream.as_str())
        .bind(of(sealed.first))
        .bind(of(sealed.last))
        .execute(&mut *connection)
        .await?;
    let waiting = (-of_count(sealed.lines), -of_count(sealed.bytes));
    shift(connection, stream, waiting, (0, 0)).await?;
    Ok(Shelf::Aside)
}

/// Gives the oldest batch of the shelf up, where the stream allows that; a record of the stream says
/// so, in the places that the batch had.
async fn give_up_oldest(
    connection: &mut SqliteConnection,
    stream: Stream,
    at: Integer,
) -> Result<bool, sqlx::Error> {
    if !DROPPABLE.contains(&stream) {
        return Ok(false);
    }
    let oldest: Option<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT number, first, last, bytes FROM spool_letter WHERE stream = ? AND again = 0
         ORDER BY number LIMIT 1",
    )
    .bind(stream.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((number, first, last, bytes)) = oldest else {
        return Ok(false);
    };
    sqlx::query("DELETE FROM spool_letter WHERE number = ?")
        .bind(number)
        .execute(&mut *connection)
        .await?;
    let told = Dropped {
        first: integer(first)?,
        last: integer(last)?,
        records: integer(last - first + 1)?,
        bytes: integer(bytes)?,
        reason: DropReason::Refused,
    };
    let size = stand_in(connection, stream, &told, at).await?;
    let dropped = (told.records.value(), told.bytes.value());
    shift(connection, stream, (1, of_count(size)), dropped).await?;
    Ok(true)
}

/// Whether a batch of a stream is to be tried again.
pub(super) async fn is_wanted(readers: &SqlitePool, stream: Stream) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM spool_letter WHERE stream = ? AND again = 1)")
        .bind(stream.as_str())
        .fetch_one(readers)
        .await
}

/// Marks the batch of a number, or all, as to be tried again; their streams.
pub(super) async fn want(
    connection: &mut SqliteConnection,
    number: Option<Integer>,
) -> Result<Vec<Stream>, sqlx::Error> {
    let streams: Vec<String> = sqlx::query_scalar(
        "UPDATE spool_letter SET again = 1 WHERE ?1 IS NULL OR number = ?1 RETURNING stream",
    )
    .bind(number.map(of))
    .fetch_all(connection)
    .await?;
    let read = |stream: String| stream.parse().map_err(damaged);
    streams.into_iter().map(read).collect()
}

/// Makes the oldest batch that is to be tried again the one under way of its stream.
pub(super) async fn take_back(
    connection: &mut SqliteConnection,
    stream: Stream,
) -> Result<(), sqlx::Error> {
    let wanted: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT number, lines, bytes FROM spool_letter WHERE stream = ? AND again = 1
         ORDER BY number LIMIT 1",
    )
    .bind(stream.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((number, lines, bytes)) = wanted else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO spool_sealed (stream, first, last, lines, bytes, since, key, sha256, body)
         SELECT stream, first, last, lines, bytes, since, key, sha256, body FROM spool_letter
         WHERE number = ?",
    )
    .bind(number)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM spool_letter WHERE number = ?")
        .bind(number)
        .execute(&mut *connection)
        .await?;
    shift(connection, stream, (lines, bytes), (0, 0)).await
}

type Columns = (i64, String, i64, i64, i64, String, i64, String);

/// The columns of [`Columns`], of all.
const LETTERS: &str = "SELECT number, stream, first, last, length(body), key, at, reason
    FROM spool_letter ORDER BY number";
/// The same of one.
const ONE_LETTER: &str = "SELECT number, stream, first, last, length(body), key, at, reason
    FROM spool_letter WHERE number = ?";

fn read(columns: Columns) -> Result<Letter, sqlx::Error> {
    let (number, stream, first, last, bytes, key, at, reason) = columns;
    Ok(Letter {
        number: integer(number)?,
        stream: stream.parse().map_err(damaged)?,
        first: integer(first)?,
        last: integer(last)?,
        bytes: integer(bytes)?,
        key,
        at: integer(at)?,
        reason,
    })
}

pub(super) async fn list(readers: &SqlitePool) -> Result<Vec<Letter>, sqlx::Error> {
    let rows: Vec<Columns> = sqlx::query_as(LETTERS).fetch_all(readers).await?;
    rows.into_iter().map(read).collect()
}

pub(super) async fn open(
    readers: &SqlitePool,
    number: Integer,
) -> Result<Option<Opened>, sqlx::Error> {
    let row: Option<Columns> = sqlx::query_as(ONE_LETTER)
        .bind(of(number))
        .fetch_optional(readers)
        .await?;
    let Some(columns) = row else {
        return Ok(None);
    };
    let (body, sha256): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT body, sha256 FROM spool_letter WHERE number = ?")
            .bind(of(number))
            .fetch_one(readers)
            .await?;
    if Sha256(
        sha256
            .try_into()
            .map_err(|_| damaged("a digest has 32 bytes"))?,
    ) != kit::digest::sha256(&body)
    {
        return Err(damaged(format_args!("batch {number} has another digest")));
    }
    let letter = read(columns)?;
    Ok(Some(Opened { letter, body }))
}
