//! One connection of an outbox: what leaves next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Letter;

/// Most letters repeated without any of them being covered.
const REPEAT_MAX: u32 = 100;
/// How long a silent gateway is waited for before the first repetition; doubles with each.
pub(super) const QUIET: Duration = Duration::from_secs(10);
/// Doublings of [`QUIET`], at most.
const DOUBLINGS: u32 = 5;
/// Most letters at the broker's door without its acknowledgement.
pub(super) const IN_FLIGHT_MAX: usize = 32;

/// What is sent on one connection, and when it is sent again.
#[derive(Debug)]
pub(super) struct Sending {
    /// The first place not sent on this connection.
    fresh: u64,
    in_flight: BTreeSet<u64>,
    repetition: Option<Repetition>,
    quiet_at: Option<Instant>,
    silences: u32,
}

/// Sending everything from `next` to `end` once more.
#[derive(Debug)]
struct Repetition {
    next: u64,
    end: u64,
    left: u32,
}

impl Sending {
    /// Nothing is sent yet; `base` is the first place to be.
    pub(super) fn starting_at(base: u64) -> Self {
        Self {
            fresh: base,
            in_flight: BTreeSet::new(),
            repetition: None,
            quiet_at: None,
            silences: 0,
        }
    }

    /// When [`Sending::elapsed`] is due.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.quiet_at
    }

    /// The letter to send now, repetitions first; fresh ones only below `ahead`.
    pub(super) fn next<'a>(
        &mut self,
        now: Instant,
        held: &'a BTreeMap<u64, Letter>,
        ahead: u64,
    ) -> Option<&'a Letter> {
        if self.in_flight.len() == IN_FLIGHT_MAX {
            return None;
        }
        let letter = self.repeated(held).or_else(|| self.fresh(held, ahead))?;
        self.in_flight.insert(letter.seq.value());
        self.quiet_at.get_or_insert(now + QUIET);
        Some(letter)
    }

    /// The broker has answered.
    pub(super) fn landed(&mut self, seq: u64) {
        self.in_flight.remove(&seq);
    }

    fn fresh<'a>(&mut self, held: &'a BTreeMap<u64, Letter>, ahead: u64) -> Option<&'a Letter> {
        let (seq, letter) = held.range(self.fresh..ahead.max(self.fresh)).next()?;
        self.fresh = seq + 1;
        Some(letter)
    }

    fn repeated<'a>(&mut self, held: &'a BTreeMap<u64, Letter>) -> Option<&'a Letter> {
        let repetition = self.repetition.as_mut()?;
        let found = held
            .range(repetition.next..repetition.end)
            .find(|(seq, _)| !self.in_flight.contains(seq));
        let Some((seq, letter)) = found else {
            self.repetition = None;
            return None;
        };
        repetition.left = repetition.left.checked_sub(1)?;
        repetition.next = seq + 1;
        Some(letter)
    }

    /// Begins a repetition when the gateway has been silent for long.
    pub(super) fn elapsed(&mut self, now: Instant, base: u64) {
        if self.quiet_at.is_none_or(|at| at > now) {
            return;
        }
        self.silences = (self.silences + 1).min(DOUBLINGS);
        self.quiet_at = (base < self.fresh).then(|| now + QUIET * 2_u32.pow(self.silences));
        self.repetition = Some(Repetition {
            next: base,
            end: self.fresh,
            left: REPEAT_MAX,
        });
    }

    /// The gateway has everything below `base`.
    pub(super) fn progressed(&mut self, now: Instant, base: u64) {
        self.fresh = self.fresh.max(base);
        self.silences = 0;
        self.quiet_at = (base < self.fresh).then(|| now + QUIET);
        if let Some(repetition) = &mut self.repetition {
            repetition.next = repetition.next.max(base);
            repetition.end = repetition.end.max(base);
            repetition.left = REPEAT_MAX;
        }
    }
}
