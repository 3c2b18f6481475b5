//! Configuration: one JSON object, read before anything else starts.
//!
//! On a box it comes from the nucleus, which also tells of changes; elsewhere it is the file named by
//! `$HOTEL_CONFIG`. The keys of [`Common`] are the same in every component; the rest belongs to the
//! component, which denies unknown ones. What was good once is kept ([`Kept`]).

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use wire::{BoxId, PropertyId, TenantId};

use crate::identity::{Realm, TrustDomain};

mod change;
mod kept;
mod schema;

pub(crate) use change::{Change, weigh};
pub(crate) use kept::{DATA_VARIABLE, Kept, TRIES};
pub use schema::{Number, Switch, schema};

/// Names the configuration file.
pub const VARIABLE: &str = "HOTEL_CONFIG";

/// What every component is told.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// This box.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// Authority part of SPIFFE ids: `hotel.internal`.
    #[schemars(with = "String")]
    pub trust_domain: TrustDomain,
    /// Directory of `ca.pem`, `cert.pem` and `key.pem`.
    pub identity_dir: PathBuf,
    /// Directory of everything the component keeps.
    pub data_dir: PathBuf,
    /// Where the MQTT broker listens.
    pub broker: Address,
    /// Where `authority` serves HTTPS: who renews leaves.
    #[serde(default = "authority")]
    pub authority: Address,
    /// Where health and metrics are served; loopback only.
    pub admin: Address,
    /// Log filter: `info`, `uplink=debug,info`.
    #[serde(default = "info")]
    pub log: String,
}

impl Common {
    /// The property as certificates name it.
    pub fn realm(&self) -> Realm {
        Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        }
    }
}

/// The keys of [`Common`], which are taken out before the component's own are read.
const COMMON: &[&str] = &[
    "tenant",
    "property",
    "box",
    "trust_domain",
    "identity_dir",
    "data_dir",
    "broker",
    "authority",
    "admin",
    "log",
];

/// What the nucleus and the recipe's scripts read in a component's configuration, and the component
/// does not.
const OTHERS: &[&str] = &["accessControl", "unix_user"];

/// The key that is applied without a restart.
const LOG: &str = "log";

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// TCP port.
    #[serde(deserialize_with = "quoted")]
    #[schemars(with = "Number")]
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A value that no log and no debug output shows.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// The value itself, for the one who uses it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The configuration in the file that the environment names, as it is written.
pub(crate) fn named() -> Result<Value, ConfigError> {
    let path = env::var_os(VARIABLE)
        .map(PathBuf::from)
        .ok_or(ConfigError::Unnamed)?;
    let text = text(&path)?;
    serde_json::from_slice(&text).map_err(|source| ConfigError::NotJson { source })
}

/// Reads the configuration in a file.
pub fn read<C: DeserializeOwned>(path: &Path) -> Result<(Common, C), ConfigError> {
    parse(&text(path)?)
}

fn text(path: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Reads a configuration text: the common part and the component's own.
pub fn parse<C: DeserializeOwned>(text: &[u8]) -> Result<(Common, C), ConfigError> {
    interpret(serde_json::from_slice(text).map_err(|source| ConfigError::NotJson { source })?)
}

/// Reads a configuration: the common part and the component's own.
pub fn interpret<C: DeserializeOwned>(configuration: Value) -> Result<(Common, C), ConfigError> {
    let Value::Object(mut own) = configuration else {
        return Err(ConfigError::NotAnObject);
    };
    for key in OTHERS {
        own.remove(*key);
    }
    let common = COMMON
        .iter()
        .filter_map(|key| own.remove_entry(*key))
        .collect();
    Ok((section(common)?, section(own)?))
}

fn section<T: DeserializeOwned>(values: Map<String, Value>) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(Value::Object(values)).map_err(|error| ConfigError::Value {
        key: error.path().to_string(),
        source: error.into_inner(),
    })
}

/// Reads a number that may stand in quotes, because a nucleus may write `300` as `300.0`.
pub fn quoted<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr + DeserializeOwned,
    T::Err: fmt::Display,
{
    match Value::deserialize(deserializer)? {
        Value::String(text) => whole(&text)
            .parse()
            .map_err(|error| D::Error::custom(format_args!("{text:?}: {error}"))),
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            whole(&text)
                .parse()
                .map_err(|error| D::Error::custom(format_args!("{text}: {error}")))
        }
        value => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

/// A whole number as a nucleus writes it that knows only floating ones: `300.0`.
fn whole(text: &str) -> &str {
    text.strip_suffix(".0").unwrap_or(text)
}

fn authority() -> Address {
    Address {
        host: "localhost".to_owned(),
        port: 8444,
    }
}

fn info() -> String {
    "info".to_owned()
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing says where it is.
    #[error("the environment variable {VARIABLE} does not name a configuration file")]
    Unnamed,
    /// The file cannot be read.
    #[error("cannot read configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The text is not JSON.
    #[error("the configuration is not a JSON object")]
    NotJson {
        /// Where and why.
        source: serde_json::Error,
    },
    /// It is JSON, but not an object.
    #[error("the configuration is not a JSON object")]
    NotAnObject,
    /// It reads well, but no start with it came to an end that is good.
    #[error("the new configuration failed {tries} starts")]
    Failed {
        /// How many.
        tries: u32,
    },
    /// A key is missing, unknown or has a wrong value.
    #[error("configuration key {key}")]
    Value {
        /// Path of the key.
        key: String,
        /// What it got and what it may be.
        source: serde_json::Error,
    },
}

#[cfg(test)]
mod tests;
