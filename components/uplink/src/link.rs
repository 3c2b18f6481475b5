//! How the link to the cloud is used: as it comes, sparingly, or not at all.
//!
//! Pure: the present comes in, a permit goes out. What is metered is every byte on the wire as far
//! as it is known: bodies as they are sent, and an estimate of what surrounds them.

use std::time::{Duration, Instant};

use wire::Integer;
use wire::record::Stream;
use wire::uplink::Mode;

use crate::batch::Packing;

/// Bytes of a request beside its body: the headers of both sides (some 1.5 KB), and a TLS handshake
/// with the chain of S3 (some 5.5 KB), since connections rarely outlive the pause between batches.
const AROUND: u64 = 7_000;
/// Of a body, one part in so many more: records of TLS, headers of TCP and IP, acknowledgements.
const FRAMES: u64 = 25;
/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Bytes on the wire of requests with such bodies.
pub(crate) fn wire_bytes(requests: u64, bodies: u64) -> u64 {
    requests * AROUND + bodies + bodies / FRAMES
}

/// What a deployment says about the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The mode that holds until an operator chooses another.
    pub(crate) mode: Mode,
    /// Metered: bytes a day.
    pub(crate) day_bytes: u64,
    /// Metered: bytes a second.
    pub(crate) bytes_per_s: u64,
}

/// What wants to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// A batch.
    Batch(Stream),
    /// A file, or a part of one.
    File,
}

/// Whether it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permit {
    /// At once.
    Now,
    /// Not before this has passed.
    In(Duration),
    /// Not in this mode.
    Never,
}

/// The link, with what was sent today.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    rules: Rules,
    chosen: Option<Mode>,
    /// Days since 1970 (UTC).
    day: u64,
    /// Bytes on the wire since it began.
    sent: u64,
    /// When what was sent is paid for at the rate of a metered link.
    paid_at: Option<Instant>,
}

impl Link {
    /// The link with what an operator chose and what was sent earlier today.
    pub(crate) fn new(rules: Rules, chosen: Option<Mode>, wall: Integer, sent: u64) -> Self {
        Self {
            rules,
            chosen,
            day: day(wall),
            sent,
            paid_at: None,
        }
    }

    /// The mode in force.
    pub(crate) fn mode(&self) -> Mode {
        self.chosen.unwrap_or(self.rules.mode)
    }

    /// Whether an operator chose it.
    pub(crate) fn is_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Chooses a mode, or leaves it to the configuration.
    pub(crate) fn choose(&mut self, mode: Option<Mode>) {
        self.chosen = mode;
    }

    /// Bytes that may leave in a day while the link is metered.
    pub(crate) fn day_budget(&self) -> u64 {
        self.rules.day_bytes
    }

    /// Bytes that left today.
    pub(crate) fn sent_today(&mut self, wall: Integer) -> u64 {
        self.turn(wall);
        self.sent
    }

    /// How batches are packed.
    pub(crate) fn packing(&self) -> Packing {
        match self.mode() {
            Mode::Normal | Mode::Offline => Packing::Quick,
            Mode::Metered => Packing::Tight,
        }
    }

    /// Whether a body of so many bytes may leave.
    pub(crate) fn permit(&mut self, wall: Integer, now: Instant, load: Load, bytes: u64) -> Permit {
        self.turn(wall);
        match (self.mode(), load) {
            (Mode::Normal, _) => Permit::Now,
            (Mode::Offline, _)
            | (Mode::Metered, Load::File | Load::Batch(Stream::P2 | Stream::P3)) => Permit::Never,
            (Mode::Metered, Load::Batch(Stream::P0 | Stream::P1)) => {
                let after = self.sent + wire_bytes(1, bytes);
                let is_first = self.sent == 0;
                // A batch that is larger than a day's budget has a day of its own, or it would never leave.
                if after > self.rules.day_bytes && !is_first {
                    return Permit::In(Duration::from_millis(DAY_MS - wall.value() % DAY_MS));
                }
                match self.paid_at {
                    Some(paid) if paid > now => Permit::In(paid - now),
                    Some(_) | None => Permit::Now,
                }
            }
        }
    }

    /// Takes note of a request with a body of so many bytes.
    pub(crate) fn sent(&mut self, wall: Integer, now: Instant, bytes: u64) {
        self.turn(wall);
        let bytes = wire_bytes(1, bytes);
        self.sent += bytes;
        let cost = Duration::from_millis(bytes.saturating_mul(1_000) / self.rules.bytes_per_s);
        let from = self.paid_at.map_or(now, |paid| paid.max(now));
        self.paid_at = Some(from + cost);
    }

    /// Begins a new day; a clock that was set back does not give a second budget.
    fn turn(&mut self, wall: Integer) {
        let today = day(wall);
        if today > self.day {
            self.day = today;
            self.sent = 0;
        }
    }
}

fn day(wall: Integer) -> u64 {
    wall.value() / DAY_MS
}

#[cfg(test)]
mod tests;
