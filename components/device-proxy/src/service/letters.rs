//! Takes down what guests write: a model reads it on the box, the database gets it in its own time.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kit::bus::Bus;
use kit::clock::Clock;
use kit::error::Chain;
use kit::journal::Journal;
use kit::outbox::{self, Outbox};
use wire::chat::{GuestMessage, Noted};
use wire::inference::{MESSAGE, Message, MessageRead};
use wire::{Code, Component, Integer, Principal, Problem, replica};

use crate::letters::{check, row};
use crate::order::Asker;

/// Longest wait for the model; a guest does not wait longer for "thank you".
const READING: Duration = Duration::from_secs(1);
/// Between two messages of a guest, in milliseconds.
const APART_MS: u64 = 1_000;

/// The way of a guest's message.
#[derive(Debug)]
pub(crate) struct Letters {
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    pub(super) outbox: Outbox,
    /// When each guest wrote last, within the last second.
    pub(super) latest: Mutex<BTreeMap<Principal, Integer>>,
}

impl Letters {
    /// Takes a message down; durable when it returns.
    pub(crate) async fn take(
        &self,
        asker: &Asker,
        message: GuestMessage,
    ) -> Result<Noted, Problem> {
        check(&message)?;
        let at = self.clock.wall();
        self.wait_a_moment(&asker.principal, at)?;
        let read = self.read(&message).await;
        let record = row(at, asker, &message, read.as_ref());
        let kept = self.journal.write(move |connection| {
            Box::pin(async move { outbox::put(connection, [(replica::rows(), &record)]).await })
        });
        kept.await.map_err(|error| {
            tracing::error!(error = %Chain(&error), "cannot keep a guest's message");
            Problem::new(Code::Unavailable, "the message cannot be kept now")
        })?;
        self.outbox.wake();
        tracing::info!(message = %message.message, read = read.is_some(), "guest's message taken down");
        Ok(Noted {
            message: message.message,
            at,
        })
    }

    /// Keeps one guest from filling the disk.
    fn wait_a_moment(&self, guest: &Principal, now: Integer) -> Result<(), Problem> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.retain(|_, at| now.value().abs_diff(at.value()) < APART_MS);
        if latest.contains_key(guest) {
            return Err(Problem::new(Code::Busy, "one message a second"));
        }
        latest.insert(guest.clone(), now);
        Ok(())
    }

    /// What a model makes of it; nothing when none can be asked.
    async fn read(&self, message: &GuestMessage) -> Option<MessageRead> {
        let operation = MESSAGE.parse().expect("operations are words");
        let question = Message {
            text: message.text.as_str().to_owned(),
        };
        let asked = self
            .bus
            .request(Component::Inference, &operation, question, READING);
        match asked.await {
            Ok(read) => Some(read),
            Err(error) => {
                tracing::info!(error = %Chain(&error), "no model reads the message");
                None
            }
        }
    }
}
