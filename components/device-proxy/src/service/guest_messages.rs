//! Takes down what guests write: a model reads it on the box, the database gets it in its own time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::bus::Bus;
use kit::clock::Clock;
use kit::error::Chain;
use kit::journal::Journal;
use kit::outbox::{self, Outbox};
use wire::chat::{GuestMessage, Noted};
use wire::inference::{MESSAGE, Message, MessageRead};
use wire::{Code, Component, Integer, Problem, replica};

use super::room::check_room;
use crate::edge::guest_messages::{Standing, keep};
use crate::guest_messages::{Pace, check, row};
use crate::order::Asker;

/// Longest wait for the model; a guest does not wait longer for "thank you".
const READING: Duration = Duration::from_secs(1);

/// The way of a guest's message.
#[derive(Debug)]
pub(crate) struct GuestMessages {
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    pub(super) outbox: Outbox,
    pub(super) pace: Mutex<Pace>,
}

impl GuestMessages {
    /// Takes a message down; durable when it returns. The same again is the same message.
    pub(crate) async fn take(
        &self,
        asker: &Asker,
        message: GuestMessage,
    ) -> Result<Noted, Problem> {
        check(&message)?;
        let at = self.clock.wall();
        self.pace().write(at, &asker.principal)?;
        check_room(&self.outbox).await?;
        let read = self.read(&message).await;
        let id = message.message;
        let at = match self.keep(at, asker, message, read.as_ref()).await? {
            Standing::New => {
                self.outbox.wake();
                tracing::info!(message = %id, read = read.is_some(), "guest's message taken down");
                at
            }
            Standing::Known(at) => at,
            Standing::Other => {
                let detail = "a message of that id has another content";
                return Err(Problem::new(Code::Conflict, detail).at("message"));
            }
        };
        Ok(Noted { message: id, at })
    }

    /// Keeps a message, and its row for the database, unless one of its id is there.
    async fn keep(
        &self,
        at: Integer,
        asker: &Asker,
        message: GuestMessage,
        read: Option<&MessageRead>,
    ) -> Result<Standing, Problem> {
        let (record, guest) = (row(at, asker, &message, read), asker.principal.clone());
        let kept = self.journal.write(move |connection| {
            Box::pin(async move {
                let standing = keep(connection, at, &guest, &message).await?;
                if standing == Standing::New {
                    outbox::put(connection, [(replica::rows(), &record)]).await?;
                }
                Ok(standing)
            })
        });
        kept.await.map_err(|error| {
            tracing::error!(error = %Chain(&error), "cannot keep a guest's message");
            Problem::new(Code::Unavailable, "the message cannot be kept now")
        })
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
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
