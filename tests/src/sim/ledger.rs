//! Everything the devices ever said: the store of their outboxes, and the truth that tests compare
//! with.
//!
//! One SQLite file for all devices. A row is written before its message is published and is never
//! deleted; `fate` says what became of it. The file is one outbox store, a boot; a device that has
//! lost its own goes on in another one, of a higher boot. `received` rows are those the gateway confirmed;
//! `dropped` ones were given up by a full outbox, and may have arrived all the same.

use std::path::Path;

use kit::journal::{Journal, JournalError, Migration};
use kit::lifecycle::Tasks;
use sqlx::sqlite::SqliteConnection;
use wire::{DeviceId, Integer};

mod entry;
mod read;
mod resume;

pub use entry::Entry;
pub use read::{Line, Report, Totals, bodies, count, read, reports};
pub use resume::Resumed;

const MIGRATIONS: &[Migration] = &[
    Migration {
    name: "ledger-1",
    sql: "CREATE TABLE store (only INTEGER PRIMARY KEY CHECK (only = 1), boot INTEGER NOT NULL) STRICT;
        CREATE TABLE device (
            device TEXT PRIMARY KEY, through_seq INTEGER, memory TEXT NOT NULL) STRICT;
        CREATE TABLE message (
            device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
            kind TEXT NOT NULL, capability TEXT, body BLOB NOT NULL, sha256 TEXT NOT NULL,
            at INTEGER NOT NULL, fate TEXT NOT NULL DEFAULT 'held',
            PRIMARY KEY (device, boot, seq)) STRICT, WITHOUT ROWID;",
    },
    Migration {
        name: "ledger-2",
        sql: "ALTER TABLE device ADD COLUMN boot INTEGER;",
    },
];

/// The ledger, for those who write it; cloned freely.
#[derive(Debug, Clone)]
pub struct Ledger {
    journal: Journal,
    boot: Integer,
}

impl Ledger {
    /// Opens the ledger, or makes one, which is a new boot: `now` in Unix milliseconds.
    pub async fn open(path: &Path, now: Integer, tasks: &Tasks) -> Result<Self, LedgerError> {
        let journal = Journal::open(path, MIGRATIONS, tasks).await?;
        let boot = journal
            .write(move |connection| Box::pin(begin(connection, now)))
            .await?;
        Ok(Self {
            journal,
            boot: integer(boot)?,
        })
    }

    /// The outbox store that this file is.
    pub fn boot(&self) -> Integer {
        self.boot
    }

    /// Writes what a device has said, heard and learned; on the disk when this returns.
    pub async fn commit(&self, entry: Entry) -> Result<(), LedgerError> {
        let boot = column(entry.boot.unwrap_or(self.boot).value());
        self.journal
            .write(move |connection| Box::pin(async move { entry.store(connection, boot).await }))
            .await
            .map_err(LedgerError::Journal)
    }

    /// Gives a device a new outbox store: whatever it held is given up.
    pub async fn renew(&self, device: &DeviceId, boot: Integer) -> Result<(), LedgerError> {
        let (device, boot) = (device.clone(), column(boot.value()));
        self.journal
            .write(move |connection| {
                Box::pin(async move { entry::renew(connection, device.as_str(), boot).await })
            })
            .await
            .map_err(LedgerError::Journal)
    }

    /// What the file holds of a device.
    pub async fn resume(&self, device: &DeviceId) -> Result<Resumed, LedgerError> {
        resume::resume(self.journal.readers(), device, column(self.boot.value())).await
    }
}

async fn begin(connection: &mut SqliteConnection, now: Integer) -> Result<i64, sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO store (only, boot) VALUES (1, ?)")
        .bind(column(now.value()))
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar("SELECT boot FROM store")
        .fetch_one(connection)
        .await
}

fn column(value: u64) -> i64 {
    i64::try_from(value).expect("integers of the bus are below 2^53")
}

fn integer(column: i64) -> Result<Integer, LedgerError> {
    u64::try_from(column)
        .ok()
        .and_then(Integer::new)
        .ok_or_else(|| LedgerError::Damaged {
            what: format!("{column} is no integer of the bus"),
        })
}

fn damaged(error: impl std::error::Error) -> LedgerError {
    LedgerError::Damaged {
        what: error.to_string(),
    }
}

/// The ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be opened or written.
    #[error("cannot keep the ledger")]
    Journal(#[from] JournalError),
    /// It cannot be read.
    #[error("cannot read the ledger")]
    Read(#[from] sqlx::Error),
    /// It holds something that was never written.
    #[error("the ledger is damaged: {what}")]
    Damaged {
        /// What.
        what: String,
    },
}

#[cfg(test)]
mod tests;
