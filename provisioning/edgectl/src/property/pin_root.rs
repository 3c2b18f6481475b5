//! `edgectl property pin-root`: tells a box whose notices its devices will believe.

use std::path::PathBuf;

use clap::Args;
use kit::ca::ChainRoot;
use kit::ca::files::write_open;

use super::{Property, PropertyError, store};
use crate::output::say;

/// Arguments of `property pin-root`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PinRoot {
    /// Where the property is kept.
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// Certificate of the chain root.
    #[arg(long, value_name = "FILE")]
    pub(super) chain_root_cert: PathBuf,
}

impl PinRoot {
    pub(super) fn run(self) -> Result<(), PropertyError> {
        let property = Property::open(&self.dir)?;
        let pem = store::read_text(&self.chain_root_cert)?;
        ChainRoot::check(&pem).map_err(|source| PropertyError::Authority {
            file: self.chain_root_cert.clone(),
            source,
        })?;
        let place = property.layout.root_certificate();
        match store::find_text(&place)? {
            Some(existing) if existing == pem => say("the chain root is pinned, nothing changed"),
            Some(_) => {
                return Err(PropertyError::Conflict {
                    field: "chain-root-cert",
                    existing: place.display().to_string(),
                    wanted: self.chain_root_cert.display().to_string(),
                });
            }
            None => {
                write_open(&place, pem.as_bytes())?;
                say("the chain root is pinned: devices that are added from now on carry it");
            }
        }
        Ok(())
    }
}
