//! The next leaf, before the present one ends, or after it has, or when the box is reached under other
//! names.
//!
//! The authority is asked over HTTPS, by a signature of the leaf's key: a way that is open to
//! whoever the broker no longer lets in ([`Door`]). Promises: only the certificate is replaced, the
//! key stays, so a power cut leaves the old leaf or the new one, never one that does not fit its
//! key; what is not the next leaf of the same holder under the same CA, for the same key and for
//! now, is never written. The names of the box are the authority's to say: whoever holds a leaf asks for
//! them, and never for more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wire::Integer;

use super::load::Files;
use super::{CERT_FILE, Identity, IdentityError, KEY_FILE, PrincipalKind};
use crate::backoff::Backoff;
use crate::ca::files::{WriteError, write_open};
use crate::ca::{CaError, Key};
use crate::clock::Clock;
use crate::error::Chain;

mod door;

pub use door::{Door, DoorError};

/// Longest sleep before the clock is looked at again, which may have been set meanwhile.
pub(super) const EVERY: Duration = Duration::from_mins(1);
/// How often a component asks under which names the box is reached.
const LOOK: Duration = Duration::from_secs(30);
/// Ceiling of the first rest after a refusal.
pub(super) const FIRST_REST: Duration = Duration::from_secs(1);
/// Ceiling of every later one: a third of a leaf's life is left, or the hotel waits for us.
pub(super) const LONGEST_REST: Duration = Duration::from_mins(5);

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
        show_overdue(&current, clock.wall());
        let rest = match occasion(&current, door, clock).await {
            Occasion::Later(rest) => rest,
            Occasion::Now(names) => match next(dir, &current, names.as_ref(), door, clock).await {
                Ok(next) => {
                    rests.reset();
                    let not_after = next.not_after.value();
                    let other_names = names.is_some();
                    tracing::info!(identity = %next.spiffe, not_after, other_names, "leaf renewed");
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

/// Whether there is a reason for another leaf.
enum Occasion {
    /// Its time has come; or, when there are names, the box is reached under these and no others.
    Now(Option<BTreeSet<String>>),
    /// None; to be asked again.
    Later(Duration),
}

async fn occasion(current: &Identity, door: &Door, clock: &Clock) -> Occasion {
    let Some(left) = current.due_in(clock.wall()) else {
        return Occasion::Now(None);
    };
    if current.spiffe.role != PrincipalKind::Component {
        return Occasion::Later(left.min(EVERY));
    }
    match door.server_names(current).await {
        Ok(names) if names != current.server_names() => Occasion::Now(Some(names)),
        Ok(_) => Occasion::Later(left.min(LOOK)),
        Err(error) => {
            // It is asked for nothing that we lack; when it is, the renewal says what is wrong.
            tracing::debug!(error = %Chain(&error), "cannot ask under which names the box is reached");
            Occasion::Later(left.min(LOOK))
        }
    }
}

/// Shows whether a renewal is late.
pub fn show_overdue(identity: &Identity, now: Integer) {
    let overdue = identity.is_overdue(now);
    metrics::gauge!("leaf_overdue").set(if overdue { 1.0 } else { 0.0 });
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
    next(dir, current, None, door, clock).await
}

/// The same, and refuses one that does not carry the names for which it was asked.
async fn next(
    dir: &Path,
    current: &Identity,
    names: Option<&BTreeSet<String>>,
    door: &Door,
    clock: &Clock,
) -> Result<Identity, RenewalError> {
    let csr = request(dir.to_owned()).await?;
    let certificate = door.next_leaf(current, &csr).await?;
    let (dir, current, names) = (dir.to_owned(), current.clone(), names.cloned());
    let now = clock.wall();
    spawn_blocking(move || take_up(&dir, &current, names.as_ref(), &certificate, now))
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
    names: Option<&BTreeSet<String>>,
    certificate: &str,
    now: Integer,
) -> Result<Identity, RenewalError> {
    let next = Files::read(dir)
        .and_then(|files| files.with_certificate(certificate.as_bytes()).parse(dir))
        .map_err(RenewalError::Unusable)?;
    if next.spiffe != current.spiffe || next.due_in(now).is_none() {
        return Err(RenewalError::OtherLeaf);
    }
    if names.is_some_and(|names| *names != next.server_names()) {
        return Err(RenewalError::OtherNames);
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
    /// The box has been given another name meanwhile; asked again, it is right.
    #[error("the authority's leaf does not carry the names that the authority says")]
    OtherNames,
    /// The certificate's file.
    #[error("cannot write the leaf")]
    Write(#[source] WriteError),
    /// The program ends.
    #[error("the renewal was interrupted")]
    Interrupted,
}

#[cfg(test)]
mod tests;
