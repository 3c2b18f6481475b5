//! What a deployment may decide about `signaling`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use kit::config::{Address, Secret, quoted};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::{Component, Principal};

/// Peers of one hotel.
const PEERS: RangeInclusive<u32> = 1..=10_000;
/// Sessions of one address that have not joined; a whole hotel may come back behind one address.
const ARRIVALS: RangeInclusive<u32> = 1..=4_096;
/// Messages of one peer, a second and at once.
const MESSAGES: RangeInclusive<u32> = 1..=10_000;
/// Messages that wait, over all hotels.
const QUEUE: RangeInclusive<u32> = 1..=100_000;
/// When peers come back after a stop, in milliseconds.
const RECONNECT_MS: RangeInclusive<u32> = 0..=600_000;
/// Most STUN, and most TURN servers; browsers warn beyond four.
const ICE_MAX: usize = 4;
/// Most network interfaces that are named.
const INTERFACES_MAX: usize = 16;

/// The component's own configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the server stands.
    pub role: Role,
    /// WebSocket in the clear; in the role `edge` only.
    pub listener: Address,
    /// WebSocket over TLS.
    pub tls_listener: Address,
    /// HTTP in the clear, each message signed; in the role `edge` only.
    pub http_listener: Address,
    /// Who is called by HTTP when nobody is named, and announced on the network.
    pub box_peer: Principal,
    /// Whether the box is announced on the network; in the role `edge` only.
    pub mdns: Switch,
    /// Network interfaces for that; all when empty.
    #[serde(deserialize_with = "interfaces")]
    pub mdns_interfaces: Vec<String>,
    /// STUN and TURN servers that peers are told of.
    pub ice: Ice,
    /// Registration records of the hotels that are served; in the role `cloud` only.
    pub properties_dir: PathBuf,
    /// `cert.pem` and `key.pem` of the server; in the role `cloud` only.
    pub server_dir: PathBuf,
    /// How much there may be.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            role: Role::Edge,
            listener: everywhere(8080),
            tls_listener: everywhere(8443),
            http_listener: everywhere(8090),
            box_peer: Component::DeviceProxy.into(),
            mdns: Switch::On,
            mdns_interfaces: Vec::new(),
            ice: Ice::default(),
            properties_dir: PathBuf::new(),
            server_dir: PathBuf::new(),
            limits: Limits::default(),
        }
    }
}

/// Where the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// In one hotel, on its box.
    Edge,
    /// In the cloud, for many hotels.
    Cloud,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// STUN and TURN servers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ice {
    /// Addresses `stun:host:port`; none are needed inside a hotel.
    #[serde(deserialize_with = "stun")]
    pub stun: Vec<String>,
    /// Addresses `turn:host:port` or `turns:…`.
    #[serde(deserialize_with = "turn")]
    pub turn: Vec<String>,
    /// What the TURN servers share with us (`static-auth-secret` of coturn).
    pub turn_secret: Secret<String>,
}

impl Default for Ice {
    fn default() -> Self {
        Self {
            stun: Vec::new(),
            turn: Vec::new(),
            turn_secret: no_secret(),
        }
    }
}

/// How much there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Peers of one hotel.
    #[serde(deserialize_with = "peers")]
    #[schemars(with = "kit::config::Number")]
    pub peers: u32,
    /// Sessions of one address that have not joined.
    #[serde(deserialize_with = "arrivals")]
    #[schemars(with = "kit::config::Number")]
    pub arrivals: u32,
    /// Messages of one peer a second.
    #[serde(deserialize_with = "messages")]
    #[schemars(with = "kit::config::Number")]
    pub messages_per_second: u32,
    /// Messages of one peer at once.
    #[serde(deserialize_with = "messages")]
    #[schemars(with = "kit::config::Number")]
    pub burst: u32,
    /// Messages that wait, over all hotels.
    #[serde(deserialize_with = "queue")]
    #[schemars(with = "kit::config::Number")]
    pub queue: u32,
    /// When peers come back after a stop, in milliseconds.
    #[serde(deserialize_with = "reconnect_ms")]
    #[schemars(with = "kit::config::Number")]
    pub reconnect_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peers: 2_000,
            arrivals: 64,
            messages_per_second: 50,
            burst: 100,
            queue: 1_000,
            reconnect_ms: 1_000,
        }
    }
}

fn everywhere(port: u16) -> Address {
    Address {
        host: "0.0.0.0".to_owned(),
        port,
    }
}

fn no_secret() -> Secret<String> {
    serde_json::from_str("\"\"").expect("a text is a secret text")
}

fn peers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(&PEERS, deserializer)
}

fn arrivals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(&ARRIVALS, deserializer)
}

fn messages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(&MESSAGES, deserializer)
}

fn queue<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(&QUEUE, deserializer)
}

fn reconnect_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(&RECONNECT_MS, deserializer)
}

fn within<'de, D: Deserializer<'de>>(
    range: &RangeInclusive<u32>,
    deserializer: D,
) -> Result<u32, D::Error> {
    let value = quoted(deserializer)?;
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(D::Error::custom(format_args!(
        "{value} is not one of {least} to {most}"
    )))
}

fn stun<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    addresses(&["stun:", "stuns:"], deserializer)
}

fn turn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    addresses(&["turn:", "turns:"], deserializer)
}

fn addresses<'de, D: Deserializer<'de>>(
    schemes: &[&str],
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let urls = at_most(ICE_MAX, deserializer)?;
    let rest = |url: &str| {
        schemes
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme).map(str::len))
    };
    match urls.iter().find(|url| rest(url).unwrap_or_default() == 0) {
        None => Ok(urls),
        Some(url) => Err(D::Error::custom(format_args!(
            "{url:?} is not an address that begins with {}",
            schemes.join(" or ")
        ))),
    }
}

fn interfaces<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    at_most(INTERFACES_MAX, deserializer)
}

fn at_most<'de, D: Deserializer<'de>>(
    most: usize,
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.len() <= most {
        return Ok(texts);
    }
    let count = texts.len();
    Err(D::Error::custom(format_args!(
        "{count} entries are more than {most}"
    )))
}

#[cfg(test)]
mod tests;
