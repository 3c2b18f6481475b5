//! The order book on the disk.

use kit::journal::Migration;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::order::Order;
use wire::{Integer, Principal, Problem, SittingId};

use crate::order::{Entry, KEPT, Party, earlier};

/// The table of orders. `party` is `sitting` or `staff`, `whose` the sitting or the member of staff.
pub(crate) const MIGRATION: Migration = Migration {
    name: "order-1",
    sql: "CREATE TABLE guest_order (
        id TEXT PRIMARY KEY, placed_at INTEGER NOT NULL, party TEXT NOT NULL, whose TEXT NOT NULL,
        guests TEXT NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX guest_order_placed_at ON guest_order (placed_at);",
};

const SITTING: &str = "sitting";
const STAFF: &str = "staff";

/// Puts an order, new or changed, into the transaction.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    let (party, whose) = match &entry.party {
        Party::Sitting(sitting) => (SITTING, sitting.to_string()),
        Party::Staff(principal) => (STAFF, principal.to_string()),
    };
    // How the ticket stands is known to the print jobs, and told anew by them.
    let order = Order {
        ticket: None,
        ..entry.order.clone()
    };
    sqlx::query(
        "INSERT INTO guest_order (id, placed_at, party, whose, guests, body) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET guests = excluded.guests, body = excluded.body",
    )
    .bind(entry.order.order.to_string())
    .bind(column(entry.placed_at()))
    .bind(party)
    .bind(whose)
    .bind(serde_json::to_string(&entry.guests).expect("names have a JSON form"))
    .bind(wire::encode(&order))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Every order on the disk.
pub(crate) async fn load(readers: &SqlitePool) -> Result<Vec<Entry>, LoadError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT id, party, whose, guests, body FROM guest_order")
        .fetch_all(readers)
        .await
        .map_err(LoadError::Read)?;
    rows.into_iter().map(Row::entry).collect()
}

/// Forgets orders that are older than [`KEPT`].
pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    now: Integer,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM guest_order WHERE placed_at < ?")
        .bind(column(earlier(now, KEPT)))
        .execute(connection)
        .await
        .map(|_| ())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    party: String,
    whose: String,
    guests: String,
    body: Vec<u8>,
}

impl Row {
    fn entry(self) -> Result<Entry, LoadError> {
        let wrong = |column| LoadError::Row {
            id: self.id.clone(),
            column,
        };
        let order: Order = wire::decode(&self.body).map_err(|source| LoadError::Order {
            id: self.id.clone(),
            source,
        })?;
        let party = match self.party.as_str() {
            SITTING => self.whose.parse::<SittingId>().ok().map(Party::Sitting),
            STAFF => self.whose.parse::<Principal>().ok().map(Party::Staff),
            _ => None,
        };
        Ok(Entry {
            order,
            party: party.ok_or_else(|| wrong("whose"))?,
            guests: serde_json::from_str(&self.guests).map_err(|_| wrong("guests"))?,
        })
    }
}

/// An integer of the bus as SQLite stores it.
fn column(integer: Integer) -> i64 {
    i64::try_from(integer.value()).expect("integers of the bus are below 2^53")
}

/// The orders on the disk cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The disk does not give them.
    #[error("cannot read the orders")]
    Read(#[source] sqlx::Error),
    /// One is not an order.
    #[error("cannot understand order {id}")]
    Order {
        /// Which.
        id: String,
        /// What is wrong with it.
        source: Problem,
    },
    /// A column of one is not what it should be.
    #[error("cannot understand {column} of order {id}")]
    Row {
        /// Which.
        id: String,
        /// What is wrong with it.
        column: &'static str,
    },
}

#[cfg(test)]
mod tests;
