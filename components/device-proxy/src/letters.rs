//! What guests write, as rows of the hotel's database.
//!
//! Pure. A message is never logged and never leaves the property; what a model makes of it stands
//! beside it, and nothing when no model could be asked.

use serde_json::{Map, Value, json};
use wire::chat::GuestMessage;
use wire::inference::MessageRead;
use wire::record::Record;
use wire::{Code, Integer, Problem, replica};

use crate::order::Asker;

/// The table of guests' messages.
const TABLE: &str = "guest_messages";

/// The row of a message.
pub(crate) fn row(
    at: Integer,
    asker: &Asker,
    message: &GuestMessage,
    read: Option<&MessageRead>,
) -> Record {
    let columns = [
        ("id", json!(message.message)),
        ("guest", json!(asker.principal)),
        ("place", json!(asker.seat.as_ref().map(|seat| &seat.table))),
        ("text", json!(message.text)),
        ("at", json!(at)),
        ("sentiment", json!(read.map(|read| read.sentiment))),
        ("score", json!(read.map(|read| read.score))),
        ("topic", json!(read.map(|read| read.topic))),
        ("degraded", json!(read.map(|read| read.degraded))),
    ];
    let columns: Map<String, Value> = columns
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    replica::row(at, TABLE, columns)
}

/// Refuses a message that says nothing.
pub(crate) fn check(message: &GuestMessage) -> Result<(), Problem> {
    if message.text.as_str().trim().is_empty() {
        return Err(Problem::new(Code::Invalid, "the message says nothing").at("text"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
