//! The one durable local store of a component: SQLite, write-ahead log, every commit synced.
//!
//! Acknowledged means committed: [`Journal::write`] returns after the data is on the disk. Writes
//! that wait for the same disk share one commit, so that a burst costs one sync and not hundreds.
//! The previous release must be able to open the file: migrations only add.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rustix::fs::statvfs;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Executor};
use tokio::sync::{mpsc, oneshot};

use crate::lifecycle::Tasks;

mod retention;
mod writer;

pub use retention::Retention;
use writer::Job;

/// Most writes that wait for the disk; whoever comes next waits for a place.
const QUEUE: usize = 1_024;
/// How long a reader waits while the file is locked for a checkpoint.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Bytes of a page of SQLite.
const PAGE: u64 = 4_096;
/// The part of the disk that the log may take, ...
const LOG_SHARE: u64 = 64;
/// ... in pages: at least, so that not every commit is written twice at once, and at most, which is
/// SQLite's own habit.
const LOG_PAGES: (u64, u64) = (16, 1_000);
/// Connections for reading beside the writer; more would not be faster on one disk.
const READERS: u32 = 2;

/// A step of the schema, applied once per file, in order.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Unique and never changed: `spool-1`.
    pub name: &'static str,
    /// Additive SQL.
    pub sql: &'static str,
}

/// The store; cloned freely.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: mpsc::Sender<Box<dyn Job>>,
    readers: SqlitePool,
}

impl Journal {
    /// Opens or makes the file and applies the migrations that it lacks.
    pub async fn open(
        path: &Path,
        migrations: &[Migration],
        tasks: &Tasks,
    ) -> Result<Self, JournalError> {
        if let Some(directory) = path.parent() {
            tokio::fs::create_dir_all(directory)
                .await
                .map_err(|source| JournalError::Directory {
                    path: directory.to_owned(),
                    source,
                })?;
        }
        let opening = |source| JournalError::Open {
            path: path.to_owned(),
            source,
        };
        let log_pages = log_pages(bytes_of_disk(path));
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", log_pages.to_string())
            // What a large commit took is given back; an ordinary one does not shrink and grow it.
            .pragma("journal_size_limit", (2 * log_pages * PAGE).to_string())
            .foreign_keys(true)
            .busy_timeout(LOCK_WAIT);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(opening)?;
        migrate(&mut connection, migrations).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(opening)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        tasks.spawn_draining("journal", writer::run(connection, jobs));
        Ok(Self { queue, readers })
    }

    /// Does `work` in a transaction and returns its answer once it is on the disk; nothing of it
    /// stays when it fails. Other writes may share the commit.
    pub async fn write<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>
            + Send
            + 'static,
    {
        let (done, committed) = oneshot::channel();
        let job = writer::Write::new(work, done);
        self.queue
            .send(Box::new(job))
            .await
            .map_err(|_| JournalError::Closed)?;
        committed.await.map_err(|_| JournalError::Closed)?
    }

    /// Connections for reading what is committed.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

/// Bytes of the disk that holds a file; one that cannot be asked counts as large.
fn bytes_of_disk(file: &Path) -> u64 {
    let directory = file.parent().unwrap_or(file);
    statvfs(directory).map_or(u64::MAX, |disk| disk.f_blocks.saturating_mul(disk.f_frsize))
}

/// Pages of the log after which it is written back, and begun anew: a small share of a small disk.
fn log_pages(disk: u64) -> u64 {
    (disk / LOG_SHARE / PAGE).clamp(LOG_PAGES.0, LOG_PAGES.1)
}

async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<(), JournalError> {
    let schema = |source| JournalError::Migrate {
        name: "migration",
        source,
    };
    connection
        .execute("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) STRICT")
        .await
        .map_err(schema)?;
    for Migration { name, sql } in [&retention::MIGRATION].into_iter().chain(migrations) {
        let failed = |source| JournalError::Migrate { name, source };
        let mut transaction = connection.begin().await.map_err(failed)?;
        let added = sqlx::query("INSERT OR IGNORE INTO migration (name) VALUES (?)")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if added.rows_affected() == 1 {
            transaction
                .execute(sqlx::raw_sql(*sql))
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    Ok(())
}

/// The store cannot keep something.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Its directory cannot be made.
    #[error("cannot make directory {path}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("cannot open journal {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A step of the schema failed.
    #[error("cannot apply migration {name}")]
    Migrate {
        /// The step.
        name: &'static str,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A write was refused and undone.
    #[error("cannot write to the journal")]
    Write {
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A commit failed, and everything in it is undone.
    #[error("cannot commit to the journal: {reason}")]
    Commit {
        /// What SQLite said; one text for all who shared the commit.
        reason: String,
    },
    /// The component is stopping.
    #[error("the journal is closed")]
    Closed,
}

#[cfg(test)]
mod tests;
