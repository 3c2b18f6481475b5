//! What a deployment may decide about `uplink`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::Word;
use wire::uplink::Mode;

use crate::quota::Quotas;

/// Bytes of a batch before compression.
const BATCH_BYTES: RangeInclusive<u64> = 1024..=16 * 1024 * 1024;
/// Age of a batch: at least a tenth of a second, at most a day.
const BATCH_AGE_MS: RangeInclusive<u64> = 100..=24 * 60 * 60 * 1000;
/// Bytes of the spool: room for one batch at least, at most what a box can spare.
const SPOOL_BYTES: RangeInclusive<u64> = 1024 * 1024..=1 << 40;
/// Share of the disk that stays free, in per cent.
const FLOOR_PERCENT: RangeInclusive<u64> = 0..=50;
/// Bytes a day of a metered link: room for a few alarms at least.
const DAY_BYTES: RangeInclusive<u64> = 64 * 1024..=1 << 40;
/// Bytes a second of a metered link.
const BYTES_PER_S: RangeInclusive<u64> = 256..=1 << 30;
/// Millionths of a dollar.
const MICRODOLLARS: RangeInclusive<u64> = 0..=1_000_000_000;
/// Days that objects are kept.
const KEPT_DAYS: RangeInclusive<u64> = 1..=36_500;
/// Longest name of a field, its members included: `stay.status`.
const FIELD_MAX: usize = 120;
/// Most kinds, and most fields of a kind, that a deployment may allow.
const ALLOWED_MAX: usize = 100;
/// Length of a bucket's name.
const BUCKET_NAME: RangeInclusive<usize> = 3..=63;

/// The component's own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where batches go.
    pub s3: S3,
    /// When a batch leaves.
    #[serde(default)]
    pub batch: Batch,
    /// How much may wait.
    #[serde(default, deserialize_with = "spool")]
    pub spool: Spool,
    /// Files that other components hand over.
    #[serde(default)]
    pub files: Files,
    /// How the link to the cloud is used.
    #[serde(default)]
    pub link: Link,
    /// What may leave beside what our own components send.
    #[serde(default)]
    pub fields: Fields,
    /// Prices, for the meter.
    #[serde(default)]
    pub cost: Cost,
}

/// How the link to the cloud is used, until an operator says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// `normal`, `metered` or `offline`.
    pub mode: Mode,
    /// Metered: bytes on the wire a day, headers and encryption estimated.
    #[serde(deserialize_with = "day_bytes")]
    #[schemars(with = "kit::config::Number")]
    pub metered_day_bytes: u64,
    /// Metered: bytes a second, on average over a batch and the rest that follows it.
    #[serde(deserialize_with = "bytes_per_s")]
    #[schemars(with = "kit::config::Number")]
    pub metered_bytes_per_s: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            metered_day_bytes: 10 * 1024 * 1024,
            metered_bytes_per_s: 8 * 1024,
        }
    }
}

/// What may leave beside what our own components send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// Fields by kind of record, `stay.status` for a member of an object; words and numbers of them
    /// are kept, sentences are not.
    #[serde(deserialize_with = "allowed")]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub allow: BTreeMap<Word, Vec<String>>,
}

/// What S3 takes, in millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// For a thousand requests.
    #[serde(deserialize_with = "microdollars")]
    #[schemars(with = "kit::config::Number")]
    pub thousand_requests_microdollars: u64,
    /// For a gigabyte, kept for a month.
    #[serde(deserialize_with = "microdollars")]
    #[schemars(with = "kit::config::Number")]
    pub gb_month_microdollars: u64,
    /// Days that the bucket keeps an object.
    #[serde(deserialize_with = "kept_days")]
    #[schemars(with = "kit::config::Number")]
    pub kept_days: u64,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            thousand_requests_microdollars: 5_000,
            gb_month_microdollars: 23_000,
            kept_days: 90,
        }
    }
}

/// Where files are handed over, and where they go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// The directory, absolute; none where nobody hands files over.
    #[serde(deserialize_with = "directory")]
    pub directory: Option<PathBuf>,
    /// Their bucket, in the region and at the endpoint of `s3`; none for that of the batches.
    #[serde(deserialize_with = "other_bucket")]
    pub bucket: Option<String>,
}

/// The bucket. Credentials come from the standard chain of AWS, not from here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Its name.
    #[serde(deserialize_with = "bucket")]
    pub bucket: String,
    /// Its region: `eu-central-1`.
    #[serde(deserialize_with = "region")]
    pub region: String,
    /// Another address than the region's: `http://127.0.0.1:9300`.
    #[serde(default, deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path of the address instead of its host name.
    #[serde(default)]
    pub force_path_style: bool,
}

/// A batch leaves at whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Batch {
    /// So many bytes of one stream wait, before compression.
    #[serde(deserialize_with = "batch_bytes")]
    #[schemars(with = "kit::config::Number")]
    pub bytes: u64,
    /// The oldest record of the stream has waited so long.
    #[serde(deserialize_with = "batch_age_ms")]
    #[schemars(with = "kit::config::Number")]
    pub age_ms: u64,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            bytes: 4 * 1024 * 1024,
            age_ms: 60_000,
        }
    }
}

/// The bound of everything that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Bytes of records over all streams.
    #[serde(deserialize_with = "spool_bytes")]
    #[schemars(with = "kit::config::Number")]
    pub bytes: u64,
    /// Of these for `p1`; none for 45 %. What `p1` to `p3` leave is the reserve of `p0`.
    #[serde(deserialize_with = "quota")]
    #[schemars(with = "String")]
    pub p1_bytes: Option<u64>,
    /// Of these for `p2`; none for 25 %.
    #[serde(deserialize_with = "quota")]
    #[schemars(with = "String")]
    pub p2_bytes: Option<u64>,
    /// Of these for `p3`; none for 5 %.
    #[serde(deserialize_with = "quota")]
    #[schemars(with = "String")]
    pub p3_bytes: Option<u64>,
    /// Share of the disk that only `p0` may use, in per cent.
    #[serde(deserialize_with = "floor_percent")]
    #[schemars(with = "kit::config::Number")]
    pub free_percent: u64,
}

impl Spool {
    /// What each stream may hold.
    pub(crate) fn quotas(&self) -> Quotas {
        Quotas::new(self.bytes, self.p1_bytes, self.p2_bytes, self.p3_bytes)
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self {
            bytes: 2 * 1024 * 1024 * 1024,
            p1_bytes: None,
            p2_bytes: None,
            p3_bytes: None,
            free_percent: 5,
        }
    }
}

fn batch_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&BATCH_BYTES, deserializer)
}

fn batch_age_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&BATCH_AGE_MS, deserializer)
}

fn spool_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&SPOOL_BYTES, deserializer)
}

fn floor_percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&FLOOR_PERCENT, deserializer)
}

fn day_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&DAY_BYTES, deserializer)
}

fn bytes_per_s<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&BYTES_PER_S, deserializer)
}

fn microdollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&MICRODOLLARS, deserializer)
}

fn kept_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&KEPT_DAYS, deserializer)
}

/// Recipes cannot leave a key out; an empty one means none.
fn quota<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = text
        .parse()
        .ok()
        .filter(|bytes| SPOOL_BYTES.contains(bytes) || *bytes == 0);
    bytes.map(Some).ok_or_else(|| {
        let (least, most) = (SPOOL_BYTES.start(), SPOOL_BYTES.end());
        D::Error::custom(format_args!(
            "{text:?} is not 0, or one of {least} to {most}"
        ))
    })
}

/// The parts must leave something to `p0`.
fn spool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Spool, D::Error> {
    let spool = Spool::deserialize(deserializer)?;
    if spool.quotas().leave_a_reserve() {
        return Ok(spool);
    }
    Err(D::Error::custom(format_args!(
        "p1_bytes, p2_bytes and p3_bytes leave nothing of {} to p0",
        spool.bytes
    )))
}

/// Kinds are words, fields are names with dots between them.
fn allowed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Word, Vec<String>>, D::Error> {
    let kinds = BTreeMap::<Word, Vec<String>>::deserialize(deserializer)?;
    let is_named = |field: &String| {
        let is_name = |name: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            !name.is_empty() && name.bytes().all(allowed)
        };
        field.len() <= FIELD_MAX && field.split('.').all(is_name)
    };
    if kinds.len() > ALLOWED_MAX || kinds.values().any(|fields| fields.len() > ALLOWED_MAX) {
        return Err(D::Error::custom(format_args!(
            "more than {ALLOWED_MAX} kinds, or fields of one kind"
        )));
    }
    match kinds.values().flatten().find(|field| !is_named(field)) {
        None => Ok(kinds),
        Some(field) => Err(D::Error::custom(format_args!(
            "{field:?} is not a field of at most {FIELD_MAX} characters such as \"stay.status\""
        ))),
    }
}

fn within<'de, D: Deserializer<'de>>(
    range: &RangeInclusive<u64>,
    deserializer: D,
) -> Result<u64, D::Error> {
    let value = kit::config::quoted(deserializer)?;
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(D::Error::custom(format_args!(
        "{value} is not one of {least} to {most}"
    )))
}

fn bucket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    if BUCKET_NAME.contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name);
    }
    Err(D::Error::custom(format_args!(
        "{name:?} is not a bucket name of 3 to 63 characters a-z, 0-9, dot or dash"
    )))
}

/// Recipes cannot leave a key out; an empty one means none.
fn other_bucket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if name.is_empty() {
        return Ok(None);
    }
    bucket(serde::de::value::StringDeserializer::new(name)).map(Some)
}

/// Recipes cannot leave a key out; an empty one means none.
fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = Option::<PathBuf>::deserialize(deserializer)?.unwrap_or_default();
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    if path.is_absolute() {
        return Ok(Some(path));
    }
    Err(D::Error::custom(format_args!(
        "{:?} is not an absolute path",
        path.display()
    )))
}

fn region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() {
        return Err(D::Error::custom(
            "\"\" is not a region such as \"eu-central-1\"",
        ));
    }
    Ok(name)
}

/// Recipes cannot leave a key out; an empty one means none.
fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let url = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if url.is_empty() {
        return Ok(None);
    }
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(Some(url));
    }
    Err(D::Error::custom(format_args!(
        "{url:?} is not an address that begins with http:// or https://"
    )))
}

#[cfg(test)]
mod tests;
