//! What a deployment may decide about `inference`.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use kit::config::Address;
use kit::signing::PublicKey;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::inference::{GUEST_MESSAGE, ROOM_ALLOCATION};
use wire::{Sha256, Word};

/// Most models that are served: each has a thread and its memory.
const MODELS_MAX: usize = 8;
/// Most keys: the one in use, the next, and some to spare.
const KEYS_MAX: usize = 4;
/// How often sources are looked at: ten times a second at most, once a day at least.
const POLL_MS: RangeInclusive<u64> = 100..=24 * 60 * 60 * 1000;
/// How long a question over HTTP may take when it does not say.
const DEADLINE_MS: RangeInclusive<u64> = 1..=60_000;
/// ONNX Runtime 1.31.1 for x86-64, as in the wheel that `provisioning/requirements-models.txt` pins.
const LIBRARY_SHA256: &str = "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3";

/// The component's own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the protocol is served: in the clear on loopback, over TLS elsewhere.
    #[serde(deserialize_with = "listener")]
    pub listener: Address,
    /// The library.
    #[serde(default)]
    pub runtime: Runtime,
    /// Bundles on this machine, and whose are believed.
    pub bundles: Bundles,
    /// Bundles in the cloud; none when the bucket is empty.
    #[serde(default)]
    pub s3: S3,
    /// The models that are served.
    #[serde(default = "models", deserialize_with = "some_models")]
    pub models: Vec<Word>,
    /// How long a question over HTTP may take when it does not say, in milliseconds.
    #[serde(default = "deadline_ms", deserialize_with = "a_deadline")]
    #[schemars(with = "kit::config::Number")]
    pub deadline_ms: u64,
}

/// ONNX Runtime.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Runtime {
    /// The library; `libonnxruntime.so` beside the program when empty.
    #[serde(deserialize_with = "maybe_path")]
    pub library: Option<PathBuf>,
    /// Its SHA-256; another one is not loaded.
    pub sha256: Sha256,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            library: None,
            sha256: LIBRARY_SHA256.parse().expect("the pin is a digest"),
        }
    }
}

/// Bundles on this machine, and whose are believed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bundles {
    /// A directory `MODEL/VERSION/`; none when empty.
    #[serde(default, deserialize_with = "maybe_path")]
    pub directory: Option<PathBuf>,
    /// Keys whose bundles are believed, wherever they come from; none when empty.
    #[serde(deserialize_with = "keys")]
    #[schemars(with = "Vec<String>")]
    pub keys: Vec<PublicKey>,
    /// How often the sources are looked at, in milliseconds.
    #[serde(default = "poll_ms", deserialize_with = "a_poll")]
    #[schemars(with = "kit::config::Number")]
    pub poll_ms: u64,
}

/// The bucket. Credentials come from the standard chain of AWS, not from here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// Its name; empty: there is none.
    pub bucket: String,
    /// Its region: `eu-central-1`.
    pub region: String,
    /// Another address than the region's: `http://127.0.0.1:9300`.
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path of the address instead of its host name.
    pub force_path_style: bool,
    /// What stands before `MODEL/VERSION/FILE`.
    #[serde(deserialize_with = "prefix")]
    pub prefix: String,
}

/// Whether nobody but programs on this machine reaches an address.
pub(crate) fn is_loopback(address: &Address) -> bool {
    let host = address.host.as_str();
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn listener<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let address = Address::deserialize(deserializer)?;
    if address.host == "localhost" || address.host.parse::<IpAddr>().is_ok() {
        return Ok(address);
    }
    // Whether it is in the clear must not depend on a name service.
    Err(D::Error::custom(format_args!(
        "{:?} is neither an address nor localhost",
        address.host
    )))
}

fn models() -> Vec<Word> {
    [GUEST_MESSAGE, ROOM_ALLOCATION]
        .map(|name| name.parse().expect("names of models are words"))
        .to_vec()
}

fn some_models<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Word>, D::Error> {
    let models = Vec::<Word>::deserialize(deserializer)?;
    if models.is_empty() || models.len() > MODELS_MAX {
        let count = models.len();
        return Err(D::Error::custom(format_args!(
            "{count} models are not 1 to {MODELS_MAX}"
        )));
    }
    Ok(models)
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PublicKey>, D::Error> {
    let keys = Vec::<PublicKey>::deserialize(deserializer)?;
    if keys.len() > KEYS_MAX {
        return Err(D::Error::custom(format_args!(
            "{} keys are more than {KEYS_MAX}",
            keys.len()
        )));
    }
    Ok(keys)
}

fn poll_ms() -> u64 {
    60_000
}

fn deadline_ms() -> u64 {
    1_000
}

fn a_poll<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&POLL_MS, deserializer)
}

fn a_deadline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&DEADLINE_MS, deserializer)
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

/// Recipes cannot leave a key out; an empty one means none.
fn maybe_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = Option::<PathBuf>::deserialize(deserializer)?.unwrap_or_default();
    Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
}

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

fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let prefix = String::deserialize(deserializer)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if !prefix.starts_with('/') && !prefix.ends_with('/') && prefix.bytes().all(allowed) {
        return Ok(prefix);
    }
    Err(D::Error::custom(format_args!(
        "{prefix:?} is not a prefix such as \"models\""
    )))
}

#[cfg(test)]
mod tests;
