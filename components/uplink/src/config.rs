//! What a deployment may decide about `uplink`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Bytes of a batch before compression.
const BATCH_BYTES: RangeInclusive<u64> = 1024..=16 * 1024 * 1024;
/// Age of a batch: at least a tenth of a second, at most a day.
const BATCH_AGE_MS: RangeInclusive<u64> = 100..=24 * 60 * 60 * 1000;
/// Bytes of the spool: room for one batch at least, at most what a box can spare.
const SPOOL_BYTES: RangeInclusive<u64> = 1024 * 1024..=1 << 40;
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
    #[serde(default)]
    pub spool: Spool,
    /// Files that other components hand over.
    #[serde(default)]
    pub files: Files,
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
    /// Bytes of records over all streams; beyond them new batches are refused as `storage-full`.
    #[serde(deserialize_with = "spool_bytes")]
    #[schemars(with = "kit::config::Number")]
    pub bytes: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self {
            bytes: 2 * 1024 * 1024 * 1024,
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
