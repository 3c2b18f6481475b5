//! Whose turn it is to send: a short message that nobody is before goes out at once, from the task
//! that says it; whatever else waits for the task that carries.
//!
//! Promises: one sends at a time; what one task says leaves in the order in which it was said.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard};

use crate::framing::{Broken, Outgoing, PIECE};
use crate::transport::{Closed, Transport};

/// The line before one channel.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Messages that wait for the carrier, or that it has begun.
    waiting: Arc<AtomicUsize>,
    /// The number of the next message, for whoever sends.
    number: Mutex<u32>,
}

/// A message's place in the line, until it is sent or given up.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The right to send.
#[derive(Debug)]
pub(super) struct Turn<'a>(MutexGuard<'a, u32>);

impl Line {
    /// The turn of a message of one frame, when nobody waits and nobody sends.
    pub(super) fn at_once(&self, octets: &[u8]) -> Option<Turn<'_>> {
        if octets.len() > PIECE || self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        self.number.try_lock().ok().map(Turn)
    }

    /// A place behind whoever is in the line.
    pub(super) fn join(&self) -> Place {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Place(Arc::clone(&self.waiting))
    }

    /// The carrier's turn, after whoever sends now.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn(self.number.lock().await)
    }
}

impl Turn<'_> {
    /// Begins a message under the next number.
    pub(super) fn begin(&mut self, octets: Vec<u8>) -> Result<Outgoing, Broken> {
        let outgoing = Outgoing::new(*self.0, octets)?;
        *self.0 = self.0.wrapping_add(1);
        Ok(outgoing)
    }

    /// Sends a message of one frame.
    pub(super) async fn send(
        mut self,
        octets: Vec<u8>,
        transport: &dyn Transport,
    ) -> Result<(), Closed> {
        let frame = self.begin(octets).ok().and_then(|mut one| one.next_frame());
        transport.send(frame.ok_or(Closed)?).await
    }
}
