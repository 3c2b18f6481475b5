//! The durable feed between components: records go over in batches, and stay with the sender
//! until the consumer says that they are committed.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Integer, Version};
use crate::digest::Sha256;
use crate::id::Word;
use crate::problem::Problem;

/// A batch of records of one stream, in order.
///
/// Bytes and id of a batch are fixed when it is first sent; a repetition carries the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Records {
    /// Version of this body.
    pub v: Version<1>,
    /// 1 to [`crate::bound::BATCH_RECORDS_MAX`] records.
    pub records: Vec<Record>,
}

/// One fact to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// When, in Unix milliseconds, by the sender's clock.
    pub at: Integer,
    /// What sort of fact: `telemetry`, `reported`, `device-event`.
    pub kind: Word,
    /// The fact.
    pub body: Map<String, Value>,
}

/// The consumer's answer to a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// Version of this body.
    pub v: Version<1>,
    /// Digest of the batch's body as it arrived; the sender forgets the batch only if it is the
    /// same.
    pub sha256: Sha256,
    /// Why the batch was not committed; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The streams of `uplink`, by what must survive longest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Audit, alerts, payments.
    P0,
    /// Orders, state changes, events.
    P1,
    /// Measurements.
    P2,
    /// Debugging.
    P3,
}

impl Stream {
    /// Every stream, most precious first.
    pub const ALL: &[Self] = &[Self::P0, Self::P1, Self::P2, Self::P3];

    /// The stream as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P0 => "p0",
            Self::P1 => "p1",
            Self::P2 => "p2",
            Self::P3 => "p3",
        }
    }

    /// The stream as a topic word.
    pub fn word(self) -> Word {
        self.as_str().parse().expect("stream names are words")
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stream {
    type Err = NotAStream;

    fn from_str(text: &str) -> Result<Self, NotAStream> {
        Self::ALL
            .iter()
            .copied()
            .find(|stream| stream.as_str() == text)
            .ok_or(NotAStream)
    }
}

/// The text is not the name of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the streams p0, p1, p2, p3")]
pub struct NotAStream;
