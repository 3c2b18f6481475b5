//! The next leaf, before the present one ends, or after it has.
//!
//! The authority is asked over HTTPS, by a signature of the leaf's key: a way that is open to
//! whoever the broker no longer lets in ([`Door`]). Promises: only the certificate is replaced, the
//! key stays, so a power cut leaves the old leaf or the new one, never one that does not fit its
//! key; what is not the next leaf of the same holder under the same CA, for the same key and for
//! now, is never written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wire::Integer;

use super::load::Files;
use super::{CERT_FILE, Identity, IdentityError, KEY_FILE};
use crate::backoff::Backoff;
use crate::ca::files::{WriteError, write_open};
use crate::ca::{CaError, Key};
use crate::clock::Clock;
use crate::error::Chain;

mod door;

pub use door::{Door, DoorError};

/// Longest sleep before the clock is looked at again, which may have been set meanwhile.
const EVERY: Duration = Duration::from_mins(1);
/// Ceiling of the first rest after a refusal.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Ceiling of every later one: a third of a leaf's life is left, or the hotel waits for us.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// Keeps the leaf in `dir` current, until `stop`; whoever holds the other end of `identity` goes on
/// with the new one.
pub async fn keep_current(
    dir: PathBuf,
    door: Door,
    identity: watch::Sender<Arc<Identity>>,
    clock: Clock,
    stop: CancellationToken,
) {
    stop.run_until_cancelled(keep(&dir, &door, &identity, &clock))
        .await;
}

async fn keep(dir: &Path, door: &Door, identity: &watch::Sender<Arc<Identity>>, clock: &Clock) {
    let mut present = identity.subscribe();
    let mut rests = Backoff::new(FIRST_REST, LONGEST_REST);
    loop {
        let current = Arc::clone(&present.borrow_and_update());
        let rest = match current.due_in(clock.wall()) {
            Some(left) => left.min(EVERY),
            None => match renew(dir, &current, door, clock).await {
                Ok(next) => {
                    rests.reset();
                    let not_after = next.not_after.value();
                    tracing::info!(identity = %next.spiffe, not_after, "leaf renewed");
                    count("renewed");
                    put(identity, next);
                    continue;
                }
                Err(error) => {
                    let (id, not_after) = (&current.spiffe.id, current.not_after.value());
                    let rest = rests.wait();
                    tracing::warn!(
                        %id, error = %Chain(&error), not_after, wait_ms = rest.as_millis(),
                        "cannot renew the leaf"
                    );
                    count("failed");
                    rest
                }
            },
        };
        // Somebody else may renew it: provisioning, or `edgectl`.
        drop(tokio::time::timeout(rest, present.changed()).await);
    }
}

/// Puts the leaf in the place of the present one, unless its file was seen by others before.
fn put(identity: &watch::Sender<Arc<Identity>>, next: Identity) {
    identity.send_if_modified(|present| {
        let other = present.chain != next.chain;
        if other {
            *present = Arc::new(next);
        }
        other
    });
}

fn count(outcome: &'static str) {
    metrics::counter!("leaf_renewals_total", "outcome" => outcome).increment(1);
}

/// Asks once for the next leaf of `current`, and puts it into `dir`, where the key is.
pub async fn renew(
    dir: &Path,
    current: &Identity,
    door: &Door,
    clock: &Clock,
) -> Result<Identity, RenewalError> {
    let csr = request(dir.to_owned()).await?;
    let certificate = door.next_leaf(current, &csr).await?;
    let (dir, current, now) = (dir.to_owned(), current.clone(), clock.wall());
    spawn_blocking(move || take_up(&dir, &current, &certificate, now))
        .await
        .map_err(|_| RenewalError::Interrupted)?
}

pub(super) async fn request(dir: PathBuf) -> Result<String, RenewalError> {
    let signing = spawn_blocking(move || {
        let pem = std::fs::read_to_string(dir.join(KEY_FILE)).map_err(RenewalError::Read)?;
        let key = Key::from_pem(&pem).map_err(RenewalError::Key)?;
        key.signing_request().map_err(RenewalError::Key)
    });
    signing.await.map_err(|_| RenewalError::Interrupted)?
}

/// Writes the leaf when it is the next of the present one.
fn take_up(
    dir: &Path,
    current: &Identity,
    certificate: &str,
    now: Integer,
) -> Result<Identity, RenewalError> {
    let next = Files::read(dir)
        .and_then(|files| files.with_certificate(certificate.as_bytes()).parse(dir))
        .map_err(RenewalError::Unusable)?;
    if next.spiffe != current.spiffe || next.due_in(now).is_none() {
        return Err(RenewalError::OtherLeaf);
    }
    write_open(&dir.join(CERT_FILE), certificate.as_bytes()).map_err(RenewalError::Write)?;
    Ok(next)
}

/// The leaf stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// The key's file.
    #[error("cannot read the key")]
    Read(#[source] std::io::Error),
    /// The key itself.
    #[error("cannot use the key")]
    Key(#[source] CaError),
    /// The authority is not there, or says no.
    #[error("the authority gives no leaf")]
    Ask(#[from] DoorError),
    /// What it gave does not fit key or CA.
    #[error("the authority's leaf cannot be used")]
    Unusable(#[source] IdentityError),
    /// What it gave is somebody else's, or for another time.
    #[error("the authority's leaf is not the next of this one")]
    OtherLeaf,
    /// The certificate's file.
    #[error("cannot write the leaf")]
    Write(#[source] WriteError),
    /// The program ends.
    #[error("the renewal was interrupted")]
    Interrupted,
}

#[cfg(test)]
mod tests;
