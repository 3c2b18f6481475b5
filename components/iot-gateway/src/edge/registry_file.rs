//! The registry of devices as a file, followed while it changes.

use std::io;
use std::path::PathBuf;

use kit::error::Chain;
use kit::health::Probe;
use wire::registry::Registry;

use crate::registry::{self, Devices, NotARegistry};

/// Largest registry file: twenty thousand devices with room to spare.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The file, what it last held, and whether that could be used.
#[derive(Debug)]
pub(crate) struct RegistryFile {
    path: PathBuf,
    probe: Probe,
    seen: Seen,
}

#[derive(Debug)]
enum Seen {
    Nothing,
    Good(Vec<u8>),
    /// What was wrong, so that it is said once.
    Bad(String),
}

impl RegistryFile {
    pub(crate) fn new(path: PathBuf, probe: Probe) -> Self {
        Self {
            path,
            probe,
            seen: Seen::Nothing,
        }
    }

    /// The devices, if the file changed and can be used. A file that cannot leaves the last good
    /// devices in use, and is complained of once.
    pub(crate) async fn changed(&mut self) -> Option<Devices> {
        match self.read().await {
            Ok(None) => None,
            Ok(Some((text, devices))) => {
                tracing::info!(devices = devices.len(), "registry read");
                self.probe.there();
                self.seen = Seen::Good(text);
                Some(devices)
            }
            Err(error) => {
                let why = Chain(&error).to_string();
                if !matches!(&self.seen, Seen::Bad(known) if *known == why) {
                    tracing::error!(error = why, "registry not usable, the last good one stays");
                    self.probe.missing(why.clone());
                    self.seen = Seen::Bad(why);
                }
                None
            }
        }
    }

    async fn read(&self) -> Result<Option<(Vec<u8>, Devices)>, RegistryError> {
        let read = |source| RegistryError::Read {
            path: self.path.clone(),
            source,
        };
        let bytes = tokio::fs::metadata(&self.path).await.map_err(read)?.len();
        if bytes > BYTES_MAX {
            let path = self.path.clone();
            return Err(RegistryError::Size { path, bytes });
        }
        let text = tokio::fs::read(&self.path).await.map_err(read)?;
        if matches!(&self.seen, Seen::Good(known) if *known == text) {
            return Ok(None);
        }
        // Not decoded within the bounds of the bus: a registry may hold more devices than a body.
        let parsed: Registry =
            serde_json::from_slice(&text).map_err(|source| RegistryError::Parse {
                path: self.path.clone(),
                source,
            })?;
        let devices = registry::check(parsed).map_err(|source| RegistryError::Check {
            path: self.path.clone(),
            source,
        })?;
        Ok(Some((text, devices)))
    }
}

/// The registry cannot be used.
#[derive(Debug, thiserror::Error)]
enum RegistryError {
    #[error("cannot read registry {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("registry {path} of {bytes} bytes is larger than {BYTES_MAX}")]
    Size { path: PathBuf, bytes: u64 },
    #[error("registry {path} is not one")]
    Parse {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("registry {path} cannot be")]
    Check { path: PathBuf, source: NotARegistry },
}

#[cfg(test)]
mod tests;
