//! Who is refused although their credential is valid.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::authority::{REVOCATIONS_EVENT, SignedRevocations};
use wire::credential::Revocations;
use wire::topic::ServiceSubject;
use wire::{Component, Topic, Word};

use super::{Caller, Verifier};
use crate::bus::{Bus, Delivery, Subscription};
use crate::clock::Clock;
use crate::error::Chain;

/// The newest revocation list; cloned freely, all clones share it.
#[derive(Debug, Clone, Default)]
pub struct Refusals(watch::Sender<Revocations>);

impl Refusals {
    /// Takes a list, if it is newer than the last one.
    pub fn take(&self, list: Revocations) -> bool {
        self.0.send_if_modified(|current| {
            let newer = list.number > current.number;
            if newer {
                *current = list;
            }
            newer
        })
    }

    /// Whether the caller is refused.
    pub fn refuses(&self, caller: &Caller) -> bool {
        let list = self.0.borrow();
        let token = |token| list.tokens.contains(&token);
        let sitting = |sitting| list.sittings.contains(&sitting);
        list.principals.contains(&caller.principal)
            || caller.token.is_some_and(token)
            || caller.sitting.is_some_and(sitting)
    }

    /// Changes with every newer list.
    pub fn changed(&self) -> watch::Receiver<Revocations> {
        self.0.subscribe()
    }
}

/// Subscribes to the authority's revocation lists; to be given to [`follow_revocations`].
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

/// Takes every newer list until `stop`; one that cannot be believed is logged and dropped.
pub async fn follow_revocations(
    mut lists: Subscription,
    verifier: Verifier,
    refusals: Refusals,
    clock: Clock,
    stop: CancellationToken,
) {
    while let Some(Some(delivery)) = stop.run_until_cancelled(lists.recv()).await {
        take(&delivery, &verifier, &refusals, &clock);
        delivery.acknowledge();
    }
}

fn take(delivery: &Delivery, verifier: &Verifier, refusals: &Refusals, clock: &Clock) {
    let signed: SignedRevocations = match wire::decode(&delivery.body) {
        Ok(signed) => signed,
        Err(problem) => {
            tracing::warn!(%problem, "revocation list cannot be read");
            return;
        }
    };
    match verifier.revocations(&signed.list, clock.wall()) {
        Ok(list) => {
            let number = list.number.value();
            if refusals.take(list) {
                tracing::info!(number, "revocation list taken");
            }
        }
        Err(error) => tracing::warn!(error = %Chain(&error), "revocation list is not believed"),
    }
}
