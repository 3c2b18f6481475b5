//! Where the devices' certificates and keys are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use kit::identity::{Identity, load_device};
use tokio::task::spawn_blocking;
use wire::registry::Registry;
use wire::{DeviceId, Principal};

use super::StartError;

/// Directories of `ca.pem`, `cert.pem` and `key.pem`.
#[derive(Debug, Clone)]
pub enum Identities {
    /// Each in the directory of its name below this one.
    Below(PathBuf),
    /// Each where this says.
    At(BTreeMap<Principal, PathBuf>),
}

impl Identities {
    fn of(&self, device: &DeviceId) -> Result<PathBuf, StartError> {
        match self {
            Self::Below(directory) => Ok(directory.join(device.as_str())),
            Self::At(directories) => {
                directories
                    .get(device.as_str())
                    .cloned()
                    .ok_or_else(|| StartError::NoIdentity {
                        device: device.clone(),
                    })
            }
        }
    }

    /// The identity of every device of the registry, in its order, with its directory.
    pub(super) async fn load(
        &self,
        registry: &Registry,
    ) -> Result<Vec<(PathBuf, Arc<Identity>)>, StartError> {
        let ids = registry.devices.iter().map(|registered| &registered.device);
        let directories = ids
            .map(|device| self.of(device))
            .collect::<Result<Vec<_>, _>>()?;
        let load = |directory: &PathBuf| {
            let identity = load_device(directory).map(Arc::new)?;
            Ok((directory.clone(), identity))
        };
        spawn_blocking(move || directories.iter().map(load).collect::<Result<_, _>>())
            .await
            .expect("loading identities does not panic")
            .map_err(|source| StartError::Identity { source })
    }
}
