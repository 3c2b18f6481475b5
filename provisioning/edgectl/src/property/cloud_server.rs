//! `edgectl property cloud-server`.

use std::path::{Path, PathBuf};

use clap::Args;
use kit::ca::files::{create_dir, write_open, write_secret};
use kit::ca::{ChainRoot, Key, ServerNames};
use kit::clock::Clock;
use kit::identity::{CA_FILE, CERT_FILE, KEY_FILE};
use time::OffsetDateTime;

use super::{Property, PropertyError, present, store};
use crate::output::say;

/// Arguments of `property cloud-server`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CloudServer {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// Where `ca.pem` (the chain root), `cert.pem` and `key.pem` of the server go.
    #[arg(long)]
    out: PathBuf,
    /// Key of the chain root; without it that of the throw-away root.
    #[arg(long, value_name = "FILE")]
    chain_root_key: Option<PathBuf>,
    /// Names and addresses of the server.
    #[arg(required = true)]
    names: Vec<String>,
    /// Issue a new certificate although there is one.
    #[arg(long)]
    renew: bool,
}

impl CloudServer {
    pub(super) fn run(self, clock: &Clock) -> Result<(), PropertyError> {
        let property = Property::open(&self.dir)?;
        let certificate = self.out.join(CERT_FILE);
        if certificate.exists() && !self.renew {
            say(format_args!(
                "{} exists, nothing changed",
                certificate.display()
            ));
            return Ok(());
        }
        let names = ServerNames::parse(&self.names).map_err(PropertyError::ServerName)?;
        let root_key = self
            .chain_root_key
            .unwrap_or_else(|| property.layout.root_key());
        issue(&property, &root_key, &self.out, &names, present(clock))?;
        say(format_args!(
            "certificate of {} in {}",
            self.names.join(", "),
            self.out.display()
        ));
        Ok(())
    }
}

impl Property {
    /// Sees to it that `out` holds the identity of a server in the cloud, issued by the throw-away
    /// chain root.
    pub(crate) fn serve_in_cloud(
        &self,
        out: &Path,
        names: &ServerNames,
        now: OffsetDateTime,
    ) -> Result<(), PropertyError> {
        if out.join(CERT_FILE).exists() {
            return Ok(());
        }
        issue(self, &self.layout.root_key(), out, names, now)
    }
}

fn issue(
    property: &Property,
    root_key: &Path,
    out: &Path,
    names: &ServerNames,
    now: OffsetDateTime,
) -> Result<(), PropertyError> {
    let file = property.layout.root_certificate();
    let (pem, key) = (store::read_text(&file)?, store::read_text(root_key)?);
    let failed = |source| PropertyError::Authority {
        file: file.clone(),
        source,
    };
    let root = ChainRoot::load(&pem, &key).map_err(failed)?;
    let key = Key::generate();
    let leaf = root.issue_cloud_server(names, &key, now).map_err(failed)?;
    create_dir(out)?;
    write_open(&out.join(CA_FILE), root.certificate().as_bytes())?;
    write_secret(&out.join(KEY_FILE), key.secret_pem().as_bytes())?;
    write_open(&out.join(CERT_FILE), leaf.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests;
