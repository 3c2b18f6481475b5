//! What can be asked of `uplink`, and the form of its batches in S3.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::digest::Sha256;
use crate::id::{BatchId, Principal};
use crate::record::{Record, Stream};

/// Operation: how full the spool is and how uploads go.
pub const STAT: &str = "stat";
/// Operation: look at records that wait.
pub const DUMP: &str = "dump";
/// Operation: upload everything that waits now.
pub const DRAIN: &str = "drain";
/// What operators ask of `uplink`.
pub const OPERATIONS: &[&str] = &[STAT, DUMP, DRAIN];

/// Operation: take a file over and upload it; for components that hand files over.
pub const FILE: &str = "file";

/// Most records of one [`DUMP`].
pub const DUMP_MAX: u32 = 200;

/// Longest name of a file.
pub const FILE_NAME_MAX: usize = 100;
/// Largest file, in bytes: 9,000 parts of 8 MiB, below what S3 takes.
pub const FILE_MAX: u64 = 9_000 * 8 * 1024 * 1024;

/// Body of a [`FILE`] request.
///
/// The file lies in the directory where files are handed over. From the reply on it is uplink's:
/// it is uploaded and then removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Where it is, absolute.
    pub path: String,
    /// Digest of its content.
    pub sha256: Sha256,
    /// Its size, up to [`FILE_MAX`].
    pub bytes: Integer,
    /// Last part of the object's name: `a-z`, `0-9`, `.` and `-`, up to [`FILE_NAME_MAX`], a letter
    /// or digit first.
    pub name: String,
}

/// Reply to [`FILE`]: the file is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filed {
    /// The object that it becomes, or has become.
    pub key: String,
}

/// Reply to [`STAT`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stat {
    /// One entry a stream, most precious first.
    pub streams: Vec<StreamStat>,
    /// Whether the last upload reached the cloud; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<bool>,
    /// Why the last upload failed; empty when it did not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_error: String,
    /// Files that were handed over.
    #[serde(default)]
    pub files: FilesStat,
}

/// Files that were handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilesStat {
    /// Files that wait for upload.
    pub waiting: Integer,
    /// Their size in bytes.
    pub waiting_bytes: Integer,
    /// Files uploaded, ever.
    pub uploaded: Integer,
    /// Their size in bytes.
    pub uploaded_bytes: Integer,
    /// When the last one was in the cloud, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Integer>,
}

/// One stream of the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamStat {
    /// The stream.
    pub stream: Stream,
    /// Records that wait for upload.
    pub waiting_records: Integer,
    /// Their size in bytes.
    pub waiting_bytes: Integer,
    /// When the oldest of them arrived, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Integer>,
    /// Records uploaded, ever.
    pub uploaded_records: Integer,
    /// Objects uploaded, ever.
    pub uploaded_batches: Integer,
    /// Compressed bytes uploaded, ever.
    pub uploaded_bytes: Integer,
}

/// Body of a [`DUMP`] request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dump {
    /// The stream.
    pub stream: Stream,
    /// At most this many records, up to [`DUMP_MAX`].
    pub limit: u32,
}

/// Reply to [`DUMP`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dumped {
    /// The oldest waiting records, as they will be uploaded; as many as fit a reply.
    pub lines: Vec<Line>,
}

/// Reply to [`DRAIN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drained {
    /// Objects uploaded for this request.
    pub uploaded_batches: Integer,
    /// Records that arrived meanwhile and wait.
    pub waiting_records: Integer,
}

/// One line of an object in S3: a record with where it came from.
///
/// Objects are NDJSON compressed with zstd, named
/// `v1/stream={stream}/property={property}/box={box}/dt={YYYY-MM-DD}/hour={HH}/{first}-{last}-{digest}.ndjson.zst`
/// where `first` and `last` are the places of their records in the box's stream, date and hour are
/// those at which its first record was committed (UTC), and `digest` is the first 16 hexadecimal
/// digits of the object's SHA-256.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Version of this line.
    pub v: Version<1>,
    /// Place in the box's stream; counts from 1 without gaps.
    pub place: Integer,
    /// Who handed it over.
    pub principal: Principal,
    /// In which batch.
    pub batch: BatchId,
    /// The record.
    pub record: Record,
}
