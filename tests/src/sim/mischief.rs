//! What a simulated device does wrong, by chance that can be repeated; free of IO.

use clap::ValueEnum;
use wire::Integer;
use wire::bound::INTEGER_MAX;

use crate::faults::Chance;

mod nonsense;

pub use nonsense::{Nonsense, nonsense};

/// A way to go wrong. A device that has several goes wrong in each of them, whenever chance wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Mischief {
    /// Connected, and says nothing for a while; what it measures meanwhile comes at once.
    Silent,
    /// Loses its connection without a goodbye, and comes back soon.
    Flapping,
    /// Its clock is wrong, by another amount every now and then.
    LyingClock,
    /// Says things again that it has just said.
    Duplicate,
    /// Says things in another order than that of their places.
    Reorder,
    /// Measures many times at once.
    Burst,
    /// Loses its outbox with all that is in it, and begins a new one.
    NewOutbox,
    /// Says, between messages, what is none.
    Hostile,
}

/// One in so many measurements, or messages, goes wrong.
const SILENT_ONE_IN: u32 = 15;
const FLAPPING_ONE_IN: u32 = 10;
const LIE_ONE_IN: u32 = 5;
const DUPLICATE_ONE_IN: u32 = 3;
const REORDER_ONE_IN: u32 = 2;
const BURST_ONE_IN: u32 = 20;
const NEW_OUTBOX_ONE_IN: u32 = 40;
const HOSTILE_ONE_IN: u32 = 3;
/// Most measurements through which a device stays silent.
const SILENT_MAX: u32 = 10;
/// Most repetitions of one message.
const COPIES_MAX: u32 = 3;
/// Most measurements of one burst.
const BURST_MAX: u32 = 40;
/// Most messages that wait to be overtaken; a gateway remembers more gaps than that.
pub const HELD_MAX: usize = 8;
/// Longest absence, in milliseconds.
const ABSENT_MAX_MS: u32 = 2_000;
/// What clocks lie by, in milliseconds: a moment, an hour, a day, a year.
const LIES_MS: [u64; 4] = [50, 3_600_000, 86_400_000, 31_536_000_000];

/// What goes wrong with one measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prank {
    /// The connection is lost for so many milliseconds.
    Leave(u32),
    /// The outbox is lost, and with it the connection, for so many milliseconds.
    Forget(u32),
    /// It measures so many times more.
    Burst(u32),
    /// It says something that is no message.
    Babble,
}

/// Everything that goes wrong with one device.
///
/// Invariants: the same seed and device play the same; a message is delayed by at most [`HELD_MAX`]
/// others; nothing that is said is changed, and nothing is said that would be a message of another.
#[derive(Debug)]
pub struct Trouble {
    kinds: Vec<Mischief>,
    chance: Chance,
    /// Measurements through which it stays silent yet.
    silent: u32,
    lie: Lie,
}

/// What a clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    Nothing,
    Early(u64),
    Late(u64),
    /// A box that was never told the time.
    Epoch,
    /// The last millisecond that the bus can say.
    End,
}

impl Trouble {
    /// What goes wrong with the device of this name.
    pub fn of(kinds: &[Mischief], seed: u64, device: &str) -> Self {
        // FNV-1a: neighbours in a hotel are to have nothing in common.
        let name = device.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let [low, high] = [seed, seed >> 32].map(|half| u32::try_from(half & 0xffff_ffff));
        let seed = low.expect("32 bits") ^ high.expect("32 bits").rotate_left(16);
        Self {
            kinds: kinds.to_vec(),
            chance: Chance::of(seed ^ name),
            silent: 0,
            lie: Lie::Nothing,
        }
    }

    /// What goes wrong with the measurement that is due now.
    pub fn strike(&mut self) -> Vec<Prank> {
        self.silent = self.silent.saturating_sub(1);
        if self.happens(Mischief::Silent, SILENT_ONE_IN) {
            self.silent = 1 + self.chance.below(SILENT_MAX);
        }
        if self.happens(Mischief::LyingClock, LIE_ONE_IN) {
            self.lie = self.another_lie();
        }
        let mut pranks = Vec::new();
        if self.happens(Mischief::Burst, BURST_ONE_IN) {
            pranks.push(Prank::Burst(1 + self.chance.below(BURST_MAX)));
        }
        if self.happens(Mischief::Hostile, HOSTILE_ONE_IN) {
            pranks.push(Prank::Babble);
        }
        if self.happens(Mischief::NewOutbox, NEW_OUTBOX_ONE_IN) {
            pranks.push(Prank::Forget(self.chance.below(ABSENT_MAX_MS)));
        } else if self.happens(Mischief::Flapping, FLAPPING_ONE_IN) {
            pranks.push(Prank::Leave(self.chance.below(ABSENT_MAX_MS)));
        }
        pranks
    }

    /// Whether it keeps what it measures to itself for now.
    pub fn is_silent(&self) -> bool {
        self.silent > 0
    }

    /// What its clock shows at `now`.
    pub fn clock(&self, now: Integer) -> Integer {
        let shown = match self.lie {
            Lie::Nothing => now.value(),
            Lie::Early(by) => now.value().saturating_sub(by),
            Lie::Late(by) => now.value().saturating_add(by).min(INTEGER_MAX),
            Lie::Epoch => 0,
            Lie::End => INTEGER_MAX,
        };
        Integer::new(shown).unwrap_or(now)
    }

    /// How many times more a message is said.
    pub fn copies(&mut self) -> u32 {
        if self.happens(Mischief::Duplicate, DUPLICATE_ONE_IN) {
            1 + self.chance.below(COPIES_MAX)
        } else {
            0
        }
    }

    /// Whether a message waits until others have overtaken it.
    pub fn holds(&mut self) -> bool {
        self.happens(Mischief::Reorder, REORDER_ONE_IN)
    }

    /// Puts things into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let bound = u32::try_from(last + 1).expect("few things");
            let place = usize::try_from(self.chance.below(bound)).expect("few things");
            things.swap(last, place);
        }
    }

    /// Something that is no message, beside a device's own: `covered` is a place that the gateway
    /// has confirmed.
    pub fn babble(&mut self, boot: Integer, covered: Option<u64>) -> Nonsense {
        nonsense(&mut self.chance, boot, covered)
    }

    fn happens(&mut self, kind: Mischief, one_in: u32) -> bool {
        self.kinds.contains(&kind) && self.chance.below(one_in) == 0
    }

    fn another_lie(&mut self) -> Lie {
        let by = usize::try_from(self.chance.below(4)).expect("below 4");
        match self.chance.below(8) {
            0 => Lie::Nothing,
            1..=3 => Lie::Early(LIES_MS[by]),
            4 | 5 => Lie::Late(LIES_MS[by]),
            6 => Lie::Epoch,
            _ => Lie::End,
        }
    }
}

#[cfg(test)]
mod tests;
