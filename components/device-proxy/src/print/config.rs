//! What a deployment says about printers and routes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use wire::Word;

use super::profile::Profile;

/// Most printers of one box; each has a task and a connection.
pub const PRINTERS_MAX: usize = 64;
/// Most routes; more than there are counters in a house.
pub const ROUTES_MAX: usize = 64;
/// Most printers of one route: the usual one and those that stand in for it.
pub const FALLBACKS_MAX: usize = 4;
/// How long a job may wait to be printed: a minute at least, a week at most, because ids are kept
/// no longer.
const EXPIRES_MS: RangeInclusive<u64> = 1_000..=7 * 24 * 3_600_000;
/// How long an idle connection may be kept.
const IDLE_CLOSE_MS: RangeInclusive<u64> = 100..=3_600_000;

/// Printers, and the routes that lead to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrintConfig {
    /// Printers by name.
    pub printers: BTreeMap<Word, PrinterConfig>,
    /// Routes by name.
    pub routes: BTreeMap<Word, RouteConfig>,
}

/// One printer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrinterConfig {
    /// `host:port`, mostly port 9100.
    #[serde(deserialize_with = "address")]
    pub address: String,
    /// What it can do.
    #[serde(default)]
    pub profile: Profile,
    /// Whether a cash drawer hangs on it, which may be opened.
    #[serde(default, deserialize_with = "kit::config::quoted")]
    #[schemars(with = "kit::config::Switch")]
    pub drawer: bool,
    /// How long a connection is kept for nothing, so that others get a turn, in milliseconds.
    #[serde(default = "idle_close_default", deserialize_with = "idle_close")]
    #[schemars(with = "kit::config::Number")]
    pub idle_close_ms: u64,
}

/// Where jobs of one kind go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// The usual printer first, then those that stand in for it.
    pub printers: Vec<Word>,
    /// What becomes of a job that may have printed.
    #[serde(default)]
    pub unconfirmed: Unconfirmed,
    /// How long a job may wait to be printed, in milliseconds.
    #[serde(default = "expires_default", deserialize_with = "expires")]
    #[schemars(with = "kit::config::Number")]
    pub expires_ms: u64,
}

/// What becomes of a job that may have printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unconfirmed {
    /// Somebody looks and decides.
    #[default]
    Ask,
    /// It is printed again, marked as a possible duplicate.
    ReprintMarked,
    /// It is not printed again.
    Drop,
}

impl PrinterConfig {
    /// How long a connection is kept for nothing.
    pub fn idle_close(&self) -> Duration {
        Duration::from_millis(self.idle_close_ms)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Unchecked {
    printers: BTreeMap<Word, PrinterConfig>,
    routes: BTreeMap<Word, RouteConfig>,
}

impl JsonSchema for PrintConfig {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PrintConfig".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Unchecked::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for PrintConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unchecked { printers, routes } = Unchecked::deserialize(deserializer)?;
        check(&printers, &routes).map_err(D::Error::custom)?;
        Ok(Self { printers, routes })
    }
}

fn check(
    printers: &BTreeMap<Word, PrinterConfig>,
    routes: &BTreeMap<Word, RouteConfig>,
) -> Result<(), String> {
    at_most(printers.len(), PRINTERS_MAX, "printers")?;
    at_most(routes.len(), ROUTES_MAX, "routes")?;
    for (name, route) in routes {
        let of = &route.printers;
        at_most(of.len(), FALLBACKS_MAX, "printers of a route")?;
        if of.is_empty() {
            return Err(format!("route {name} leads to no printer"));
        }
        if let Some(strange) = of.iter().find(|printer| !printers.contains_key(*printer)) {
            return Err(format!(
                "route {name} leads to {strange}, which is no printer"
            ));
        }
        if of.iter().collect::<BTreeSet<_>>().len() < of.len() {
            return Err(format!("route {name} leads to a printer twice"));
        }
    }
    Ok(())
}

fn at_most(count: usize, most: usize, what: &str) -> Result<(), String> {
    if count <= most {
        return Ok(());
    }
    Err(format!("{count} {what} are more than {most}"))
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let address = String::deserialize(deserializer)?;
    let port = address.rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| port.parse::<u16>().is_ok()) {
        return Ok(address);
    }
    Err(D::Error::custom(format_args!(
        "{address:?} is not host:port"
    )))
}

fn idle_close_default() -> u64 {
    30_000
}

/// An hour: a kitchen ticket or receipt that comes later does more harm than good.
fn expires_default() -> u64 {
    3_600_000
}

fn idle_close<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&IDLE_CLOSE_MS, deserializer)
}

fn expires<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(&EXPIRES_MS, deserializer)
}

/// A number in a range; it may stand in quotes.
pub(super) fn within<'de, D, T>(range: &RangeInclusive<T>, deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: PartialOrd + fmt::Display + FromStr + DeserializeOwned,
    T::Err: fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Quoted<T> {
        Plain(T),
        Quoted(String),
    }
    let value = match Quoted::<T>::deserialize(deserializer)? {
        Quoted::Plain(value) => value,
        Quoted::Quoted(text) => text
            .parse()
            .map_err(|error| D::Error::custom(format_args!("{text:?}: {error}")))?,
    };
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(D::Error::custom(format_args!(
        "{value} is not one of {least} to {most}"
    )))
}

#[cfg(test)]
mod tests;
