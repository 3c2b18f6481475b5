//! What holds whatever happens to a device.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::sending::QUIET;
use super::*;

/// The disk, the broker and the gateway of one device, and the device itself.
struct World {
    now: Instant,
    outbox: Outbox,
    /// What is on the disk.
    letters: BTreeMap<u64, Letter>,
    dropped: Option<u64>,
    through: Option<u64>,
    /// What was ever published.
    published: BTreeMap<u64, Letter>,
    in_flight: Vec<u64>,
}

impl World {
    fn new(most: usize) -> Self {
        Self {
            now: Clock::system().monotonic(),
            outbox: outbox(most),
            letters: BTreeMap::new(),
            dropped: None,
            through: None,
            published: BTreeMap::new(),
            in_flight: Vec::new(),
        }
    }

    fn restart(&mut self) {
        let first = self.through.map_or(0, |through| through + 1);
        let stored = Stored {
            next: self.letters.keys().last().map_or(0, |last| last + 1),
            through: self.through,
            dropped: self.dropped,
            held: self
                .letters
                .range(first..)
                .map(|(_, letter)| letter.clone())
                .collect(),
        };
        self.outbox = Outbox::resume(boot(), self.outbox.most, stored);
        self.in_flight.clear();
    }

    /// Gives sayings a place; whether that reaches the disk is the caller's.
    fn enter(&mut self, count: usize) -> Vec<Entered> {
        (0..count)
            .map(|_| self.outbox.enter(1_u32.into(), measured()))
            .collect()
    }

    fn store(&mut self, entered: Vec<Entered>) {
        for Entered { letter, dropped } in entered {
            self.letters.insert(letter.seq.value(), letter);
            // Rows stay; what matters here is that they are not held.
            if let Some(dropped) = dropped {
                self.letters.remove(&dropped);
                self.dropped = self.dropped.max(Some(dropped));
            }
        }
    }

    fn hear(&mut self, input: Input) -> Result<Vec<Letter>, TestCaseError> {
        let mut sent = Vec::new();
        for effect in self.outbox.handle(self.now, input) {
            match effect {
                Effect::Cover(through) => self.through = Some(through),
                Effect::Publish(letter) => {
                    let seq = letter.seq.value();
                    prop_assert!(
                        self.letters.contains_key(&seq),
                        "{seq} left before it was stored"
                    );
                    let before = self.published.insert(seq, letter.clone());
                    prop_assert!(before.is_none_or(|before| before == letter), "{seq} twice");
                    self.in_flight.push(seq);
                    sent.push(letter);
                }
            }
        }
        Ok(sent)
    }
}

/// What happens to a device.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Say(usize),
    SayAndDie { stored: bool },
    Connect,
    Disconnect,
    Land,
    Cover(prop::sample::Index),
    Wait(u64),
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => (1..5_usize).prop_map(Fate::Say),
        1 => any::<bool>().prop_map(|stored| Fate::SayAndDie { stored }),
        2 => Just(Fate::Connect),
        1 => Just(Fate::Disconnect),
        4 => Just(Fate::Land),
        2 => any::<prop::sample::Index>().prop_map(Fate::Cover),
        2 => (0..30_u64).prop_map(Fate::Wait),
    ]
}

fn suffer(world: &mut World, fate: Fate) -> Result<(), TestCaseError> {
    match fate {
        Fate::Say(count) => {
            let entered = world.enter(count);
            world.store(entered);
            world.hear(Input::Stored)?;
        }
        Fate::SayAndDie { stored } => {
            let entered = world.enter(1);
            if stored {
                world.store(entered);
            }
            world.restart();
        }
        Fate::Connect => {
            world.in_flight.clear();
            world.hear(Connected)?;
        }
        Fate::Disconnect => drop(world.hear(Disconnected)?),
        Fate::Land => {
            if let Some(seq) = world.in_flight.pop() {
                world.hear(Published(seq))?;
            }
        }
        Fate::Cover(which) => {
            if !world.published.is_empty() {
                let seq = *world
                    .published
                    .keys()
                    .nth(which.index(world.published.len()))
                    .unwrap();
                world.hear(Received(seq))?;
            }
        }
        Fate::Wait(seconds) => {
            world.now += Duration::from_secs(seconds);
            world.hear(Elapsed)?;
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_place_is_used_once_through_any_restarts(
        most in 1..20_usize,
        story in prop::collection::vec(any_fate(), 0..80),
    ) {
        let mut world = World::new(most);
        for fate in story {
            suffer(&mut world, fate)?;
        }
    }

    #[test]
    fn what_is_stored_is_held_until_it_is_received_or_given_up(
        most in 1..20_usize,
        story in prop::collection::vec(any_fate(), 0..80),
    ) {
        let mut world = World::new(most);
        for fate in story {
            suffer(&mut world, fate)?;
            let first = world.through.map_or(0, |through| through + 1);
            let expected: Vec<_> = world.letters.range(first..).map(|(seq, _)| *seq).collect();
            let held: Vec<_> = world.outbox.held.keys().copied().collect();
            prop_assert_eq!(held, expected);
            prop_assert!(world.outbox.held() <= most);
        }
    }

    #[test]
    fn everything_arrives_in_the_end_however_much_is_lost_on_the_way(
        most in 5..200_usize,
        backlog in 0..300_usize,
        losses in prop::collection::vec(any::<bool>(), 0..30),
    ) {
        let mut world = World::new(most);
        let entered = world.enter(backlog);
        world.store(entered);
        let mut losses = losses.into_iter();
        let mut gateway = Gateway::default();
        world.hear(Input::Stored)?;
        let mut sent = world.hear(Connected)?;
        for _round in 0..60 {
            while let Some(letter) = sent.pop() {
                if !losses.next().unwrap_or(false) {
                    gateway.take(&letter);
                }
                sent.extend(world.hear(Published(letter.seq.value()))?);
            }
            if let Some(through) = gateway.through() {
                sent.extend(world.hear(Received(through))?);
            }
            world.now += QUIET * 8;
            sent.extend(world.hear(Elapsed)?);
            let entered = world.enter(1);
            world.store(entered);
            sent.extend(world.hear(Input::Stored)?);
        }
        prop_assert!(world.outbox.held() <= 1, "{:?}", world.outbox);
    }
}

/// What a gateway has committed of one device, and believes lost.
#[derive(Default)]
struct Gateway {
    known: BTreeSet<u64>,
    declared: u64,
}

impl Gateway {
    fn take(&mut self, letter: &Letter) {
        let body: Telemetry = wire::decode(&letter.body).unwrap();
        self.known.insert(body.seq.value());
        self.declared = self.declared.max(body.oldest_seq.map_or(0, Integer::value));
    }

    fn through(&self) -> Option<u64> {
        let known = self.known.range(self.declared..).zip(self.declared..);
        let unbroken = known.take_while(|(seq, place)| *seq == place).count();
        (self.declared + u64::try_from(unbroken).unwrap()).checked_sub(1)
    }
}
