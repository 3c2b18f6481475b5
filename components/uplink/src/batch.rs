//! When the records of a stream become a batch, and which of them.
//!
//! Pure: records, the present and digests come in.

use std::time::Duration;

use wire::record::Stream;
use wire::{Integer, Sha256};

use crate::object::{Origin, Sealed};

/// How hard a batch is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Twice as fast as the next level that would be noticeably smaller.
    Quick,
    /// Ten times the work for some tenth of the bytes: for links where bytes are dear.
    Tight,
}

impl Packing {
    /// The level of zstd.
    fn level(self) -> i32 {
        match self {
            Self::Quick => 3,
            Self::Tight => 9,
        }
    }
}

/// A batch leaves at whichever of these comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// So many bytes wait.
    pub(crate) bytes: u64,
    /// The oldest record has waited so long.
    pub(crate) age: Duration,
}

/// Records of a stream that wait and belong to no batch yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Place of the oldest, or the first that it stands for.
    pub(crate) first: Integer,
    /// When it arrived.
    pub(crate) since: Integer,
    /// Bytes of all of them, as lines.
    pub(crate) bytes: u64,
}

/// When the next batch is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// At once.
    Now,
    /// After this time, if nothing else happens.
    In(Duration),
}

impl Limits {
    /// When what waits is to become a batch; at once when somebody drains up to a place in it.
    ///
    /// Age is the distance between the two times, in either direction: a clock that was set back
    /// makes a batch smaller than it could be, never later than it should be.
    pub(crate) fn due(&self, now: Integer, waiting: &Waiting, drain_through: u64) -> Due {
        let age = Duration::from_millis(now.value().abs_diff(waiting.since.value()));
        let drained = waiting.first.value() <= drain_through;
        if waiting.bytes >= self.bytes || age >= self.age || drained {
            Due::Now
        } else {
            Due::In(self.age.saturating_sub(age))
        }
    }
}

/// A record on the disk, as it will be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its place in the stream.
    pub(crate) place: Integer,
    /// The first place that it stands for: its own, unless it stands for dropped ones.
    pub(crate) first: Integer,
    /// When it arrived.
    pub(crate) at: Integer,
    /// The line, without its end.
    pub(crate) line: Vec<u8>,
}

/// The oldest records of a stream, gathered for one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Front {
    first: Integer,
    last: Integer,
    since: Integer,
    lines: u64,
    text: Vec<u8>,
}

impl Front {
    /// Begins with one record, however large.
    pub(crate) fn new(row: &Row) -> Self {
        let mut front = Self {
            first: row.first,
            last: row.place,
            since: row.at,
            lines: 0,
            text: Vec::new(),
        };
        front.append(row);
        front
    }

    /// Adds the next record; false when the batch is complete without it, because it would be
    /// larger than `bytes` or a place would be left out.
    pub(crate) fn add(&mut self, row: &Row, bytes: u64) -> bool {
        let fits = self.bytes() + line_bytes(&row.line) <= bytes;
        let follows = row.first == self.last.next();
        if fits && follows {
            self.append(row);
        }
        fits && follows
    }

    fn append(&mut self, row: &Row) {
        self.last = row.place;
        self.lines += 1;
        self.text.extend_from_slice(&row.line);
        self.text.push(b'\n');
    }

    /// Size before compression.
    pub(crate) fn bytes(&self) -> u64 {
        length(&self.text)
    }

    /// The body of the object: the same bytes give the same body, for one version of zstd.
    pub(crate) fn pack(&self, packing: Packing) -> Vec<u8> {
        zstd::bulk::compress(&self.text, packing.level())
            .expect("compression in memory fails only for an invalid level")
    }

    /// The batch whose body has this digest and size.
    pub(crate) fn seal(
        &self,
        origin: &Origin,
        stream: Stream,
        sha256: Sha256,
        size: u64,
    ) -> Sealed {
        Sealed {
            stream,
            first: self.first,
            last: self.last,
            lines: self.lines,
            bytes: self.bytes(),
            since: self.since,
            key: origin.name(stream, (self.first, self.last), self.since, sha256),
            sha256,
            size,
        }
    }
}

/// Bytes of a line with its end.
pub(crate) fn line_bytes(line: &[u8]) -> u64 {
    length(line) + 1
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("memory is smaller than 2^64 bytes")
}

#[cfg(test)]
mod tests;
