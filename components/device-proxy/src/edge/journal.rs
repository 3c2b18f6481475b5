//! Print jobs on the disk.

use std::sync::Arc;

use kit::journal::Migration;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::print::Document;
use wire::{Code, Integer, Problem, Word};

use crate::print::{Attempt, End, Entry, Key, Stage};

/// The table of print jobs. `document` is there until a job has ended, `printer` says where it is,
/// was or was tried last, `token` which attempt is open, `problem` why it failed.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "print-1",
    sql: "CREATE TABLE print_job (
        number INTEGER PRIMARY KEY, principal TEXT NOT NULL, job TEXT NOT NULL, route TEXT NOT NULL,
        content TEXT NOT NULL, document BLOB, copies INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        at INTEGER NOT NULL, printed INTEGER NOT NULL, attempts INTEGER NOT NULL,
        doubts INTEGER NOT NULL, bound_to TEXT, marked INTEGER NOT NULL,
        stage TEXT NOT NULL, printer TEXT, token TEXT, problem BLOB,
        UNIQUE (principal, job)) STRICT;",
}];

/// Puts jobs as they are now, new or changed, into the transaction.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    if update(connection, entry).await? {
        return Ok(());
    }
    insert(connection, entry).await?;
    update(connection, entry).await.map(drop)
}

/// Puts down what never changes.
async fn insert(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), sqlx::Error> {
    let document = entry.document.as_deref().map(wire::encode);
    sqlx::query(
        "INSERT INTO print_job (number, principal, job, route, content, document, copies, accepted_at,
         expires_at, at, printed, attempts, doubts, marked, stage)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '')",
    )
    .bind(number(entry.number))
    .bind(entry.key.principal.to_string())
    .bind(entry.key.job.to_string())
    .bind(entry.route.to_string())
    .bind(entry.content.to_string())
    .bind(document)
    .bind(entry.copies)
    .bind(number(entry.accepted_at.value()))
    .bind(number(entry.expires_at.value()))
    .execute(connection)
    .await
    .map(drop)
}

/// Puts down what changes; says whether the job was there.
async fn update(connection: &mut SqliteConnection, entry: &Entry) -> Result<bool, sqlx::Error> {
    let (stage, problem) = stage(&entry.stage);
    let token = entry.open_attempt().map(|open| open.token.to_string());
    let updated = sqlx::query(
        "UPDATE print_job SET at = ?, printed = ?, attempts = ?, doubts = ?, bound_to = ?, marked = ?,
         stage = ?, printer = ?, token = ?, problem = ?, document = iif(?, NULL, document)
         WHERE number = ?",
    )
    .bind(number(entry.at.value()))
    .bind(entry.printed)
    .bind(entry.attempts)
    .bind(entry.doubts)
    .bind(entry.bound_to.as_ref().map(Word::to_string))
    .bind(entry.marked)
    .bind(stage)
    .bind(entry.printer().map(Word::to_string))
    .bind(token)
    .bind(problem.map(wire::encode))
    .bind(entry.has_ended())
    .bind(number(entry.number))
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Forgets a job.
pub(crate) async fn forget(connection: &mut SqliteConnection, job: u64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM print_job WHERE number = ?")
        .bind(number(job))
        .execute(connection)
        .await
        .map(drop)
}

/// Every job on the disk.
pub(crate) async fn load(readers: &SqlitePool) -> Result<Vec<Entry>, LoadError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT * FROM print_job ORDER BY number")
        .fetch_all(readers)
        .await
        .map_err(LoadError::Read)?;
    rows.into_iter().map(Row::entry).collect()
}

fn stage(stage: &Stage) -> (&'static str, Option<&Problem>) {
    match stage {
        Stage::Waiting => ("waiting", None),
        Stage::Attempt(_) => ("attempt", None),
        Stage::Unconfirmed(_) => ("unconfirmed", None),
        Stage::Ended { end, .. } => match end {
            End::Done => ("done", None),
            End::SentUnverified => ("sent-unverified", None),
            End::Failed(problem) => ("failed", Some(problem)),
            End::Expired => ("expired", None),
            End::Cancelled => ("cancelled", None),
        },
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    principal: String,
    job: String,
    route: String,
    content: String,
    document: Option<Vec<u8>>,
    copies: u8,
    accepted_at: i64,
    expires_at: i64,
    at: i64,
    printed: u8,
    attempts: u32,
    doubts: u32,
    bound_to: Option<String>,
    marked: bool,
    stage: String,
    printer: Option<String>,
    token: Option<String>,
    problem: Option<Vec<u8>>,
}

impl Row {
    fn entry(self) -> Result<Entry, LoadError> {
        let number = self.number;
        self.read()
            .map_err(|column| LoadError::Row { number, column })
    }

    /// The job, or the column that is not what it should be.
    fn read(self) -> Result<Entry, &'static str> {
        let stage = self.stage()?;
        let bytes = self.document.as_ref().map_or(0, Vec::len);
        let document: Option<Document> = match &self.document {
            Some(text) => Some(wire::decode(text).map_err(|_| "document")?),
            None if matches!(stage, Stage::Ended { .. }) => None,
            None => return Err("document"),
        };
        Ok(Entry {
            number: u64::try_from(self.number).map_err(|_| "number")?,
            key: Key {
                principal: self.principal.parse().map_err(|_| "principal")?,
                job: self.job.parse().map_err(|_| "job")?,
            },
            route: self.route.parse().map_err(|_| "route")?,
            content: self.content.parse().map_err(|_| "content")?,
            document: document.map(Arc::new),
            bytes: bytes as u64,
            copies: self.copies,
            printed: self.printed,
            accepted_at: integer(self.accepted_at).ok_or("accepted_at")?,
            expires_at: integer(self.expires_at).ok_or("expires_at")?,
            at: integer(self.at).ok_or("at")?,
            attempts: self.attempts,
            doubts: self.doubts,
            bound_to: word(self.bound_to.as_deref()).map_err(|()| "bound_to")?,
            marked: self.marked,
            stage,
        })
    }

    fn stage(&self) -> Result<Stage, &'static str> {
        let printer = word(self.printer.as_deref()).map_err(|()| "printer")?;
        let attempt = || {
            let token = self.token.as_deref().ok_or("token")?;
            Ok::<_, &'static str>(Attempt {
                printer: printer.clone().ok_or("printer")?,
                token: token.parse().map_err(|_| "token")?,
            })
        };
        let end = match self.stage.as_str() {
            "waiting" => return Ok(Stage::Waiting),
            "attempt" => return Ok(Stage::Attempt(attempt()?)),
            "unconfirmed" => return Ok(Stage::Unconfirmed(attempt()?)),
            "done" => End::Done,
            "sent-unverified" => End::SentUnverified,
            "failed" => End::Failed(self.problem()),
            "expired" => End::Expired,
            "cancelled" => End::Cancelled,
            _ => return Err("stage"),
        };
        Ok(Stage::Ended { end, printer })
    }

    /// Why it failed; what a newer release wrote may not be understood.
    fn problem(&self) -> Problem {
        let text = self.problem.as_deref().unwrap_or_default();
        let unknown = |_| Problem::new(Code::Internal, "why it failed is not known any more");
        wire::decode(text).unwrap_or_else(unknown)
    }
}

fn word(text: Option<&str>) -> Result<Option<Word>, ()> {
    text.map(str::parse).transpose().map_err(|_| ())
}

fn integer(column: i64) -> Option<Integer> {
    u64::try_from(column).ok().and_then(Integer::new)
}

/// A number as SQLite stores it.
fn number(number: u64) -> i64 {
    i64::try_from(number).expect("integers of the bus and numbers of jobs are below 2^53")
}

/// The print jobs on the disk cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The disk does not give them.
    #[error("cannot read the print jobs")]
    Read(#[source] sqlx::Error),
    /// A column of one is not what it should be.
    #[error("cannot understand {column} of print job {number}")]
    Row {
        /// Which.
        number: i64,
        /// What is wrong with it.
        column: &'static str,
    },
}

#[cfg(test)]
mod tests;
