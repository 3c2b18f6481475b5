//! What a deployment may decide about `replica-sync`.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use kit::config::{Address, Secret};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::edge::archive::Recipient;
use crate::relation::{Mode, Table};

/// How many backups stay on the box: at least the last, at most a month of nights.
const KEEP: RangeInclusive<usize> = 1..=31;

/// The component's own configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A hotel's own database, or the cloud's for many hotels.
    pub role: Role,
    /// Where tablets, or boxes, connect; HTTPS.
    pub listener: Address,
    /// Origins of pages that may ask, such as `https://greengrass.local`; others get no answer.
    #[serde(default)]
    pub origins: Vec<String>,
    /// The database.
    pub database: Database,
    /// The hub of a hotel's database; with role `edge`.
    #[serde(default)]
    pub hub: Hub,
    /// Directory of the registration records of the hotels that are served; with role `hub`.
    #[serde(default)]
    pub properties_dir: PathBuf,
    /// Directory of the server's identity under a name of the internet; with role `hub`.
    #[serde(default)]
    pub server_dir: PathBuf,
    /// When the database is backed up, and for whom.
    #[serde(default, deserialize_with = "backup")]
    #[schemars(with = "BackupKeys")]
    pub backup: Option<Backup>,
    /// What is synchronised.
    #[serde(deserialize_with = "tables")]
    pub tables: Vec<Table>,
}

/// When the database is backed up, and for whom.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Minute of the day, on the clock of the hotel's wall.
    pub at: u16,
    /// The zone of that clock.
    pub zone: TimeZone,
    /// Who can open backups.
    pub recipient: Recipient,
    /// Where they are handed over to `uplink`.
    pub directory: PathBuf,
    /// How many stay on the box, at most.
    pub keep: usize,
}

/// Which end of the link it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// On a hotel's box.
    Edge,
    /// In the cloud.
    Hub,
}

/// A PostgreSQL database and the two roles in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// A name, an address, or the directory of a Unix socket.
    pub host: String,
    /// TCP port, also part of a socket's name.
    #[serde(deserialize_with = "kit::config::quoted")]
    #[schemars(with = "kit::config::Number")]
    pub port: u16,
    /// Name of the database.
    pub name: String,
    /// Who works; row-level security applies to them.
    pub user: String,
    /// Who changes the schema.
    pub owner: String,
    /// Password of both; none where the socket says who somebody is.
    #[serde(default)]
    pub password: Option<Secret<String>>,
}

/// Where the hub is, and how it is spoken to.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `https://hub.example.com`; empty for none.
    #[serde(default, deserialize_with = "url")]
    pub url: Option<String>,
    /// Whom to believe it under, PEM; empty for whom the machine trusts.
    #[serde(default, deserialize_with = "place")]
    pub ca: Option<PathBuf>,
    /// How long to gather changes before a batch leaves.
    #[serde(default)]
    #[schemars(with = "kit::config::Number")]
    pub gather_ms: Gather,
}

/// How long to gather changes; a second when it is not said, 15 seconds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gather(pub Duration);

impl Default for Gather {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl<'de> Deserialize<'de> for Gather {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ms: u64 = kit::config::quoted(deserializer)?;
        if (1..=15_000).contains(&ms) {
            return Ok(Self(Duration::from_millis(ms)));
        }
        Err(D::Error::custom(format_args!(
            "{ms} is not one of 1 to 15000"
        )))
    }
}

/// The keys of `backup` as they are written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BackupKeys {
    /// When, on the clock of the hotel's wall: `03:30`.
    at: String,
    /// The zone of that clock (IANA), such as `Europe/Berlin`.
    time_zone: String,
    /// Who can open backups: `age1…`; empty for no backups.
    recipient: String,
    /// Where they are handed over to `uplink`, absolute.
    directory: PathBuf,
    /// How many stay on the box, at most.
    #[serde(deserialize_with = "kit::config::quoted")]
    #[schemars(with = "kit::config::Number")]
    keep: usize,
}

/// Recipes cannot leave a key out; without a recipient there are no backups.
fn backup<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Backup>, D::Error> {
    let keys = BackupKeys::deserialize(deserializer)?;
    if keys.recipient.is_empty() {
        return Ok(None);
    }
    let at = minute(&keys.at).ok_or_else(|| {
        D::Error::custom(format_args!(
            "at: {:?} is not a time such as \"03:30\"",
            keys.at
        ))
    })?;
    let zone = TimeZone::get(&keys.time_zone).map_err(|_| {
        let zone = &keys.time_zone;
        D::Error::custom(format_args!(
            "time_zone: {zone:?} is not a zone of this machine's tz database"
        ))
    })?;
    let recipient = keys
        .recipient
        .parse::<Recipient>()
        .map_err(|error| D::Error::custom(format_args!("recipient: {error}")))?;
    if !keys.directory.is_absolute() {
        let directory = keys.directory.display();
        return Err(D::Error::custom(format_args!(
            "directory: {directory:?} is not an absolute path"
        )));
    }
    if !KEEP.contains(&keys.keep) {
        let (least, most, keep) = (KEEP.start(), KEEP.end(), keys.keep);
        return Err(D::Error::custom(format_args!(
            "keep: {keep} is not one of {least} to {most}"
        )));
    }
    Ok(Some(Backup {
        at,
        zone,
        recipient,
        directory: keys.directory,
        keep: keys.keep,
    }))
}

/// The minute of the day in `03:30`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str, below: u16| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u16 = text.parse().ok().filter(|number| *number < below)?;
        digits.then_some(number)
    };
    Some(two(hour, 24)? * 60 + two(minute, 60)?)
}

/// Recipes cannot leave a key out; an empty one means none.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok((!path.is_empty()).then(|| path.into()))
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let url = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if url.is_empty() {
        return Ok(None);
    }
    if url.starts_with("https://") {
        return Ok(Some(url.trim_end_matches('/').to_owned()));
    }
    Err(D::Error::custom(format_args!(
        "{url:?} is not an address that begins with https://"
    )))
}

fn tables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Table>, D::Error> {
    let tables = Vec::<Table>::deserialize(deserializer)?;
    let mut seen = BTreeSet::new();
    for table in &tables {
        let name = &table.name;
        if !seen.insert(name) {
            return Err(D::Error::custom(format_args!(
                "table {name:?} stands twice"
            )));
        }
        let mut roles = BTreeSet::new();
        let named = table.access.iter().flat_map(|access| &access.roles);
        for role in named {
            if !roles.insert(role) {
                return Err(D::Error::custom(format_args!(
                    "table {name:?} has two entries for the role {role:?}"
                )));
            }
        }
        if table.mode != Mode::Field && !table.groups.is_empty() {
            return Err(D::Error::custom(format_args!(
                "table {name:?} has groups, which only mode \"field\" knows"
            )));
        }
    }
    Ok(tables)
}

#[cfg(test)]
mod tests;
