//! What a deployment may decide about `console`.

use std::path::PathBuf;

use kit::config::{Address, quoted};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::Text;

use crate::host::Host;
pub use crate::network::Network;
use crate::network::PRIVATE;

/// Most further names of the box.
const HOSTS_MAX: usize = 16;
/// Most networks of the hotel: one for each of its segments.
const NETWORKS_MAX: usize = 64;
/// Most signaling servers in the cloud.
const CLOUD_MAX: usize = 8;
/// Longest address of a server, in characters.
const URL_MAX: usize = 256;

/// The component's own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where guests' pages are served, in the clear.
    pub listener: Address,
    /// Where everything is served.
    pub tls_listener: Address,
    /// Directory of the built pages; `pages` beside the program when empty.
    #[serde(default)]
    pub pages_dir: PathBuf,
    /// What people call the hotel.
    #[serde(default)]
    pub name: Text<63>,
    /// Further names under which pages may be reached, beside those of the certificate.
    #[serde(default, deserialize_with = "hosts")]
    pub hosts: Vec<String>,
    /// Where guests have to be to get a token.
    #[serde(default = "private", deserialize_with = "networks")]
    #[schemars(with = "Vec<String>")]
    pub networks: Vec<Network>,
    /// Ports of the box's other components, for pages.
    #[serde(default)]
    pub ports: Ports,
    /// Signaling servers in the cloud, tried after the box's own.
    #[serde(default, deserialize_with = "cloud")]
    pub cloud_signaling: Vec<String>,
}

/// Where pages find the box's other components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ports {
    /// `signaling` in the clear.
    #[serde(deserialize_with = "quoted")]
    #[schemars(with = "kit::config::Number")]
    pub signaling: u16,
    /// `signaling` over TLS.
    #[serde(deserialize_with = "quoted")]
    #[schemars(with = "kit::config::Number")]
    pub signaling_tls: u16,
    /// `authority` over TLS.
    #[serde(deserialize_with = "quoted")]
    #[schemars(with = "kit::config::Number")]
    pub authority: u16,
    /// `replica-sync` over HTTPS; 0 where there is none.
    #[serde(default, deserialize_with = "quoted")]
    #[schemars(with = "kit::config::Number")]
    pub replica: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            signaling: 8080,
            signaling_tls: 8443,
            authority: 8444,
            replica: 0,
        }
    }
}

fn private() -> Vec<Network> {
    PRIVATE
        .iter()
        .map(|network| network.parse().expect("private networks are networks"))
        .collect()
}

fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let hosts = at_most(HOSTS_MAX, deserializer)?;
    for text in &hosts {
        if !matches!(text.parse(), Ok(Host::Name(_))) {
            return Err(D::Error::custom(format_args!("{text:?} is not a DNS name")));
        }
    }
    Ok(hosts)
}

/// Recipes cannot leave a key out; an empty list means the default.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = at_most(NETWORKS_MAX, deserializer)?;
    if texts.is_empty() {
        return Ok(private());
    }
    let parse = |text: &String| {
        text.parse()
            .map_err(|error| D::Error::custom(format_args!("{text:?}: {error}")))
    };
    texts.iter().map(parse).collect()
}

/// These addresses become part of a header, so they hold nothing that could end its directive.
fn cloud<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let urls = at_most(CLOUD_MAX, deserializer)?;
    for url in &urls {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'\'');
        let rest = url.strip_prefix("wss://").unwrap_or_default();
        if rest.is_empty() || url.len() > URL_MAX || !rest.bytes().all(plain) {
            return Err(D::Error::custom(format_args!(
                "{url:?} is not an address that begins with wss://"
            )));
        }
    }
    Ok(urls)
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
