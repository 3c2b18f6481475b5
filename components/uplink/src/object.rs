//! The object that a batch becomes: its name follows from what is inside.
//!
//! Pure. The form is that of [`wire::uplink::Line`].

use time::OffsetDateTime;
use time::macros::format_description;
use wire::record::Stream;
use wire::{BoxId, Integer, PropertyId, Sha256};

/// An empty skippable frame (RFC 8878 §3.1.2), which readers pass over.
const SKIPPABLE: [u8; 8] = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];

/// Hexadecimal digits of the digest in a name.
const DIGEST_DIGITS: usize = 16;

/// A batch under its name; name and body are on the disk before the first attempt to upload it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Its stream.
    pub(crate) stream: Stream,
    /// Place of its first record.
    pub(crate) first: Integer,
    /// Place of its last record.
    pub(crate) last: Integer,
    /// How many lines it holds: as many as places, unless one stands for dropped records.
    pub(crate) lines: u64,
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
    /// The name of an object.
    pub(crate) fn name(
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

/// Date in UTC, as a part of a name.
pub(crate) fn day(at: Integer) -> String {
    let hour = hour(at);
    hour.split_once('/')
        .map_or(hour.clone(), |(day, _)| day.to_owned())
}

/// The calendar day (UTC), as it is written.
pub(crate) fn date(at: Integer) -> String {
    day(at).replace("dt=", "")
}

#[cfg(test)]
mod tests;
