//! Records on their way to another component: kept here until the consumer has committed them.
//!
//! [`put`] belongs into the transaction that makes the fact true; [`Outbox::start`] carries records over
//! in order, one batch a stream at a time. Bytes and id of a batch are fixed on disk before it is
//! first sent, so that a repetition is recognised.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use tokio::sync::Notify;
use wire::bound::RECORD_MAX;
use wire::record::Record;
use wire::{Component, Word};

use crate::bus::Bus;
use crate::clock::Clock;
use crate::journal::{Journal, Migration};
use crate::lifecycle::Tasks;

mod carrier;
mod consumer;
mod store;

pub use consumer::{Consumer, HandOverError};

/// Most records that wait here; a component whose outbox is full stops taking in more.
pub const RECORDS_MAX: u64 = 1_000_000;

/// The tables of the outbox.
pub const MIGRATION: Migration = Migration {
    name: "outbox-1",
    sql: "CREATE TABLE outbox_record (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, body BLOB NOT NULL) STRICT;
        CREATE INDEX outbox_record_stream ON outbox_record (stream, id);
        CREATE TABLE outbox_batch (
        stream TEXT PRIMARY KEY, batch TEXT NOT NULL, through INTEGER NOT NULL,
        body BLOB NOT NULL) STRICT, WITHOUT ROWID;",
};

/// Where records go that cannot be read any more: the disk gave back something else than it was given.
/// Nothing is added here but what was a record before.
pub const LETTERS: Migration = Migration {
    name: "outbox-2",
    sql: "CREATE TABLE outbox_letter (
        id INTEGER PRIMARY KEY, stream TEXT NOT NULL, body BLOB NOT NULL, reason TEXT NOT NULL)
        STRICT;",
};

/// Adds records, each to its stream and in their order, in the caller's transaction and by one
/// statement; a record of more than [`RECORD_MAX`] bytes fails it.
pub async fn put(
    connection: &mut SqliteConnection,
    records: impl IntoIterator<Item = (Word, &Record)>,
) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for (stream, record) in records {
        let body = wire::encode(record);
        if body.len() > RECORD_MAX {
            let bytes = body.len();
            return Err(sqlx::Error::InvalidArgument(format!(
                "a record of {bytes} bytes"
            )));
        }
        rows.push((stream, String::from_utf8(body).expect("JSON is UTF-8")));
    }
    if rows.is_empty() {
        return Ok(());
    }
    store::add(connection, &rows).await
}

/// The running outbox of a component.
#[derive(Debug, Clone)]
pub struct Outbox {
    arrived: Arc<Notify>,
    journal: Journal,
}

impl Outbox {
    /// Starts to carry the records of `streams` to `consumer`; before the bus connects.
    pub async fn start(
        consumer: Component,
        streams: &[Word],
        journal: &Journal,
        bus: &Bus,
        clock: &Clock,
        tasks: &Tasks,
    ) -> Self {
        let arrived = Arc::new(Notify::new());
        let carrier = carrier::Carrier {
            consumer: Consumer::of(consumer, bus).await,
            streams: streams.to_vec(),
            journal: journal.clone(),
            clock: clock.clone(),
            arrived: Arc::clone(&arrived),
        };
        tasks.spawn("outbox", |stop| carrier.run(stop));
        Self {
            arrived,
            journal: journal.clone(),
        }
    }

    /// Tells that records were committed.
    pub fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Whether as many records wait as may.
    pub async fn is_full(&self) -> Result<bool, sqlx::Error> {
        Ok(self.backlog().await? >= RECORDS_MAX)
    }

    /// How many records wait.
    pub async fn backlog(&self) -> Result<u64, sqlx::Error> {
        store::backlog(self.journal.readers()).await
    }
}
