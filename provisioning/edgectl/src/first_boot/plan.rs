//! What a box is to become: written into its image, read at its first boot.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use kit::config::Address;
use kit::identity::{Realm, TrustDomain};
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;
use wire::{BoxId, PropertyId, Sha256, TenantId, Version};

/// Longest serial number.
const SERIAL_MAX: usize = 64;

/// The serial number on the box's own label; also its name while it has none in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Serial(String);

impl Serial {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Serial {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > SERIAL_MAX || !text.chars().all(allowed) {
            return Err(format!(
                "serial {text:?} must be 1 to {SERIAL_MAX} letters, digits, - or _"
            ));
        }
        Ok(Self(text))
    }
}

impl std::str::FromStr for Serial {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything the first boot needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Version of this file.
    pub v: Version<1>,
    /// The box's own number.
    pub serial: Serial,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// The part of the hotel's network that the box serves.
    pub segment: wire::Word,
    /// Authority part of SPIFFE ids.
    pub trust_domain: TrustDomain,
    /// The box's name within the hotel.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// Further names and addresses of the box.
    #[serde(default)]
    pub server_names: Vec<String>,
    /// Whether the property begins on this box, or is on another already.
    #[serde(default)]
    pub property_from: Origin,
    /// SHA-256 of the key of the authority to be joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_ca: Option<Sha256>,
    /// Certificate of the chain root, which devices of the property carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_root: Option<PathBuf>,
    /// Whether every component has its Unix user, `hotel-COMPONENT`, as images make them.
    #[serde(default = "yes")]
    pub users: bool,
    /// When the image was made (RFC 3339): no true clock is earlier.
    pub built_at: Moment,
    /// The cloud.
    pub cloud: Cloud,
    /// The short-lived certificate that lets the box ask for its own.
    pub claim: Claim,
    /// The least a box must have.
    #[serde(default)]
    pub needs: Needs,
    /// How a free way to the internet is told from a captive portal.
    pub internet: Internet,
    /// Greengrass on this box.
    pub nucleus: Nucleus,
    /// What the first deployment brings.
    pub deployment: Deployment,
}

fn yes() -> bool {
    true
}

/// The broker of a box.
pub(crate) fn broker() -> Address {
    Address {
        host: "127.0.0.1".to_owned(),
        port: 8883,
    }
}

/// Where the property's authority comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// This box makes it: the property's first.
    #[default]
    New,
    /// Another box of the property hands it over: `edgectl join`.
    Join,
}

/// The cloud that the box belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cloud {
    /// AWS region.
    pub region: String,
    /// MQTT (`iot:Data-ATS`).
    pub data: Address,
    /// Host name of the credentials provider (`iot:CredentialProvider`).
    pub credentials: String,
    /// Role alias for the token exchange.
    pub role_alias: String,
    /// Provisioning template.
    pub template: String,
    /// Authorities of the cloud's servers, PEM.
    pub root_ca: PathBuf,
}

/// A claim.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// After that it is refused (RFC 3339).
    pub expires: Moment,
}

/// Lower bounds of the hardware; a NUC of the cheapest kind has twice as much.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Needs {
    /// Processors.
    pub cpus: u64,
    /// Memory.
    pub memory_mb: u64,
    /// Free disk.
    pub disk_free_mb: u64,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            cpus: 2,
            memory_mb: 3_500,
            disk_free_mb: 20_000,
        }
    }
}

/// A page that says one known thing, over plain HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Internet {
    /// Its server.
    pub server: Address,
    /// Its path.
    pub path: String,
    /// What it says.
    pub says: String,
}

/// Which nucleus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The one in Java.
    Classic,
    /// The one in C.
    Lite,
}

/// Greengrass on this box.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nucleus {
    /// Which one.
    pub kind: Kind,
    /// The configuration that it reads at its first start.
    pub config: PathBuf,
    /// Where it keeps everything.
    pub root: PathBuf,
    /// Unix user that has to read the certificate and key; this program's when empty.
    #[serde(default)]
    pub owner: String,
    /// Starts it; safe to repeat.
    pub start: Vec<String>,
}

/// The first deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    /// Longest wait for it.
    pub wait_s: u64,
    /// The property's broker, for who looks after the box.
    #[serde(default = "broker")]
    pub broker: Address,
    /// Admin listener of every component that has to be ready.
    pub components: BTreeMap<String, Address>,
}

impl Plan {
    /// Reads the plan in a file.
    pub(crate) fn read(path: &Path) -> Result<Self, PlanError> {
        let text = fs::read(path).map_err(|source| PlanError::Read {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| PlanError::Decode {
            path: path.to_owned(),
            source,
        })
    }

    /// The property's place in the world.
    pub(crate) fn realm(&self) -> Realm {
        Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        }
    }

    /// What the box says of itself to the provisioning template; everything else is the hook's.
    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        [("SerialNumber".to_owned(), self.serial.to_string())].into()
    }
}

/// A moment in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub OffsetDateTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .0
            .format(&time::format_description::well_known::Rfc3339)
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339)
            .map(Self)
            .map_err(|_| {
                serde::de::Error::custom(format!("{text:?} is no moment like 2026-11-21T12:00:00Z"))
            })
    }
}

/// The plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// Missing, or not ours to read.
    #[error("cannot read the box's plan {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// Damaged, or of another version.
    #[error("the box's plan {} is wrong", path.display())]
    Decode {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

#[cfg(test)]
pub(super) mod tests;
