//! Files on their way out, and those that left.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::{Code, Integer, Principal, Problem, Sha256};

use super::REMEMBERED;
use super::columns::{count, damaged, integer, of, of_count};
use crate::file::{Handed, Line, WAITING_MAX};

/// What became of a file that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filing {
    /// It waits under this name.
    Waits(String),
    /// It has been uploaded before, under this name.
    Uploaded(String),
    /// There is no room for it.
    Refused(Problem),
}

/// What waits and what has left, of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FileTotals {
    /// Files that are not uploaded.
    pub(crate) waiting: u64,
    /// Their bytes.
    pub(crate) waiting_bytes: u64,
    /// Files uploaded, ever.
    pub(crate) uploaded: u64,
    /// Their bytes.
    pub(crate) uploaded_bytes: u64,
    /// When the last one was.
    pub(crate) last_at: Option<Integer>,
}

/// Keeps a file; one that is known by its digest is not kept twice.
pub(super) async fn hand(
    connection: &mut SqliteConnection,
    file: &Handed,
) -> Result<Filing, sqlx::Error> {
    let known: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT key, done_at FROM spool_file WHERE sha256 = ?")
            .bind(file.sha256.0.as_slice())
            .fetch_optional(&mut *connection)
            .await?;
    match known {
        Some((key, Some(_))) => return Ok(Filing::Uploaded(key)),
        Some((key, None)) => {
            // It may lie somewhere else now.
            sqlx::query("UPDATE spool_file SET path = ? WHERE sha256 = ?")
                .bind(&file.path)
                .bind(file.sha256.0.as_slice())
                .execute(connection)
                .await?;
            return Ok(Filing::Waits(key));
        }
        None => {}
    }
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM spool_file WHERE done_at IS NULL")
        .fetch_one(&mut *connection)
        .await?;
    if count(waiting) >= WAITING_MAX {
        let detail = format!("{WAITING_MAX} files wait already");
        return Ok(Filing::Refused(Problem::new(Code::StorageFull, detail)));
    }
    sqlx::query(
        "INSERT INTO spool_file (sha256, principal, path, bytes, key, at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(file.sha256.0.as_slice())
    .bind(file.principal.as_str())
    .bind(&file.path)
    .bind(of_count(file.bytes))
    .bind(&file.key)
    .bind(of(file.at))
    .execute(connection)
    .await?;
    Ok(Filing::Waits(file.key.clone()))
}

type Columns = (Vec<u8>, String, String, i64, String, i64, Option<String>);

/// The file that has waited longest.
pub(super) async fn oldest(readers: &SqlitePool) -> Result<Option<Handed>, sqlx::Error> {
    let row: Option<Columns> = sqlx::query_as(
        "SELECT sha256, principal, path, bytes, key, at, upload FROM spool_file
         WHERE done_at IS NULL ORDER BY at, sha256 LIMIT 1",
    )
    .fetch_optional(readers)
    .await?;
    row.map(read).transpose()
}

/// Who waits behind a file, and whether anybody waits before it.
pub(super) async fn around(readers: &SqlitePool, file: &Handed) -> Result<Line, sqlx::Error> {
    let behind: Option<Columns> = sqlx::query_as(
        "SELECT sha256, principal, path, bytes, key, at, upload FROM spool_file
         WHERE done_at IS NULL AND (at, sha256) > (?, ?) ORDER BY at, sha256 LIMIT 1",
    )
    .bind(of(file.at))
    .bind(file.sha256.0.as_slice())
    .fetch_optional(readers)
    .await?;
    let is_last_of_many = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM spool_file
         WHERE done_at IS NULL AND (at, sha256) < (?, ?))",
    )
    .bind(of(file.at))
    .bind(file.sha256.0.as_slice())
    .fetch_one(readers)
    .await?;
    Ok(Line {
        behind: behind.map(read).transpose()?,
        is_last_of_many,
    })
}

fn read((sha256, principal, path, bytes, key, at, upload): Columns) -> Result<Handed, sqlx::Error> {
    let sha256 = sha256
        .try_into()
        .map_err(|_| damaged("a digest has 32 bytes"))?;
    Ok(Handed {
        principal: principal.parse::<Principal>().map_err(damaged)?,
        path,
        sha256: Sha256(sha256),
        bytes: count(bytes),
        key,
        at: integer(at)?,
        upload,
    })
}

/// Keeps the name and the upload in parts of a file.
pub(super) async fn course(
    connection: &mut SqliteConnection,
    file: &Handed,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE spool_file SET key = ?, upload = ? WHERE sha256 = ?")
        .bind(&file.key)
        .bind(&file.upload)
        .bind(file.sha256.0.as_slice())
        .execute(connection)
        .await
        .map(|_| ())
}

/// Remembers that a file is uploaded, and counts it, once.
pub(super) async fn uploaded(
    connection: &mut SqliteConnection,
    file: &Handed,
    now: Integer,
) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "UPDATE spool_file SET done_at = ?, upload = NULL WHERE sha256 = ? AND done_at IS NULL",
    )
    .bind(of(now))
    .bind(file.sha256.0.as_slice())
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "UPDATE spool_files SET uploaded = uploaded + 1, uploaded_bytes = uploaded_bytes + ?,
         last_at = ?",
    )
    .bind(of_count(file.bytes))
    .bind(of(now))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Forgets a file that is no more.
pub(super) async fn give_up(
    connection: &mut SqliteConnection,
    file: &Handed,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM spool_file WHERE sha256 = ?")
        .bind(file.sha256.0.as_slice())
        .execute(connection)
        .await
        .map(|_| ())
}

pub(super) async fn totals(readers: &SqlitePool) -> Result<FileTotals, sqlx::Error> {
    let (waiting, waiting_bytes): (i64, i64) = sqlx::query_as(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM spool_file WHERE done_at IS NULL",
    )
    .fetch_one(readers)
    .await?;
    let (uploaded, uploaded_bytes, last_at): (i64, i64, Option<i64>) =
        sqlx::query_as("SELECT uploaded, uploaded_bytes, last_at FROM spool_files")
            .fetch_one(readers)
            .await?;
    Ok(FileTotals {
        waiting: count(waiting),
        waiting_bytes: count(waiting_bytes),
        uploaded: count(uploaded),
        uploaded_bytes: count(uploaded_bytes),
        last_at: last_at.map(integer).transpose()?,
    })
}

/// Forgets the digests of files that are not handed over again any more.
pub(super) async fn forget_digests(
    connection: &mut SqliteConnection,
    now: Integer,
) -> Result<(), sqlx::Error> {
    let remembered_ms = i64::try_from(REMEMBERED.as_millis()).expect("days are few milliseconds");
    sqlx::query("DELETE FROM spool_file WHERE done_at < ?")
        .bind(of(now) - remembered_ms)
        .execute(connection)
        .await
        .map(|_| ())
}
