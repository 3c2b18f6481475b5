//! Asking the authority for the next leaf, before the present one ends.
//!
//! Only the certificate is replaced, the key stays: so a power cut leaves the old leaf or the new
//! one, never one that does not fit its key. The new leaf is taken up by [`super::follow()`], the
//! same way as one that provisioning writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wire::authority::{Leaf, RENEW_LEAF, RenewLeaf};
use wire::{Component, Operation};

use super::{CERT_FILE, Identity, KEY_FILE, Particulars};
use crate::bus::{Bus, RequestError};
use crate::ca::files::{WriteError, write_open};
use crate::ca::{CaError, Key};
use crate::clock::Clock;
use crate::error::Chain;

/// How often it is asked whether a renewal is due; a month is left when it is.
const EVERY: Duration = Duration::from_mins(1);
/// How long the authority may take.
const WAIT: Duration = Duration::from_secs(10);

/// Keeps the leaf in `dir` current, until `stop`.
pub async fn renew(
    dir: PathBuf,
    mut identity: watch::Receiver<Arc<Identity>>,
    bus: Bus,
    clock: Clock,
    stop: CancellationToken,
) {
    let renewing = async {
        loop {
            let current = Arc::clone(&identity.borrow_and_update());
            if clock.wall() >= current.renewal_at() {
                match next_leaf(&dir, &current, &bus).await {
                    Ok(()) => tracing::info!("leaf renewed"),
                    Err(error) => {
                        let not_after = current.not_after.value();
                        tracing::warn!(error = %Chain(&error), not_after, "cannot renew the leaf");
                    }
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    };
    stop.run_until_cancelled(renewing).await;
}

async fn next_leaf(dir: &Path, current: &Identity, bus: &Bus) -> Result<(), RenewalError> {
    let key_file = dir.join(KEY_FILE);
    let csr = spawn_blocking(move || {
        let pem = std::fs::read_to_string(key_file).map_err(RenewalError::Read)?;
        let key = Key::from_pem(&pem).map_err(RenewalError::Key)?;
        key.signing_request().map_err(RenewalError::Key)
    });
    let csr = csr.await.map_err(|_| RenewalError::Interrupted)??;
    let operation: Operation = RENEW_LEAF.parse().expect("operations are words");
    let asked = bus.request(Component::Authority, &operation, RenewLeaf { csr }, WAIT);
    let leaf: Leaf = asked.await.map_err(RenewalError::Ask)?;
    fits(current, &leaf.certificate)?;
    let certificate_file = dir.join(CERT_FILE);
    let written =
        spawn_blocking(move || write_open(&certificate_file, leaf.certificate.as_bytes()));
    written
        .await
        .map_err(|_| RenewalError::Interrupted)?
        .map_err(RenewalError::Write)
}

/// Whether a leaf is the next of the present one: same holder, later end.
fn fits(current: &Identity, certificate: &str) -> Result<(), RenewalError> {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes())
        .map_err(|_| RenewalError::OtherLeaf)?;
    let next = Particulars::of(&der).map_err(|_| RenewalError::OtherLeaf)?;
    if next.spiffe == current.spiffe && next.not_after > current.not_after {
        Ok(())
    } else {
        Err(RenewalError::OtherLeaf)
    }
}

/// The leaf stays as it is.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error("cannot read the key")]
    Read(#[source] std::io::Error),
    #[error("cannot use the key")]
    Key(#[source] CaError),
    #[error("the authority gives no leaf")]
    Ask(#[source] RequestError),
    #[error("the authority's leaf is not the next of this one")]
    OtherLeaf,
    #[error("cannot write the leaf")]
    Write(#[source] WriteError),
    #[error("the renewal was interrupted")]
    Interrupted,
}
