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
/// Operation: count the spool again, and tell which places are not in the bucket.
pub const VERIFY: &str = "verify";
/// Operation: list the batches that are set aside, or look into one.
pub const LETTERS: &str = "letters";
/// Operation: set aside the batch that holds a stream up.
pub const QUARANTINE: &str = "quarantine";
/// Operation: try batches that are set aside again.
pub const REPLAY: &str = "replay";
/// Operation: choose how the link to the cloud is used.
pub const MODE: &str = "mode";
/// Operation: what was sent, what it costs, and how much stayed in the house.
pub const COST: &str = "cost";
/// What operators ask of `uplink`.
pub const OPERATIONS: &[&str] = &[
    STAT, DUMP, DRAIN, VERIFY, LETTERS, QUARANTINE, REPLAY, MODE, COST,
];

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
    /// How the link to the cloud is used.
    #[serde(default)]
    pub link: LinkStat,
}

/// How the link to the cloud is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything leaves as soon as it can.
    #[default]
    Normal,
    /// Bytes are dear: only `p0` and `p1` leave, slowly and up to so much a day.
    Metered,
    /// Nothing leaves.
    Offline,
}

impl Mode {
    /// Every mode.
    pub const ALL: &[Self] = &[Self::Normal, Self::Metered, Self::Offline];

    /// The mode as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Metered => "metered",
            Self::Offline => "offline",
        }
    }
}

/// How the link is used now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkStat {
    /// The mode in force.
    pub mode: Mode,
    /// Whether an operator chose it; else it is that of the configuration.
    pub chosen: bool,
    /// Bytes sent since midnight (UTC), headers and encryption estimated.
    pub day_bytes: Integer,
    /// As many may be, while the link is metered.
    pub day_budget: Integer,
}

/// Body of a [`MODE`] request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetMode {
    /// The mode from now on, through restarts; absent for that of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
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
    /// Bytes that may wait; for `p0` the reserve that nothing else can use.
    #[serde(default)]
    pub quota_bytes: Integer,
    /// Records dropped, ever; each is inside a [`Dropped`].
    #[serde(default)]
    pub dropped_records: Integer,
    /// Their size in bytes.
    #[serde(default)]
    pub dropped_bytes: Integer,
    /// Batches that are set aside.
    #[serde(default)]
    pub letters: Integer,
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

/// Kind of the record that `uplink` itself puts in the place of records that it dropped; its body is
/// a [`Dropped`], and its line stands at the last of their places.
pub const DROPPED_RECORD: &str = "dropped";

/// Records that will never be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// Place of the first.
    pub first: Integer,
    /// Place of the last.
    pub last: Integer,
    /// How many: all between the two.
    pub records: Integer,
    /// Their size in bytes.
    pub bytes: Integer,
    /// Why.
    pub reason: DropReason,
}

/// Why records were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DropReason {
    /// Newer or more precious ones needed the room.
    StorageFull,
    /// S3 would not have them, and more recent ones of that sort needed the room.
    Refused,
}

/// Reply to [`VERIFY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// One entry a stream, most precious first.
    pub streams: Vec<VerifiedStream>,
}

/// A stream of the spool, counted again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedStream {
    /// The stream.
    pub stream: Stream,
    /// The place that the next record gets.
    pub next_place: Integer,
    /// Places that are in the spool, in order; the bucket has all others below `next_place`.
    pub spans: Vec<Span>,
    /// What does not hold; empty when all is well.
    #[serde(default)]
    pub faults: Vec<String>,
}

/// Places in a row, and where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The first.
    pub first: Integer,
    /// The last.
    pub last: Integer,
    /// Where.
    pub kept: Kept,
}

/// Where places are that are not in the bucket, as far as the spool knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// In no batch yet.
    Waiting,
    /// In the batch under way, which may be in the bucket already.
    Sealed,
    /// Set aside; may be in the bucket, if that has taken it without saying so.
    Letter,
}

/// Body of a [`LETTERS`] request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LettersOf {
    /// The lines of the one of this number; absent for the list of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Integer>,
}

/// Reply to [`LETTERS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Letters {
    /// The batches that are set aside, or the one that was asked for.
    pub letters: Vec<Letter>,
    /// Its first lines, as many as fit a reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
}

/// A batch that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letter {
    /// Its number.
    pub number: Integer,
    /// Its stream.
    pub stream: Stream,
    /// Place of its first record.
    pub first: Integer,
    /// Place of its last record.
    pub last: Integer,
    /// Its size, compressed.
    pub bytes: Integer,
    /// The object that it would be.
    pub key: String,
    /// When it was set aside, in Unix milliseconds.
    pub at: Integer,
    /// Why.
    pub reason: String,
}

/// Body of a [`QUARANTINE`] request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantine {
    /// The stream whose batch is set aside.
    pub stream: Stream,
}

/// Body of a [`REPLAY`] request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// The one of this number; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Integer>,
}

/// Reply to [`REPLAY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// Batches that are tried again, one after the other.
    pub batches: Integer,
}

/// Reply to [`COST`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// The last days on which something was sent, newest first, at most [`COST_DAYS_MAX`].
    pub days: Vec<Spent>,
    /// The last months likewise, at most [`COST_MONTHS_MAX`].
    pub months: Vec<Spent>,
}

/// Most days of a [`Cost`].
pub const COST_DAYS_MAX: usize = 31;
/// Most months of a [`Cost`].
pub const COST_MONTHS_MAX: usize = 13;

/// What was sent in a day or a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// `2026-11-21`, or `2026-11`; UTC.
    pub period: String,
    /// What each stream sent; files last.
    pub lines: Vec<SpentLine>,
    /// Records that came in: what was done in the house.
    pub local: Integer,
    /// Requests to the cloud.
    pub cloud: Integer,
    /// `local` of both, in per cent.
    pub local_percent: f64,
    /// All lines, in dollars.
    pub dollars: f64,
}

/// What one stream sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpentLine {
    /// `p0` to `p3`, or `files`.
    pub of: String,
    /// Requests.
    pub requests: Integer,
    /// Bytes of their bodies.
    pub bytes: Integer,
    /// Bytes on the wire, headers and encryption estimated.
    pub wire_bytes: Integer,
    /// What it costs, in dollars.
    pub dollars: f64,
}
