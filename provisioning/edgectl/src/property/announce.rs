//! `edgectl property announce-ca`: where the chain root's key is, away from every box.

use std::path::PathBuf;

use clap::Args;
use kit::ca::{ChainRoot, Registration};
use kit::clock::Clock;
use kit::credential::claimed_replacement;
use wire::Integer;
use wire::replacement::SignedCaReplacement;

use super::{PropertyError, store};
use crate::output::say;

/// Arguments of `property announce-ca`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AnnounceCa {
    /// The record of the property with its new authority, as `property cross-sign` made it.
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// Certificate of the chain root.
    #[arg(long, value_name = "FILE")]
    chain_root_cert: PathBuf,
    /// Key of the chain root.
    #[arg(long, value_name = "FILE")]
    chain_root_key: PathBuf,
    /// The property's last notice, where there was one; the new one has a higher number.
    #[arg(long, value_name = "FILE")]
    last: Option<PathBuf>,
    /// Where the notice goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl AnnounceCa {
    pub(super) fn run(self, clock: &Clock) -> Result<(), PropertyError> {
        let failed = |file: &PathBuf| {
            let file = file.clone();
            |source| PropertyError::Authority { file, source }
        };
        let record = store::read_text(&self.record)?;
        let record = Registration::parse(record.as_bytes()).map_err(|source| {
            let file = self.record.clone();
            PropertyError::Registration { file, source }
        })?;
        let (certificate, key) = (
            store::read_text(&self.chain_root_cert)?,
            store::read_text(&self.chain_root_key)?,
        );
        let root = ChainRoot::load(&certificate, &key).map_err(failed(&self.chain_root_cert))?;
        let ca = record.vouched_by(&root).map_err(failed(&self.record))?;
        let now = clock.wall();
        let number = self.number(&record, now)?;
        let notice = root.announce(&record.realm(), &ca, number, now);
        let notice = notice.map_err(failed(&self.chain_root_cert))?;
        store::write(&self.out, &notice)?;
        say(format_args!(
            "notice {number} of CA {} for property {} of {}, in {}",
            record.ca_sha256,
            record.property,
            record.tenant,
            self.out.display()
        ));
        Ok(())
    }

    /// The time in seconds, so that a lost last notice does no harm, and always higher than the last.
    fn number(&self, record: &Registration, now: Integer) -> Result<Integer, PropertyError> {
        let seconds = Integer::new(now.value() / 1_000).unwrap_or(now);
        let Some(file) = &self.last else {
            return Ok(seconds);
        };
        let last: SignedCaReplacement = store::read(file)?;
        let last = claimed_replacement(&wire::encode(&last), &record.realm());
        let last = last.map_err(|source| PropertyError::Notice {
            file: file.clone(),
            source: Box::new(source),
        })?;
        Ok(seconds.max(last.number.next()))
    }
}

#[cfg(test)]
mod tests;
