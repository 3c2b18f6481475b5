//! Messages for peers that are away.
//!
//! In memory, for a minute, within bounds: an old description is worthless. Messages keep their
//! order; of the offers of one connection only the newest is kept, and with it go the candidates of
//! earlier negotiations.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use wire::credential::Standing;
use wire::signaling::QUEUE_LIFE_MS;
use wire::{Integer, Principal};

use crate::hotel::Hotel;
use crate::signal::Signal;

/// Most messages that wait for one peer: an offer and its candidates from a few others.
pub(crate) const MESSAGES_MAX: usize = 32;
/// Most bytes that wait for one peer: four messages of the largest size.
pub(crate) const BYTES_MAX: usize = 64 * 1024;
/// How long a message waits.
pub(crate) const LIFE: Duration = Duration::from_millis(QUEUE_LIFE_MS as u64);

/// Everything that waits.
#[derive(Debug)]
pub(crate) struct Queue {
    most: usize,
    total: usize,
    lines: BTreeMap<(Hotel, Principal), VecDeque<Waiting>>,
}

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Since when.
    pub(crate) since: Instant,
    /// Who sent it.
    pub(crate) from: Principal,
    /// What the sender was.
    pub(crate) standing: Standing,
    /// The message, with its sender's name.
    pub(crate) signal: Signal,
}

impl Waiting {
    /// The message as it is delivered at `now`.
    pub(crate) fn delivered(self, now: Instant) -> Signal {
        let waited = now.saturating_duration_since(self.since).as_millis();
        let waited = u64::try_from(waited).ok().and_then(Integer::new);
        self.signal.after(waited.unwrap_or_default())
    }

    /// Whether an offer of the same connection makes it worthless.
    fn is_replaced_by(&self, newer: &Self) -> bool {
        let Signal::Offer(offer) = &newer.signal else {
            return false;
        };
        let same = self.from == newer.from && self.signal.connection() == offer.connection;
        let stale = match &self.signal {
            Signal::Offer(_) => true,
            Signal::Answer(_) | Signal::Candidate(_) => {
                self.signal.negotiation() < offer.negotiation
            }
        };
        same && stale
    }
}

/// There is no room for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Queue {
    /// An empty queue for `most` messages over all hotels.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            total: 0,
            lines: BTreeMap::new(),
        }
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.total
    }

    /// Keeps a message for somebody who is away.
    pub(crate) fn push(
        &mut self,
        hotel: &Hotel,
        to: &Principal,
        waiting: Waiting,
    ) -> Result<(), Full> {
        let key = (hotel.clone(), to.clone());
        let line = self.lines.entry(key.clone()).or_default();
        let before = line.len();
        line.retain(|older| !older.is_replaced_by(&waiting));
        self.total -= before - line.len();
        let bytes: usize = line.iter().map(|waiting| waiting.signal.bytes()).sum();
        let fits = line.len() < MESSAGES_MAX
            && bytes + waiting.signal.bytes() <= BYTES_MAX
            && self.total < self.most;
        if fits {
            line.push_back(waiting);
            self.total += 1;
        }
        if line.is_empty() {
            self.lines.remove(&key);
        }
        if fits { Ok(()) } else { Err(Full) }
    }

    /// Takes out everything for somebody who came, oldest first.
    pub(crate) fn take(&mut self, hotel: &Hotel, to: &Principal) -> VecDeque<Waiting> {
        let line = self.lines.remove(&(hotel.clone(), to.clone()));
        let line = line.unwrap_or_default();
        self.total -= line.len();
        line
    }

    /// Takes out everything that has waited too long, with whom it was for.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(Hotel, Principal, Waiting)> {
        self.take_out(|_, waiting| now >= waiting.since + LIFE)
    }

    /// Takes out everything that certain senders left.
    pub(crate) fn purge(&mut self, sender: impl Fn(&Hotel, &Principal) -> bool) {
        self.take_out(|hotel, waiting| sender(hotel, &waiting.from));
    }

    fn take_out(
        &mut self,
        gone: impl Fn(&Hotel, &Waiting) -> bool,
    ) -> Vec<(Hotel, Principal, Waiting)> {
        let mut out = Vec::new();
        for ((hotel, to), line) in &mut self.lines {
            let (leave, stay) = std::mem::take(line)
                .into_iter()
                .partition(|waiting| gone(hotel, waiting));
            *line = stay;
            let leave: VecDeque<_> = leave;
            out.extend(
                leave
                    .into_iter()
                    .map(|one| (hotel.clone(), to.clone(), one)),
            );
        }
        self.lines.retain(|_, line| !line.is_empty());
        self.total -= out.len();
        out
    }
}

#[cfg(test)]
mod tests;
