//! When the records of a stream become a batch, and what its object looks like.
//!
//! Pure: records, the present and digests come in. The form of an object is that of
//! [`wire::uplink::Line`]: NDJSON, zstd, and a name that follows from what is inside.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;
use wire::record::Stream;
use wire::{BoxId, Integer, PropertyId, Sha256};

/// Compression level: twice as fast as the next one that would be noticeably smaller.
const LEVEL: i32 = 3;
/// An empty skippable frame (RFC 8878 §3.1.2), which readers pass over.
const SKIPPABLE: [u8; 8] = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];
/// Hexadecimal digits of the digest in a name.
const DIGEST_DIGITS: usize = 16;

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
    /// Place of the oldest.
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
    text: Vec<u8>,
}

impl Front {
    /// Begins with one record, however large.
    pub(crate) fn new(row: &Row) -> Self {
        let mut front = Self {
            first: row.place,
            last: row.place,
            since: row.at,
            text: Vec::new(),
        };
        front.append(row);
        front
    }

    /// Adds the next record; false when the batch is complete without it, because it would be
    /// larger than `bytes` or a place would be left out.
    pub(crate) fn add(&mut self, row: &Row, bytes: u64) -> bool {
        let fits = self.bytes() + line_bytes(&row.line) <= bytes;
        let follows = row.place == self.last.next();
        if fits && follows {
            self.append(row);
        }
        fits && follows
    }

    fn append(&mut self, row: &Row) {
        self.last = row.place;
        self.text.extend_from_slice(&row.line);
        self.text.push(b'\n');
    }

    /// Size before compression.
    pub(crate) fn bytes(&self) -> u64 {
        length(&self.text)
    }

    /// The body of the object: the same bytes give the same body, for one version of zstd.
    pub(crate) fn pack(&self) -> Vec<u8> {
        zstd::bulk::compress(&self.text, LEVEL)
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

/// A batch under its name; name and body are on the disk before the first attempt to upload it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Its stream.
    pub(crate) stream: Stream,
    /// Place of its first record.
    pub(crate) first: Integer,
    /// Place of its last record.
    pub(crate) last: Integer,
    /// Bytes of its lines.
    pub(crate) bytes: u64,
    /// When its first record arrived.
    pub(crate) since: Integer,
    /// The object's name.
    pub(crate) key: String,
    /// Digest of the object's body.
    pub(crate) sha256: Sha256,
    /// Size of the object's body.
    pub(crate) size: u64,
}

impl Sealed {
    /// How many records it holds.
    pub(crate) fn records(&self) -> u64 {
        self.last.value() - self.first.value() + 1
    }

    /// The same batch under the name that follows from another body.
    pub(crate) fn renamed(&self, origin: &Origin, sha256: Sha256, size: u64) -> Self {
        Self {
            key: origin.name(self.stream, (self.first, self.last), self.since, sha256),
            sha256,
            size,
            ..self.clone()
        }
    }
}

/// Another body with the same lines, for a batch whose name is taken by something else.
pub(crate) fn other_body(mut body: Vec<u8>) -> Vec<u8> {
    body.extend_from_slice(&SKIPPABLE);
    body
}

/// Where the records come from, as far as names tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The hotel.
    pub(crate) property: PropertyId,
    /// The box.
    pub(crate) box_id: BoxId,
}

impl Origin {
    fn name(
        &self,
        stream: Stream,
        (first, last): (Integer, Integer),
        since: Integer,
        sha256: Sha256,
    ) -> String {
        let Self { property, box_id } = self;
        let digest = &sha256.to_string()[..DIGEST_DIGITS];
        format!(
            "v1/stream={stream}/property={property}/box={box_id}/{}/{first}-{last}-{digest}.ndjson.zst",
            hour(since)
        )
    }
}

/// Date and hour in UTC, as parts of a name.
fn hour(at: Integer) -> String {
    let form = format_description!("dt=[year]-[month]-[day]/hour=[hour]");
    i64::try_from(at.value() / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(form).ok())
        .unwrap_or_else(|| LAST_HOUR.to_owned())
}

/// The end of the calendar, for a clock that is beyond it.
const LAST_HOUR: &str = "dt=9999-12-31/hour=23";

#[cfg(test)]
mod tests;
