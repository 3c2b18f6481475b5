//! What a deployment may decide about `authority`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use kit::config::{Address, quoted};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Most origins that are listed: the names of one box, with some ports each.
const ORIGINS_MAX: usize = 32;
/// Longest address of the console; with code and digest it still fits a QR code of 69 modules.
const CONSOLE_URL_MAX: usize = 120;

/// Most network interfaces that are named.
const INTERFACES_MAX: usize = 16;
/// How long leaves may keep an address that is gone, in seconds: from a look to a day.
const HOLD_S: RangeInclusive<u32> = 5..=86_400;

/// The component's own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Directory of the property: the CA's certificate and key, who was given which name by
    /// provisioning, and under which names the box is reached.
    pub ca_dir: PathBuf,
    /// Where HTTPS is served.
    pub tls_listener: Address,
    /// Where tablets open the page for enrolling: `https://greengrass.local`.
    #[serde(deserialize_with = "console_url")]
    pub console_url: String,
    /// Origins whose pages may ask; any when empty, because nothing here is granted to whoever
    /// merely comes from the right page.
    #[serde(default, deserialize_with = "origins")]
    pub origins: Vec<String>,
    /// Addresses of the machine in the leaves of components.
    #[serde(default)]
    pub addresses: Addresses,
}

/// Which addresses of the machine leaves carry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Addresses {
    /// Whether they carry any beside those that provisioning named.
    pub follow: Switch,
    /// Network interfaces whose addresses count; all that are no program's when empty.
    #[serde(deserialize_with = "interfaces")]
    pub interfaces: Vec<String>,
    /// How long leaves keep an address that is gone, in seconds.
    #[serde(deserialize_with = "hold_s")]
    #[schemars(with = "kit::config::Number")]
    pub hold_s: u32,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            follow: Switch::On,
            interfaces: Vec::new(),
            hold_s: 600,
        }
    }
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

fn interfaces<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.len() <= INTERFACES_MAX {
        return Ok(names);
    }
    let count = names.len();
    Err(D::Error::custom(format_args!(
        "{count} interfaces are more than {INTERFACES_MAX}"
    )))
}

fn hold_s<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = quoted(deserializer)?;
    if HOLD_S.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (HOLD_S.start(), HOLD_S.end());
    Err(D::Error::custom(format_args!(
        "{value} is not one of {least} to {most}"
    )))
}

fn console_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let url = String::deserialize(deserializer)?;
    match origin(&url) {
        Ok(()) if url.len() <= CONSOLE_URL_MAX => Ok(url),
        Ok(()) => Err(D::Error::custom(format_args!(
            "{} characters are more than {CONSOLE_URL_MAX}",
            url.len()
        ))),
        Err(error) => Err(D::Error::custom(error)),
    }
}

fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins = Vec::<String>::deserialize(deserializer)?;
    if origins.len() > ORIGINS_MAX {
        return Err(D::Error::custom(format_args!(
            "{} origins are more than {ORIGINS_MAX}",
            origins.len()
        )));
    }
    for url in &origins {
        origin(url).map_err(D::Error::custom)?;
    }
    Ok(origins)
}

/// Scheme, host and port, and nothing else (RFC 6454 §6.2).
fn origin(url: &str) -> Result<(), String> {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(allowed) => Ok(()),
        Some(_) | None => Err(format!(
            "{url:?} is not an address such as \"https://greengrass.local:8445\""
        )),
    }
}

#[cfg(test)]
mod tests;
