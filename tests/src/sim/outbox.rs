//! What a device has said and nobody has confirmed yet, free of IO.

use std::collections::BTreeMap;
use std::time::Instant;

use wire::Integer;

mod letter;
mod sending;

pub use letter::{Letter, Place, Saying, Subject, Worth};
use sending::Sending;

/// Most letters sent beyond the first uncovered one: what a broker may have to keep for a gateway
/// that is away.
const AHEAD_MAX: u64 = 1_000;

/// What the world tells the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Everything that entered so far is on the disk.
    Stored,
    /// The broker is reached; whatever was in flight is forgotten.
    Connected,
    /// The broker is gone.
    Disconnected,
    /// The broker has the letter at this place.
    Published(u64),
    /// The broker does not want it.
    Refused(u64),
    /// The gateway has committed everything up to and including this place.
    Received(u64),
    /// The moment of [`Outbox::wake_at`] has come.
    Elapsed,
}

/// What the outbox asks of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send the letter, at least once.
    Publish(Letter),
    /// Note that everything up to and including this place is received.
    Cover(u64),
}

/// A letter that was given a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The letter, to be stored before [`Input::Stored`].
    pub letter: Letter,
    /// The place of the letter that was given up for it.
    pub dropped: Option<u64>,
}

/// What is on the disk of an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// The next free place.
    pub next: u64,
    /// The last place known to be received.
    pub through: Option<u64>,
    /// The last place that was given up.
    pub dropped: Option<u64>,
    /// The letters behind `through` that were not given up.
    pub held: Vec<Letter>,
}

/// The outbox of one device.
///
/// ```text
/// enter ──Stored──▶ waiting ──▶ in flight ──Published──▶ unconfirmed ──Received──▶ forgotten
///                      ▲            │ Refused                 │ silence, Connected
///                      └────────────┴─────────────────────────┘
/// ```
///
/// Invariants: a place is used once, through any restarts; nothing is published before it is
/// stored; nothing is forgotten before it is received, unless the outbox is full, and then the
/// loss is declared; letters leave in the order of their places, repetitions too.
#[derive(Debug)]
pub struct Outbox {
    boot: Integer,
    most: usize,
    held: BTreeMap<u64, Letter>,
    next: u64,
    /// Places below this are on the disk.
    stored: u64,
    /// The first place not known to be received.
    base: u64,
    dropped: Option<u64>,
    link: Link,
}

#[derive(Debug)]
enum Link {
    Down,
    Up(Sending),
}

impl Outbox {
    /// Goes on from what is on the disk; holds at most `most` letters.
    pub fn resume(boot: Integer, most: usize, stored: Stored) -> Self {
        Self {
            boot,
            most,
            held: stored
                .held
                .into_iter()
                .map(|letter| (letter.seq.value(), letter))
                .collect(),
            next: stored.next,
            stored: stored.next,
            base: stored.through.map_or(0, |through| through + 1),
            dropped: stored.dropped,
            link: Link::Down,
        }
    }

    /// Gives a saying its place and its final form.
    pub fn enter(&mut self, at: Integer, saying: Saying) -> Entered {
        let dropped = self.make_room();
        let seq = integer(self.next);
        let declares = self.dropped.is_some_and(|dropped| dropped >= self.base);
        let oldest_seq = declares.then(|| self.oldest());
        let letter = Letter::write(
            Place {
                boot: self.boot,
                seq,
                oldest_seq,
                at,
            },
            saying,
        );
        self.held.insert(self.next, letter.clone());
        self.next += 1;
        Entered { letter, dropped }
    }

    /// When [`Input::Elapsed`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        match &self.link {
            Link::Down => None,
            Link::Up(sending) => sending.wake_at(),
        }
    }

    /// The lowest place that is held, or used next.
    pub fn oldest(&self) -> Integer {
        integer(self.held.keys().next().copied().unwrap_or(self.next))
    }

    /// How many letters are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Moves the outbox forward by one input.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (&mut self.link, input) {
            (_, Input::Stored) => self.stored = self.next,
            (_, Input::Connected) => self.link = Link::Up(Sending::starting_at(self.base)),
            (_, Input::Disconnected) => self.link = Link::Down,
            (Link::Up(sending), Input::Published(seq) | Input::Refused(seq)) => {
                sending.landed(seq);
            }
            (_, Input::Received(through)) => effects.extend(self.cover(now, through)),
            (Link::Up(sending), Input::Elapsed) => sending.elapsed(now, self.base),
            // Late news about a connection that is already gone.
            (Link::Down, Input::Published(_) | Input::Refused(_) | Input::Elapsed) => {}
        }
        effects.extend(self.send(now));
        effects
    }

    /// Gives up the least precious letter, the oldest first, when there is no place for another.
    fn make_room(&mut self) -> Option<u64> {
        if self.held.len() < self.most {
            return None;
        }
        let (_, seq) = self
            .held
            .values()
            .map(|letter| (letter.worth(), letter.seq.value()))
            .min()?;
        self.held.remove(&seq);
        self.dropped = self.dropped.max(Some(seq));
        Some(seq)
    }

    fn cover(&mut self, now: Instant, through: u64) -> Option<Effect> {
        if through < self.base || through >= self.stored {
            return None;
        }
        self.base = through + 1;
        self.held = self.held.split_off(&self.base);
        if let Link::Up(sending) = &mut self.link {
            sending.progressed(now, self.base);
        }
        Some(Effect::Cover(through))
    }

    fn send(&mut self, now: Instant) -> Vec<Effect> {
        let Link::Up(sending) = &mut self.link else {
            return Vec::new();
        };
        // A gap stops the gateway until a letter behind it declares the loss.
        let gap = self.dropped.is_some_and(|dropped| dropped >= self.base);
        let ahead = if gap {
            self.stored
        } else {
            self.stored.min(self.base + AHEAD_MAX)
        };
        let mut effects = Vec::new();
        while let Some(letter) = sending.next(now, &self.held, ahead) {
            effects.push(Effect::Publish(letter.clone()));
        }
        effects
    }
}

fn integer(place: u64) -> Integer {
    Integer::new(place).expect("no device says 2^53 things")
}

#[cfg(test)]
mod tests;
