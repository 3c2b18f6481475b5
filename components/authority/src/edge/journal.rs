//! The books on disk.
//!
//! Promise: what was acknowledged is here; a line of the audit journal is never changed, and each
//! carries the SHA-256 of itself and of the one before it.

use std::sync::Arc;

use kit::answers;
use kit::journal::Migration;
use sqlx::sqlite::SqliteConnection;
use wire::{Integer, Principal, RequestId};

use crate::books::Change;

mod audit;
mod columns;
mod keep;
mod load;

pub(crate) use audit::{Chain, verify};
pub(crate) use load::load;

/// The schema; steps are only ever added.
pub(crate) const MIGRATIONS: &[Migration] = &[
    answers::MIGRATION,
    Migration {
        name: "authority-1",
        sql: "CREATE TABLE person (
            principal TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
            CREATE TABLE invitation (
            code BLOB PRIMARY KEY, principal TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
            expires_at INTEGER NOT NULL, key BLOB) STRICT, WITHOUT ROWID;
            CREATE TABLE token (
            id TEXT PRIMARY KEY, principal TEXT NOT NULL, iat INTEGER NOT NULL,
            exp INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE sitting (
            id TEXT PRIMARY KEY, place TEXT NOT NULL, opened_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, opened_by TEXT NOT NULL, closed_at INTEGER)
            STRICT, WITHOUT ROWID;
            CREATE TABLE guest (
            number INTEGER PRIMARY KEY, sitting TEXT NOT NULL, key BLOB NOT NULL,
            principal TEXT NOT NULL, token TEXT NOT NULL, UNIQUE (sitting, key)) STRICT;
            CREATE TABLE refusal (
            kind TEXT NOT NULL, subject TEXT NOT NULL, until INTEGER,
            PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;
            CREATE TABLE list (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL)
            STRICT;
            CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL,
            object TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT;
            CREATE TRIGGER audit_stays BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit journal is append-only'); END;
            CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit journal is append-only'); END;",
    },
    // A key with a nonce waits to be compared; one without has been, or is of before there was that.
    Migration {
        name: "authority-2",
        sql: "ALTER TABLE invitation ADD COLUMN invited_by TEXT;
            ALTER TABLE invitation ADD COLUMN nonce BLOB;
            ALTER TABLE invitation ADD COLUMN digits TEXT;",
    },
];

/// An answer that a repeated request gets again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub(crate) principal: Principal,
    pub(crate) id: RequestId,
    pub(crate) at: Integer,
    pub(crate) body: Vec<u8>,
}

/// What one write keeps.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) changes: Vec<Change>,
    pub(crate) answers: Vec<KeptAnswer>,
}

impl Work {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.answers.is_empty()
    }
}

/// Keeps changes and answers, all or none.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    work: Arc<Work>,
) -> Result<(), sqlx::Error> {
    for change in &work.changes {
        keep::change(connection, change).await?;
    }
    for KeptAnswer {
        principal,
        id,
        at,
        body,
    } in &work.answers
    {
        answers::remember(connection, principal, *id, *at, body).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
