//! Notes about what was done, which are forgotten after a time.
//!
//! Each new note takes a few with it that are too old, so that a table holds what came in that time, of
//! however many properties, and nobody has to sweep it.

use sqlx::{AssertSqlSafe, PgConnection};

use super::database::Property;

/// Old notes that a new one takes with it.
const EACH: u32 = 4;

/// A table of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notes {
    /// Batches that were applied, with what was answered: a box repeats the one that it sent last.
    Inbox,
    /// Values that somebody wanted and that did not stay: for whoever is asked what became of them.
    Conflict,
}

impl Notes {
    fn table(self) -> &'static str {
        match self {
            Self::Inbox => "sync.inbox",
            Self::Conflict => "sync.conflict",
        }
    }

    /// For how many days a note is kept.
    fn days(self) -> u32 {
        match self {
            Self::Inbox => 30,
            Self::Conflict => 90,
        }
    }
}

/// Forgets a few notes of a property that are too old; for whoever adds one.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    property: &Property,
    notes: Notes,
) -> Result<(), sqlx::Error> {
    let (table, days) = (notes.table(), notes.days());
    // Two who forget at the same time do not wait for each other.
    let query = format!(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM {table}
            WHERE tenant = $1 AND property = $2 AND at < now() - interval '{days} days'
            ORDER BY at LIMIT {EACH} FOR UPDATE SKIP LOCKED))"
    );
    sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(property.property.as_str())
        .execute(connection)
        .await
        .map(|_| ())
}
