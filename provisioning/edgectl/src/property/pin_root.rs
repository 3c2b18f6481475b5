//! `edgectl property pin-root`: tells a box whose notices its devices will believe.

use std::path::{Path, PathBuf};

use clap::Args;
use kit::ca::ChainRoot;
use kit::ca::files::write_open;
use rustls::pki_types::CertificateDer;

use super::{Change, Property, PropertyError, store};
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
        say(match property.pin_root(&self.chain_root_cert)? {
            Change::None => "the chain root is pinned, nothing changed",
            Change::Made => "the chain root is pinned: devices that are added from now on carry it",
        });
        Ok(())
    }
}

impl Property {
    /// Has devices that are added from now on carry the chain root of this certificate; another than the one that
    /// they carry already is refused.
    pub(crate) fn pin_root(&self, certificate: &Path) -> Result<Change, PropertyError> {
        let pem = store::read_text(certificate)?;
        let wanted = root_in(certificate, &pem)?;
        let place = self.layout.root_certificate();
        match store::find_text(&place)? {
            Some(existing) if root_in(&place, &existing)? == wanted => Ok(Change::None),
            Some(_) => Err(PropertyError::Conflict {
                field: "chain-root-cert",
                existing: place.display().to_string(),
                wanted: certificate.display().to_string(),
            }),
            None => {
                write_open(&place, pem.as_bytes())?;
                Ok(Change::Made)
            }
        }
    }
}

/// The root's certificate that is the text of a file.
pub(super) fn root_in(file: &Path, pem: &str) -> Result<CertificateDer<'static>, PropertyError> {
    ChainRoot::certificate_in(pem).map_err(|source| PropertyError::Authority {
        file: file.to_owned(),
        source,
    })
}
