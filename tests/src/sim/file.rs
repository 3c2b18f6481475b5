//! `hotel.json`: where the local hotel is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::config::Address;
use serde::Deserialize;
use wire::registry::Registry;
use wire::{Component, Principal, PropertyId};

use super::{Identities, Options};

/// What a simulator needs of `hotel.json`; the rest is for others.
#[derive(Debug, Clone, Deserialize)]
pub struct HotelFile {
    property: PropertyId,
    broker: Address,
    registry: PathBuf,
    identities: BTreeMap<Principal, PathBuf>,
    #[serde(default)]
    listeners: BTreeMap<String, BTreeMap<String, Address>>,
    sim: Sim,
}

#[derive(Debug, Clone, Deserialize)]
struct Sim {
    ledger: PathBuf,
}

impl HotelFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        serde_json::from_slice(&text(path)?).map_err(|source| FileError::Hotel {
            path: path.to_owned(),
            source,
        })
    }

    /// The hotel's devices, at the usual pace.
    pub fn options(self) -> Result<Options, FileError> {
        let registry: Registry =
            serde_json::from_slice(&text(&self.registry)?).map_err(|source| {
                FileError::Registry {
                    path: self.registry.clone(),
                    source,
                }
            })?;
        let identities = Identities::At(self.identities);
        let of_authority = self.listeners.get(Component::Authority.as_str());
        let authority = of_authority.and_then(|listeners| listeners.get("tls_listener"));
        Ok(Options {
            authority: authority.cloned(),
            ..Options::new(
                self.property,
                self.broker,
                registry,
                identities,
                self.sim.ledger,
            )
        })
    }
}

fn text(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The hotel cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file is missing or not ours to read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not describe a hotel.
    #[error("{path} does not describe a local hotel", path = path.display())]
    Hotel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The registry is not one.
    #[error("{path} is not a registry of devices", path = path.display())]
    Registry {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
