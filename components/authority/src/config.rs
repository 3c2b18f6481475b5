//! What a deployment may decide about `authority`.

use std::path::PathBuf;

use kit::config::Address;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Most origins that are listed: the names of one box, with some ports each.
const ORIGINS_MAX: usize = 32;
/// Longest address of the console; with code and digest it still fits a QR code of 69 modules.
const CONSOLE_URL_MAX: usize = 120;

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
