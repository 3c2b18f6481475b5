//! Following the authority's revocation lists, the same in every component of a hotel.
//!
//! Promises: a list that cannot be believed, or is not newer, changes nothing; the last good one is
//! on the disk, so that whoever is on it stays refused after a start while broker or authority are
//! away; one that nobody has signed for days stays in use, and an alarm tells.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::authority::{REVOCATIONS_EVENT, SignedRevocations};
use wire::credential::Revocations;
use wire::topic::ServiceSubject;
use wire::{Component, Integer, Problem, Topic, Word};

use super::{Refusals, Refused, Verifier};
use crate::Host;
use crate::bus::{Bus, Subscription};
use crate::ca::files::write_secret;
use crate::clock::Clock;
use crate::error::Chain;
use crate::identity::Identity;

/// The last good list, in the component's data directory.
const FILE: &str = "revocations.json";
/// Largest file that is read: as large as a body of the bus, which the list came in.
const BYTES_MAX: u64 = wire::bound::BODY_MAX as u64;
/// From which age on a list is stale: the authority signs its list anew every day.
const STALE_MS: u64 = 3 * 24 * 60 * 60 * 1_000;
/// How often the age is looked at.
const LOOK: Duration = Duration::from_mins(10);

/// Whom the authority has revoked, as far as is known since the last life, and from now on.
pub async fn follow_revocations(host: &Host) -> Refusals {
    let refusals = Refusals::default();
    let mut follower = Follower {
        file: host.data(FILE),
        identity: host.identity.clone(),
        refusals: refusals.clone(),
        clock: host.clock.clone(),
        since: host.clock.wall(),
        stale: false,
    };
    follower.take_up().await;
    let lists = revocations(&host.bus).await;
    host.tasks
        .spawn("revocations", |stop| follower.run(lists, stop));
    refusals
}

/// Subscribes to the authority's revocation lists.
pub async fn revocations(bus: &Bus) -> Subscription {
    let event: Word = REVOCATIONS_EVENT
        .parse()
        .expect("the event's name is a word");
    let topic = Topic::service(
        bus.property(),
        Component::Authority,
        ServiceSubject::Event(event),
    );
    bus.subscribe([wire::Filter::exactly(&topic)]).await
}

/// A list in a body of the bus, if it is the authority's.
pub fn believed(verifier: &Verifier, body: &[u8], now: Integer) -> Result<Revocations, NotAList> {
    let signed: SignedRevocations = wire::decode(body).map_err(NotAList::Body)?;
    verifier
        .revocations(&signed.list, now)
        .map_err(NotAList::Signature)
}

/// A body is no list of the authority.
#[derive(Debug, thiserror::Error)]
pub enum NotAList {
    /// It is none at all.
    #[error("not a revocation list")]
    Body(#[source] Problem),
    /// Somebody else's.
    #[error("not a revocation list of the property's authority")]
    Signature(#[source] Refused),
}

/// Takes what comes, keeps it, and looks at its age.
struct Follower {
    file: PathBuf,
    identity: watch::Receiver<Arc<Identity>>,
    refusals: Refusals,
    clock: Clock,
    /// Since when it is waited for a first list.
    since: Integer,
    stale: bool,
}

impl Follower {
    async fn run(mut self, mut lists: Subscription, stop: CancellationToken) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let following = async {
            loop {
                tokio::select! {
                    delivery = lists.recv() => {
                        let Some(delivery) = delivery else { return };
                        self.hear(&delivery.body).await;
                        delivery.acknowledge();
                    }
                    _ = looks.tick() => {}
                }
                self.look();
            }
        };
        stop.run_until_cancelled(following).await;
        // The bus may stop first; the token follows.
        stop.cancelled().await;
    }

    /// Takes a list if it is newer, and keeps it; the disk comes second, because refusing must not
    /// wait for it.
    async fn hear(&mut self, body: &[u8]) {
        let verifier = Verifier::of(&self.identity.borrow());
        let list = match believed(&verifier, body, self.clock.wall()) {
            Ok(list) => list,
            Err(error) => {
                metrics::counter!("revocation_lists_refused_total").increment(1);
                tracing::warn!(error = %Chain(&error), "a revocation list is not believed");
                return;
            }
        };
        let number = list.number.value();
        if !self.refusals.take(list.clone()) {
            tracing::debug!(number, "a revocation list is not newer");
            return;
        }
        tracing::info!(number, "revocation list taken");
        let file = self.file.clone();
        let kept = spawn_blocking(move || write_secret(&file, &wire::encode(&list)));
        match kept.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %Chain(&error), "revocation list not kept"),
            Err(error) => tracing::error!(%error, "revocation list not kept"),
        }
    }

    /// Raises the alarm when the list is stale, and takes it back.
    fn look(&mut self) {
        let signed = self.refusals.changed().borrow().iat;
        let stale = is_stale(signed, self.since, self.clock.wall());
        metrics::gauge!("revocations_stale").set(if stale { 1.0 } else { 0.0 });
        if stale && !self.stale {
            let signed = signed.value();
            tracing::error!(
                signed,
                "the authority has signed no revocation list for days"
            );
        }
        self.stale = stale;
    }

    async fn take_up(&mut self) {
        match read(&self.file).await {
            Ok(Some(list)) => drop(self.refusals.take(list)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = %Chain(&error), "kept revocation list not usable");
            }
        }
    }
}

/// Whether a list signed at `signed` (seconds; never: 0) is stale for who has waited since `since`.
fn is_stale(signed: Integer, since: Integer, now: Integer) -> bool {
    let last = match signed.value() {
        0 => since.value(),
        seconds => seconds.saturating_mul(1_000),
    };
    now.value().saturating_sub(last) > STALE_MS
}

async fn read(path: &PathBuf) -> io::Result<Option<Revocations>> {
    let bytes = match tokio::fs::metadata(path).await {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if bytes > BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let text = tokio::fs::read(path).await?;
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(io::Error::from)
}

#[cfg(test)]
mod tests;
