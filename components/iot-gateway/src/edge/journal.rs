//! The gateway's memory on disk.

use kit::journal::Migration;
use kit::{answers, outbox};

mod apply;
mod load;

pub(crate) use apply::{apply, purge};
pub(crate) use load::load;

/// The schema; steps are only ever added.
pub(crate) const MIGRATIONS: &[Migration] = &[
    outbox::MIGRATION,
    answers::MIGRATION,
    Migration {
        name: "gateway-1",
        sql: "CREATE TABLE birth (
            device TEXT PRIMARY KEY, boot INTEGER NOT NULL, capabilities TEXT NOT NULL,
            firmware TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE mark (
            device TEXT PRIMARY KEY, boot INTEGER NOT NULL, next INTEGER NOT NULL,
            gaps TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE digest (
            device TEXT NOT NULL, slot INTEGER NOT NULL, boot INTEGER NOT NULL,
            seq INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (device, slot)) STRICT, WITHOUT ROWID;
            CREATE TABLE lost (
            device TEXT PRIMARY KEY, places INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE report (
            device TEXT PRIMARY KEY, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
            at INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
            CREATE TABLE desired (
            device TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
            CREATE TABLE execution (
            id TEXT PRIMARY KEY, principal TEXT NOT NULL, device TEXT NOT NULL,
            boot INTEGER NOT NULL, operation TEXT NOT NULL, arguments TEXT NOT NULL,
            expires_at INTEGER NOT NULL, status TEXT NOT NULL, outcome TEXT, problem TEXT)
            STRICT, WITHOUT ROWID;
            CREATE INDEX execution_expires_at ON execution (expires_at);",
    },
];

/// The tables that a device is forgotten in; its numbers stay.
const FORGOTTEN: &[&str] = &["birth", "report", "desired"];

#[cfg(test)]
mod tests;
