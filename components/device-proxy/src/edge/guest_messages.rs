//! The last guests' messages on the disk, by which a repetition is told from another message.

use kit::digest::sha256;
use kit::journal::Migration;
use sqlx::sqlite::SqliteConnection;
use wire::chat::GuestMessage;
use wire::{Integer, Principal};

/// The messages whose ids are kept; of their words only a digest.
pub(crate) const MIGRATION: Migration = Migration {
    name: "guest-message-1",
    sql: "CREATE TABLE guest_message (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, guest TEXT NOT NULL,
        content TEXT NOT NULL, at INTEGER NOT NULL) STRICT;",
};

/// How many ids are kept: more than guests write in a week.
const KEPT: i64 = 10_000;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was not there.
    New,
    /// It was taken down then.
    Known(Integer),
    /// Its id is that of another one.
    Other,
}

/// Puts a message into the transaction, unless one of its id is there.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    at: Integer,
    guest: &Principal,
    message: &GuestMessage,
) -> Result<Standing, sqlx::Error> {
    let (id, guest) = (message.message.to_string(), guest.to_string());
    let content = sha256(message.text.as_str().as_bytes()).to_string();
    let row = "SELECT guest, content, at FROM guest_message WHERE id = ?";
    let known: Option<(String, String, i64)> = sqlx::query_as(row)
        .bind(&id)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some((its_guest, its_content, its_at)) = known {
        let is_same = (its_guest, its_content) == (guest, content);
        let its_at = Integer::new(its_at.unsigned_abs()).unwrap_or(at);
        return Ok(if is_same {
            Standing::Known(its_at)
        } else {
            Standing::Other
        });
    }
    let added =
        sqlx::query("INSERT INTO guest_message (id, guest, content, at) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(guest)
            .bind(content)
            .bind(i64::try_from(at.value()).expect("integers of the bus are below 2^53"))
            .execute(&mut *connection)
            .await?;
    sqlx::query("DELETE FROM guest_message WHERE number <= ?")
        .bind(added.last_insert_rowid() - KEPT)
        .execute(connection)
        .await?;
    Ok(Standing::New)
}

#[cfg(test)]
mod tests;
