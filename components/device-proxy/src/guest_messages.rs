//! What guests write, as rows of the hotel's database.
//!
//! Pure. A message is never logged and never leaves the property; what a model makes of it stands
//! beside it, and nothing when no model could be asked.

use std::collections::BTreeMap;

use serde_json::json;
use wire::chat::GuestMessage;
use wire::inference::MessageRead;
use wire::record::Record;
use wire::{Code, Integer, Principal, Problem, replica};

use crate::order::Asker;

/// The table of guests' messages.
const TABLE: &str = "guest_messages";
/// Between two messages of a guest, in milliseconds.
const APART_MS: u64 = 1_000;

/// Who wrote a moment ago: keeps one guest from filling the disk.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When each guest wrote last, within the last second.
    latest: BTreeMap<Principal, Integer>,
}

impl Pace {
    /// Takes that a guest writes now; refuses it when they wrote just before.
    pub(crate) fn write(&mut self, now: Integer, guest: &Principal) -> Result<(), Problem> {
        self.latest
            .retain(|_, at| now.value().abs_diff(at.value()) < APART_MS);
        if self.latest.contains_key(guest) {
            return Err(Problem::new(Code::Busy, "one message a second"));
        }
        self.latest.insert(guest.clone(), now);
        Ok(())
    }
}

/// The row of a message. What is not known is left out, so that a message that comes again keeps
/// what was made of it before.
pub(crate) fn row(
    at: Integer,
    asker: &Asker,
    message: &GuestMessage,
    read: Option<&MessageRead>,
) -> Record {
    let mut columns = replica::columns([
        ("id", json!(message.message)),
        ("guest", json!(asker.principal)),
        ("place", json!(asker.seat.as_ref().map(|seat| &seat.table))),
        ("text", json!(message.text)),
        ("at", json!(at)),
        ("sentiment", json!(read.map(|read| read.sentiment))),
        ("score", json!(read.map(|read| read.score))),
        ("topic", json!(read.map(|read| read.topic))),
        ("degraded", json!(read.map(|read| read.degraded))),
    ]);
    columns.retain(|_, value| !value.is_null());
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
