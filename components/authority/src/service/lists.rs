//! Tells everybody whom to refuse: the signed list, retained, at the start, with every change, with
//! every new leaf of ours, and once a day.

use std::time::Duration;

use kit::Host;
use kit::backoff::Backoff;
use kit::bus::Retain;
use kit::credential::Refusals;
use kit::error::Chain;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::authority::REVOCATIONS_EVENT;
use wire::credential::Revocations;
use wire::topic::ServiceSubject;
use wire::{Component, Integer, Topic, Word};

use crate::edge::scribe;

/// How often an unchanged list is signed anew, so that nobody keeps one of an ended leaf.
const AGAIN: Duration = Duration::from_hours(24);
/// Waits after the broker refused: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

pub(super) fn start(host: &Host, refusals: &Refusals) {
    let (host_of_task, refusals) = (host.clone(), refusals.clone());
    host.tasks
        .spawn("revocations", |stop| publish(host_of_task, refusals, stop));
}

async fn publish(host: Host, refusals: Refusals, stop: CancellationToken) {
    let event: Word = REVOCATIONS_EVENT
        .parse()
        .expect("the event's name is a word");
    let subject = ServiceSubject::Event(event);
    let topic = Topic::service(host.bus.property(), Component::Authority, subject);
    let (mut lists, mut identity) = (refusals.changed(), host.identity.clone());
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    let publishing = async {
        loop {
            let list = Revocations {
                iat: seconds(host.clock.wall()),
                ..lists.borrow_and_update().clone()
            };
            let signed = scribe::signed(&identity.borrow_and_update(), &list);
            match host.bus.publish(&topic, &signed, Retain::Yes).await {
                Ok(_) => {
                    tracing::info!(number = list.number.value(), "revocation list published");
                    backoff.reset();
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "cannot publish the revocation list");
                    sleep(backoff.wait()).await;
                    continue;
                }
            }
            tokio::select! {
                Ok(()) = lists.changed() => {}
                Ok(()) = identity.changed() => {}
                () = sleep(AGAIN) => {}
            }
        }
    };
    stop.run_until_cancelled(publishing).await;
}

fn seconds(ms: Integer) -> Integer {
    Integer::new(ms.value() / 1_000).expect("a thousandth of an integer is one")
}
