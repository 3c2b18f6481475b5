//! The gateway's memory on disk.

use kit::journal::Migration;
use kit::{answers, outbox};

mod apply;
mod load;
mod trail;
mod turns;

pub(crate) use apply::{apply, purge};
pub(crate) use load::load;
pub(crate) use trail::{has_intent, newest, page, seal};

/// The schema; steps are only ever added.
pub(crate) const MIGRATIONS: &[Migration] = &[
    outbox::MIGRATION,
    outbox::LETTERS,
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
    Migration {
        name: "gateway-2",
        sql: "CREATE TABLE turn (
            execution TEXT PRIMARY KEY, asker TEXT NOT NULL, actor TEXT NOT NULL,
            device TEXT NOT NULL, room TEXT, operation TEXT NOT NULL, arguments TEXT NOT NULL,
            boot INTEGER NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            status TEXT NOT NULL, outcome TEXT, problem TEXT) STRICT, WITHOUT ROWID;
            CREATE INDEX turn_at ON turn (at);
            CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, device TEXT NOT NULL, intent TEXT UNIQUE, body TEXT NOT NULL,
            sha256 BLOB NOT NULL) STRICT;
            CREATE INDEX audit_device ON audit (device, seq);
            CREATE TRIGGER audit_is_written_once BEFORE UPDATE ON audit BEGIN
            SELECT RAISE(ABORT, 'the trail is written once'); END;
            CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN
            SELECT RAISE(ABORT, 'the trail is never shortened'); END;
            CREATE TABLE audit_head (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
    },
];

/// The tables that a device is forgotten in; its numbers stay.
const FORGOTTEN: &[&str] = &["birth", "report", "desired"];

#[cfg(test)]
mod tests;
