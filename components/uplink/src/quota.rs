//! How much each stream may keep, and who gives way when there is no room.
//!
//! Pure: counters come in, a decision goes out.
//!
//! | stream | what it holds | when it has no room |
//! |---|---|---|
//! | `p0` | audit, alarms, payments | takes the room of `p3`, then of `p2`; refuses when that is gone, too |
//! | `p1` | orders, state changes, events | takes what `p0` has borrowed back from `p3` and `p2`; refuses beyond its quota |
//! | `p2` | measurements | drops its oldest: the newest say how the house is |
//! | `p3` | debugging | drops its oldest |
//!
//! What the quotas of the others leave is the reserve of `p0`, and nothing else can use it. `p0`
//! itself may borrow whatever is free.

use wire::record::Stream;

/// Streams whose oldest records may be dropped, cheapest first.
pub(crate) const DROPPABLE: [Stream; 2] = [Stream::P3, Stream::P2];

/// Shares of the whole, in per cent, where none are configured; the rest is the reserve of `p0`.
const SHARES: [(Stream, u64); 3] = [(Stream::P1, 45), (Stream::P2, 25), (Stream::P3, 5)];

/// Bytes of lines that may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quotas {
    total: u64,
    p1: u64,
    p2: u64,
    p3: u64,
}

/// What a stream holds, in bytes of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Everything that waits.
    pub(crate) waiting: u64,
    /// As much of it is in no batch, and could be dropped.
    pub(crate) loose: u64,
}

/// What every stream holds, most precious first.
pub(crate) type Holdings = [Held; 4];

/// Whether the disk itself has room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It has.
    Roomy,
    /// It is below the floor: what comes may only replace what is there, but for `p0`.
    Low,
    /// What is left is needed to send away what is there: `p0` may only replace, too.
    Full,
}

/// Whether a batch may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is room, when so many bytes of these streams are dropped first.
    After(Vec<(Stream, u64)>),
    /// There is none.
    None,
}

impl Quotas {
    /// Quotas that together leave `p0` something; those not given are shares of the whole.
    pub(crate) fn new(total: u64, p1: Option<u64>, p2: Option<u64>, p3: Option<u64>) -> Self {
        let share = |place: usize| total / 100 * SHARES[place].1;
        Self {
            total,
            p1: p1.unwrap_or_else(|| share(0)),
            p2: p2.unwrap_or_else(|| share(1)),
            p3: p3.unwrap_or_else(|| share(2)),
        }
    }

    /// Whether something is left for `p0`.
    pub(crate) fn leave_a_reserve(&self) -> bool {
        let others = [self.p1, self.p2, self.p3];
        let others = others
            .iter()
            .try_fold(0_u64, |sum, one| sum.checked_add(*one));
        others.is_some_and(|others| others < self.total)
    }

    /// The quota of a stream; that of `p0` is its reserve.
    pub(crate) fn of(&self, stream: Stream) -> u64 {
        match stream {
            Stream::P0 => self.total - (self.p1 + self.p2 + self.p3),
            Stream::P1 => self.p1,
            Stream::P2 => self.p2,
            Stream::P3 => self.p3,
        }
    }

    /// Whether `bytes` more of a stream may be kept, and who gives way.
    pub(crate) fn room(&self, held: &Holdings, disk: Disk, stream: Stream, bytes: u64) -> Room {
        let total: u64 = held.iter().map(|held| held.waiting).sum();
        let free = match disk {
            Disk::Roomy => self.total.saturating_sub(total),
            Disk::Low | Disk::Full => 0,
        };
        let missing = bytes.saturating_sub(free);
        let waiting = held[place(stream)].waiting;
        let beyond = (waiting + bytes).saturating_sub(self.of(stream));
        match stream {
            // The floor of the disk is for everybody else.
            Stream::P0 if disk == Disk::Low && beyond == 0 => {
                Room::After(give(held, missing, &DROPPABLE))
            }
            Stream::P1 if beyond > 0 => Room::None,
            Stream::P0 | Stream::P1 => give_way(held, missing, &DROPPABLE),
            Stream::P2 | Stream::P3 if bytes > self.of(stream) => Room::None,
            Stream::P2 | Stream::P3 => give_way(held, missing.max(beyond), &[stream]),
        }
    }
}

/// Where a stream stands among all.
pub(crate) fn place(stream: Stream) -> usize {
    match stream {
        Stream::P0 => 0,
        Stream::P1 => 1,
        Stream::P2 => 2,
        Stream::P3 => 3,
    }
}

fn give_way(held: &Holdings, missing: u64, streams: &[Stream]) -> Room {
    let given = give(held, missing, streams);
    let sum: u64 = given.iter().map(|(_, bytes)| bytes).sum();
    if sum < missing {
        Room::None
    } else {
        Room::After(given)
    }
}

fn give(held: &Holdings, mut missing: u64, streams: &[Stream]) -> Vec<(Stream, u64)> {
    let mut given = Vec::new();
    for stream in streams {
        let bytes = held[place(*stream)].loose.min(missing);
        if bytes > 0 {
            given.push((*stream, bytes));
            missing -= bytes;
        }
    }
    given
}

#[cfg(test)]
mod tests;
