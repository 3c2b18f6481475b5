//! Who was given a leaf by provisioning: the property's ledger of names, followed while it grows.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::error::Chain;
use kit::health::Probe;
use kit::identity::{Holder, PrincipalKind};
use serde::Deserialize;
use wire::credential::Standing;
use wire::{DeviceId, Principal, Version, Word};

use super::record::Mark;

/// The ledger, in the directory of the property.
const LEDGER: &str = "principals.json";
/// Largest ledger: a hundred thousand names.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The ledger as it was last read.
#[derive(Debug)]
pub(crate) struct Provisioned {
    path: PathBuf,
    probe: Probe,
    seen: Option<Mark>,
    kinds: BTreeMap<Principal, PrincipalKind>,
    /// What was wrong last, so that it is said once.
    complaint: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Ledger {
    #[serde(rename = "v")]
    _v: Version<1>,
    principals: BTreeMap<Principal, PrincipalKind>,
}

impl Provisioned {
    pub(crate) fn new(dir: &Path, probe: Probe) -> Self {
        Self {
            path: dir.join(LEDGER),
            probe,
            seen: None,
            kinds: BTreeMap::new(),
            complaint: None,
        }
    }

    /// Everybody's standing, if the ledger has changed; one that cannot be read leaves the last
    /// good one in use.
    pub(crate) fn changed(&mut self) -> Option<BTreeMap<Principal, Standing>> {
        match self.read() {
            Ok(false) => {
                self.good();
                None
            }
            Ok(true) => {
                self.good();
                let standing = |(principal, kind): (&Principal, &PrincipalKind)| {
                    (principal.clone(), standing(*kind))
                };
                Some(self.kinds.iter().map(standing).collect())
            }
            Err(error) => {
                self.complain(Chain(&error).to_string());
                None
            }
        }
    }

    fn good(&mut self) {
        self.complaint = None;
        self.probe.there();
    }

    fn complain(&mut self, error: String) {
        if self.complaint.as_ref() != Some(&error) {
            tracing::error!(error, "names given by provisioning cannot be read");
            self.probe.missing(error.clone());
            self.complaint = Some(error);
        }
    }

    fn read(&mut self) -> Result<bool, LedgerError> {
        let failed = |source| LedgerError::Read {
            path: self.path.clone(),
            source,
        };
        let attributes = fs::metadata(&self.path).map_err(failed)?;
        let seen = Mark::of(&attributes);
        if self.seen == Some(seen) {
            return Ok(false);
        }
        if attributes.len() > BYTES_MAX {
            let bytes = attributes.len();
            return Err(LedgerError::Size { bytes });
        }
        let text = fs::read(&self.path).map_err(failed)?;
        let ledger: Ledger =
            serde_json::from_slice(&text).map_err(|source| LedgerError::Decode {
                path: self.path.clone(),
                source,
            })?;
        self.kinds = ledger.principals;
        self.seen = Some(seen);
        Ok(true)
    }

    /// Everybody, as their leaves say.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        self.kinds
            .keys()
            .filter_map(|principal| self.holder(principal))
            .collect()
    }

    /// What a principal's leaf says; nothing for whoever provisioning does not know.
    pub(crate) fn holder(&self, principal: &Principal) -> Option<Holder> {
        Some(match self.kinds.get(principal)? {
            PrincipalKind::Component => Holder::Component(principal.as_str().parse().ok()?),
            PrincipalKind::Device => Holder::Device(DeviceId::from(Word::from(principal.clone()))),
            PrincipalKind::Peer => Holder::Peer(principal.clone()),
            PrincipalKind::Operator => Holder::Operator(principal.clone()),
        })
    }
}

fn standing(kind: PrincipalKind) -> Standing {
    match kind {
        PrincipalKind::Component => Standing::Component,
        PrincipalKind::Device | PrincipalKind::Peer => Standing::Device,
        PrincipalKind::Operator => Standing::Operator,
    }
}

/// The ledger cannot be used.
#[derive(Debug, thiserror::Error)]
enum LedgerError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("a ledger of {bytes} bytes is larger than {BYTES_MAX}")]
    Size { bytes: u64 },
    #[error("cannot decode {}", path.display())]
    Decode {
        path: PathBuf,
        source: serde_json::Error,
    },
}

#[cfg(test)]
mod tests;
