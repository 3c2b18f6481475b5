//! The spool: records on the disk until S3 has them.
//!
//! Places are given in the order of commits, from 1, without gaps, a row of them a stream. Digests
//! of batches are remembered for [`REMEMBERED`], so that a repetition is not stored twice. Only one
//! batch a stream is sealed at a time, with its body: what is uploaded does not depend on the
//! version of zstd that happens to be linked at the next attempt.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::clock::Clock;
use kit::fault::{self, Point};
use kit::journal::{Journal, JournalError, Migration, Retention};
use kit::lifecycle::Tasks;
use wire::record::Stream;
use wire::{Integer, Principal, Problem, RequestId, Sha256};

use crate::batch::{Front, Row, Waiting};
use crate::file::{Handed, Line};
use crate::intake::{Batch, Kept};
use crate::meter::Count;
use crate::object::Sealed;
use crate::quota::Quotas;

mod columns;
mod count;
mod files;
mod floor;
mod forgo;
mod keep;
mod letter;
mod look;
mod seal;
mod spent;
mod verify;

pub(crate) use count::Totals;
pub(crate) use files::{FileTotals, Filing};
pub(crate) use floor::Floor;
pub(crate) use letter::{Opened, Shelf};

/// How long the digest of a batch is remembered.
pub(crate) const REMEMBERED: Duration = Duration::from_hours(7 * 24);

/// The tables of the spool.
const MIGRATION: Migration = Migration {
    name: "spool-1",
    sql: "CREATE TABLE spool_stream (
        stream TEXT PRIMARY KEY, next_place INTEGER NOT NULL DEFAULT 1,
        waiting_records INTEGER NOT NULL DEFAULT 0, waiting_bytes INTEGER NOT NULL DEFAULT 0,
        uploaded_records INTEGER NOT NULL DEFAULT 0, uploaded_batches INTEGER NOT NULL DEFAULT 0,
        uploaded_bytes INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
        INSERT INTO spool_stream (stream) VALUES ('p0'), ('p1'), ('p2'), ('p3');
        CREATE TABLE spool_record (
        stream TEXT NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, line BLOB NOT NULL,
        PRIMARY KEY (stream, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE spool_batch (
        principal TEXT NOT NULL, id TEXT NOT NULL, stream TEXT NOT NULL, sha256 BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (principal, id)) STRICT, WITHOUT ROWID;
        CREATE INDEX spool_batch_at ON spool_batch (at);
        CREATE TABLE spool_sealed (
        stream TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
        bytes INTEGER NOT NULL, since INTEGER NOT NULL, key TEXT NOT NULL, sha256 BLOB NOT NULL,
        body BLOB NOT NULL) STRICT;",
};

/// The tables of files: those that wait and, for [`REMEMBERED`], those that were uploaded.
const FILES: Migration = Migration {
    name: "spool-2",
    sql: "CREATE TABLE spool_file (
        sha256 BLOB PRIMARY KEY, principal TEXT NOT NULL, path TEXT NOT NULL,
        bytes INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, upload TEXT,
        done_at INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE spool_files (
        uploaded INTEGER NOT NULL DEFAULT 0, uploaded_bytes INTEGER NOT NULL DEFAULT 0,
        last_at INTEGER) STRICT;
        INSERT INTO spool_files DEFAULT VALUES;",
};

/// What stands for dropped records, the batches that are set aside, what was sent by day, and what an
/// operator chose. The release before counts and uploads rightly what it finds here.
const QUOTAS: Migration = Migration {
    name: "spool-3",
    sql: "ALTER TABLE spool_stream ADD COLUMN dropped_records INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE spool_stream ADD COLUMN dropped_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE spool_record ADD COLUMN first INTEGER;
        ALTER TABLE spool_sealed ADD COLUMN lines INTEGER;
        CREATE TABLE spool_letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL,
        since INTEGER NOT NULL, key TEXT NOT NULL, sha256 BLOB NOT NULL, body BLOB NOT NULL,
        at INTEGER NOT NULL, reason TEXT NOT NULL, again INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX spool_letter_stream ON spool_letter (stream, number);
        CREATE TABLE spool_spent (
        day TEXT NOT NULL, part TEXT NOT NULL, requests INTEGER NOT NULL,
        bytes INTEGER NOT NULL, PRIMARY KEY (day, part)) STRICT, WITHOUT ROWID;
        CREATE TABLE spool_setting (
        name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
};

/// A batch that arrived, with the digest of its body as it arrived.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The batch.
    pub(crate) batch: Batch,
    /// The digest.
    pub(crate) sha256: Sha256,
}

/// The store; cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    journal: Journal,
    /// Bytes of lines that may wait.
    quotas: Quotas,
    /// Where the disk is asked how full it is.
    directory: PathBuf,
    /// What of the disk only `p0` may use.
    floor: Floor,
}

impl Spool {
    /// Opens or makes the file.
    pub(crate) async fn open(
        path: &Path,
        quotas: Quotas,
        floor: Floor,
        tasks: &Tasks,
    ) -> Result<Self, JournalError> {
        let migrations = [MIGRATION, kit::answers::MIGRATION, FILES, QUOTAS];
        let journal = Journal::open(path, &migrations, tasks).await?;
        Ok(Self {
            journal,
            quotas,
            directory: path.parent().map(Path::to_owned).unwrap_or_default(),
            floor,
        })
    }

    /// The quota of a stream.
    pub(crate) fn quota(&self, stream: Stream) -> u64 {
        self.quotas.of(stream)
    }

    /// Bytes of the disk, and of the file itself, that nothing uses.
    pub(crate) async fn free(&self) -> u64 {
        self.disk().await.free()
    }

    /// Most bytes of lines in a batch, as far as the disk has a say in it.
    pub(crate) async fn batch_max(&self) -> u64 {
        self.disk().await.batch_max()
    }

    async fn disk(&self) -> floor::Left {
        floor::look(&self.directory, self.floor, self.journal.readers()).await
    }

    /// Keeps batches, all in one commit; each is kept whole or refused for itself.
    pub(crate) async fn keep(
        &self,
        arrivals: Vec<Arrival>,
        at: Integer,
    ) -> Result<Vec<Result<Kept, Problem>>, JournalError> {
        let bounds = keep::Bounds {
            quotas: self.quotas,
            disk: self.disk().await,
            at,
        };
        self.journal
            .write(move |connection| {
                Box::pin(async move {
                    let verdicts = keep::all(connection, arrivals, &bounds).await?;
                    fault::pass(Point::UplinkRecordsWritten);
                    Ok(verdicts)
                })
            })
            .await
    }

    /// What waits in a stream and belongs to no batch.
    pub(crate) async fn waiting(&self, stream: Stream) -> Result<Option<Waiting>, sqlx::Error> {
        look::waiting(self.journal.readers(), stream).await
    }

    /// The oldest records of a stream, as many as a batch of `bytes` holds.
    pub(crate) async fn front(
        &self,
        stream: Stream,
        bytes: u64,
    ) -> Result<Option<Front>, sqlx::Error> {
        look::front(self.journal.readers(), stream, bytes).await
    }

    /// The oldest records of a stream, at most `limit`.
    pub(crate) async fn oldest(&self, stream: Stream, limit: u32) -> Result<Vec<Row>, sqlx::Error> {
        look::oldest(self.journal.readers(), stream, limit).await
    }

    /// Counters of every stream, most precious first.
    pub(crate) async fn totals(&self) -> Result<Vec<Totals>, sqlx::Error> {
        count::totals(self.journal.readers()).await
    }

    /// How many records of a stream were dropped, ever; whoever seals records must have asked before
    /// reading them.
    pub(crate) async fn dropped(&self, stream: Stream) -> Result<u64, sqlx::Error> {
        count::dropped(self.journal.readers(), stream).await
    }

    /// Puts a batch with its body on the disk, in place of the stream's earlier one; false when
    /// records were dropped since `dropped` was read, which may be among those of the batch.
    pub(crate) async fn seal(
        &self,
        sealed: Sealed,
        body: Vec<u8>,
        dropped: u64,
    ) -> Result<bool, JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move {
                    if count::dropped(&mut *connection, sealed.stream).await? != dropped {
                        return Ok(false);
                    }
                    seal::put(connection, &sealed, &body).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Gives the batch under way another name and body.
    pub(crate) async fn rename(&self, sealed: Sealed, body: Vec<u8>) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { seal::put(connection, &sealed, &body).await })
            })
            .await
    }

    /// The batch of a stream that is sealed, if any.
    pub(crate) async fn sealed(&self, stream: Stream) -> Result<Option<Sealed>, sqlx::Error> {
        seal::found(self.journal.readers(), stream).await
    }

    /// The body of a batch, as long as it is the one under way of its stream.
    pub(crate) async fn body(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, sqlx::Error> {
        seal::body(self.journal.readers(), sealed).await
    }

    /// Sets the batch under way of a stream aside.
    pub(crate) async fn set_aside(
        &self,
        sealed: Sealed,
        reason: String,
        at: Integer,
    ) -> Result<Shelf, JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { letter::set_aside(connection, &sealed, &reason, at).await })
            })
            .await
    }

    /// The batch under way of a stream, or one that was set aside and is to be tried again.
    pub(crate) async fn resumed(&self, stream: Stream) -> Result<Option<Sealed>, SpoolError> {
        if let Some(sealed) = self.sealed(stream).await? {
            return Ok(Some(sealed));
        }
        if !letter::is_wanted(self.journal.readers(), stream).await? {
            return Ok(None);
        }
        self.journal
            .write(move |connection| {
                Box::pin(async move { letter::take_back(connection, stream).await })
            })
            .await?;
        Ok(self.sealed(stream).await?)
    }

    /// Marks batches that are set aside as wanted again: the one of a number, or all. Returns their
    /// streams.
    pub(crate) async fn replay(
        &self,
        number: Option<Integer>,
    ) -> Result<Vec<Stream>, JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { letter::want(connection, number).await })
            })
            .await
    }

    /// The batches that are set aside.
    pub(crate) async fn letters(&self) -> Result<Vec<wire::uplink::Letter>, sqlx::Error> {
        letter::list(self.journal.readers()).await
    }

    /// One batch that is set aside, with its body.
    pub(crate) async fn letter(&self, number: Integer) -> Result<Option<Opened>, sqlx::Error> {
        letter::open(self.journal.readers(), number).await
    }

    /// Counts a stream again.
    pub(crate) async fn verify(
        &self,
        stream: Stream,
    ) -> Result<wire::uplink::VerifiedStream, sqlx::Error> {
        verify::stream(self.journal.readers(), stream).await
    }

    /// Adds to what was sent on a day.
    pub(crate) async fn spend(&self, count: Count) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| Box::pin(async move { spent::add(connection, &count).await }))
            .await
    }

    /// What was sent from a day on, in order.
    pub(crate) async fn spent(&self, since: &str) -> Result<Vec<Count>, sqlx::Error> {
        spent::since(self.journal.readers(), since).await
    }

    /// What an operator chose under a name.
    pub(crate) async fn setting(&self, name: &str) -> Result<Option<String>, sqlx::Error> {
        spent::setting(self.journal.readers(), name).await
    }

    /// Keeps what an operator chose, or forgets it.
    pub(crate) async fn set(
        &self,
        name: &'static str,
        value: Option<&'static str>,
    ) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { spent::set(connection, name, value).await })
            })
            .await
    }

    /// Forgets an uploaded batch and its records, and counts them.
    pub(crate) async fn forget(&self, sealed: Sealed) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move {
                    seal::forget(connection, &sealed).await?;
                    fault::pass(Point::UplinkBatchDeleted);
                    Ok(())
                })
            })
            .await
    }

    /// Keeps a file that was handed over.
    pub(crate) async fn hand(&self, file: Handed) -> Result<Filing, JournalError> {
        self.journal
            .write(move |connection| Box::pin(async move { files::hand(connection, &file).await }))
            .await
    }

    /// The file that has waited longest, if any.
    pub(crate) async fn oldest_file(&self) -> Result<Option<Handed>, sqlx::Error> {
        files::oldest(self.journal.readers()).await
    }

    /// Who waits beside a file.
    pub(crate) async fn files_around(&self, file: &Handed) -> Result<Line, sqlx::Error> {
        files::around(self.journal.readers(), file).await
    }

    /// Keeps how far the upload of a file has come: its name, and its upload in parts.
    pub(crate) async fn file_course(&self, file: Handed) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { files::course(connection, &file).await })
            })
            .await
    }

    /// Remembers that a file is uploaded, and counts it.
    pub(crate) async fn file_uploaded(
        &self,
        file: Handed,
        now: Integer,
    ) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { files::uploaded(connection, &file, now).await })
            })
            .await
    }

    /// Forgets a file that is no more.
    pub(crate) async fn file_given_up(&self, file: Handed) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move { files::give_up(connection, &file).await })
            })
            .await
    }

    /// What waits and what has left, of files.
    pub(crate) async fn file_totals(&self) -> Result<FileTotals, sqlx::Error> {
        files::totals(self.journal.readers()).await
    }

    /// The answer that a request got before, if any.
    pub(crate) async fn recall(
        &self,
        principal: &Principal,
        id: RequestId,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        kit::answers::recall(self.journal.readers(), principal, id).await
    }

    /// Keeps the answer to a request.
    pub(crate) async fn remember(
        &self,
        principal: Principal,
        id: RequestId,
        at: Integer,
        answer: Vec<u8>,
    ) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move {
                    kit::answers::remember(connection, &principal, id, at, &answer).await
                })
            })
            .await
    }

    /// By which time things are forgotten.
    pub(crate) fn retention(&self, clock: &Clock) -> Retention {
        Retention::of(&self.journal, clock)
    }

    /// Forgets digests and answers that nobody asks for any more at a time.
    pub(crate) async fn sweep(&self, now: Integer) -> Result<(), JournalError> {
        self.journal
            .write(move |connection| {
                Box::pin(async move {
                    keep::forget_digests(connection, now).await?;
                    spent::forget(connection, now).await?;
                    files::forget_digests(connection, now).await?;
                    kit::answers::forget(connection, now).await
                })
            })
            .await
    }
}

/// The spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// It cannot be read.
    #[error("cannot read the spool")]
    Read(#[from] sqlx::Error),
    /// It cannot be written.
    #[error("cannot write the spool")]
    Write(#[from] JournalError),
}

/// Whether a write failed because the disk has no space: `SQLITE_FULL`, by its number where SQLite
/// is heard itself, by its words where a shared commit failed.
pub(crate) fn is_full(error: &JournalError) -> bool {
    match error {
        JournalError::Write { source } => source
            .as_database_error()
            .is_some_and(|error| error.code().as_deref() == Some("13")),
        JournalError::Commit { reason } => reason.contains("database or disk is full"),
        JournalError::Directory { .. }
        | JournalError::Open { .. }
        | JournalError::Migrate { .. }
        | JournalError::Closed => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
