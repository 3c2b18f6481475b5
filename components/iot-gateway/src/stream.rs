//! The numbered messages of one device: what has arrived, what is missing, what is lost.

use wire::device::Received;
use wire::{Integer, Sha256, Version};

mod gaps;
mod recent;
mod verdict;

pub use gaps::{Gaps, RANGES_MAX, Range};
pub use recent::{RECENT_MAX, Recent};
pub use verdict::{Lost, Outcome, Place, Verdict};

/// The stream of one device.
///
/// ```text
/// place:    0 … through │ gap │ accepted │ gap │ accepted │ next …
///           covered       still expected                    never seen
/// ```
///
/// Invariants: a place is accepted at most once; [`Stream::through`] never passes a place that is
/// neither accepted nor lost; the boot never falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    boot: Integer,
    /// The first place never seen.
    next: u64,
    gaps: Gaps,
    recent: Recent,
}

/// What of a stream is kept through a restart, beside [`Recent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The outbox store.
    pub boot: Integer,
    /// The first place never seen.
    pub next: u64,
    /// Places before it that are missing.
    pub gaps: Gaps,
}

impl Stream {
    /// The stream of a new outbox store.
    pub fn new(boot: Integer) -> Self {
        Self {
            boot,
            next: 0,
            gaps: Gaps::default(),
            recent: Recent::default(),
        }
    }

    /// Goes on where the mark stands.
    pub fn resume(mark: Mark, recent: Recent) -> Self {
        let Mark { boot, next, gaps } = mark;
        Self {
            boot,
            next,
            gaps,
            recent,
        }
    }

    /// What is to be kept.
    pub fn mark(&self) -> Mark {
        Mark {
            boot: self.boot,
            next: self.next,
            gaps: self.gaps.clone(),
        }
    }

    /// Everything that [`Stream::resume`] needs.
    pub fn retire(self) -> (Mark, Recent) {
        (self.mark(), self.recent)
    }

    /// The outbox store.
    pub fn boot(&self) -> Integer {
        self.boot
    }

    /// How many places are missing and still expected.
    pub fn missing(&self) -> u64 {
        self.gaps.places()
    }

    /// The last place of the unbroken row from 0 that is accepted or lost.
    pub fn through(&self) -> Option<Integer> {
        let end = self.gaps.first().map_or(self.next, |gap| gap.first);
        end.checked_sub(1).map(place)
    }

    /// What to tell the device; nothing as long as its first message is missing.
    pub fn received(&self) -> Option<Received> {
        self.through().map(|through_seq| Received {
            v: Version,
            boot: self.boot,
            through_seq,
        })
    }

    /// Takes up a newer outbox store; what is missing of the old one is lost.
    pub fn advance(&mut self, boot: Integer) -> Vec<Lost> {
        if boot <= self.boot {
            return Vec::new();
        }
        let old = std::mem::replace(self, Self::new(boot));
        let lost = |places: &Range| Lost {
            boot: old.boot,
            places: *places,
        };
        old.gaps.ranges().iter().map(lost).collect()
    }

    /// Begins at `oldest` if nothing was ever seen: what came before was received by a gateway
    /// that has lost its memory, or given up before anybody listened.
    pub fn begin_at(&mut self, oldest: Integer) {
        if self.next == 0 {
            self.next = oldest.value();
        }
    }

    /// Believes the device that it holds nothing below `oldest` now; returns what is lost by that.
    pub fn hold_from(&mut self, oldest: Integer) -> Vec<Lost> {
        self.begin_at(oldest);
        self.give_up_below(oldest.value())
    }

    /// Judges a message and, if it is accepted, takes its place.
    pub fn handle(&mut self, at: Place, sha256: Sha256) -> Outcome {
        if at.boot < self.boot {
            return Outcome {
                verdict: Verdict::Stale,
                lost: Vec::new(),
            };
        }
        let mut lost = self.advance(at.boot);
        let seq = at.seq.value();
        if seq < self.next && !self.gaps.contains(seq) {
            let verdict = self.recognise(seq, sha256);
            return Outcome { verdict, lost };
        }
        if let Some(oldest) = at.oldest_seq {
            lost.extend(self.give_up_below(oldest.value()));
        }
        let verdict = if self.take(seq) {
            self.recent.insert(seq, sha256);
            Verdict::Accepted
        } else {
            Verdict::Untaken
        };
        Outcome { verdict, lost }
    }

    /// Whether a digest is remembered for the place.
    pub fn remembers(&self, seq: Integer) -> bool {
        self.recent.remembers(seq.value())
    }

    fn recognise(&self, seq: u64, sha256: Sha256) -> Verdict {
        match self.recent.matches(seq, sha256) {
            Some(false) => Verdict::Conflict,
            Some(true) | None => Verdict::Duplicate,
        }
    }

    /// Believes the device that nothing below `oldest` will come any more.
    fn give_up_below(&mut self, oldest: u64) -> Vec<Lost> {
        let mut places = self.gaps.give_up_below(oldest);
        if self.next < oldest {
            places.push(Range {
                first: self.next,
                last: oldest - 1,
            });
            self.next = oldest;
        }
        let boot = self.boot;
        let lost = |places| Lost { boot, places };
        places.into_iter().map(lost).collect()
    }

    /// Takes a free place; false when that would need a gap too many.
    fn take(&mut self, seq: u64) -> bool {
        if seq < self.next {
            return self.gaps.fill(seq);
        }
        let skipped = (self.next < seq).then(|| Range {
            first: self.next,
            last: seq - 1,
        });
        let taken = skipped.is_none_or(|gap| self.gaps.open(gap));
        if taken {
            self.next = seq + 1;
        }
        taken
    }
}

fn place(seq: u64) -> Integer {
    Integer::new(seq).expect("places come from messages, whose integers are bounded")
}

#[cfg(test)]
mod tests;
