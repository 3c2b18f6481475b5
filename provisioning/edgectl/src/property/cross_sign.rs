//! `edgectl property cross-sign`: where the chain root's key is, away from every box.

use std::path::PathBuf;

use clap::Args;
use kit::ca::{ChainRoot, CrossSignRequest};
use kit::clock::Clock;
use wire::Sha256;

use super::{PropertyError, present, store};
use crate::output::say;

/// Arguments of `property cross-sign`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CrossSign {
    /// The request that the box left in `property/chain/request.json`.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// SHA-256 of the CA's key as the box's report shows it.
    #[arg(long)]
    ca: Sha256,
    /// Certificate of the chain root.
    #[arg(long, value_name = "FILE")]
    chain_root_cert: PathBuf,
    /// Key of the chain root.
    #[arg(long, value_name = "FILE")]
    chain_root_key: PathBuf,
    /// Where the record for the cloud goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl CrossSign {
    pub(super) fn run(self, clock: &Clock) -> Result<(), PropertyError> {
        let request: CrossSignRequest = store::read(&self.request)?;
        let failed = |file: &PathBuf| {
            let file = file.clone();
            |source| PropertyError::Authority { file, source }
        };
        let found = request.ca_sha256().map_err(failed(&self.request))?;
        if found != self.ca {
            return Err(PropertyError::OtherCa {
                found,
                wanted: self.ca,
            });
        }
        let (certificate, key) = (
            store::read_text(&self.chain_root_cert)?,
            store::read_text(&self.chain_root_key)?,
        );
        let root = ChainRoot::load(&certificate, &key).map_err(failed(&self.chain_root_cert))?;
        let record = request
            .grant(&root, present(clock))
            .map_err(failed(&self.request))?;
        store::write(&self.out, &record)?;
        say(format_args!(
            "property {} of {} vouched for, record in {}",
            record.property,
            record.tenant,
            self.out.display()
        ));
        Ok(())
    }
}
