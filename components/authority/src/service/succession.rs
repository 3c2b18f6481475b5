//! Tells devices of the property's CA where it had another one before: the notice, retained, at the
//! start, with every change and once a day.

use std::sync::Arc;
use std::time::Duration;

use kit::Host;
use kit::backoff::Backoff;
use kit::bus::Retain;
use kit::error::Chain;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::replacement::CA_REPLACEMENT_EVENT;
use wire::topic::ServiceSubject;
use wire::{Component, Topic, Word};

use crate::edge::succession::{Records, Succession};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often an unchanged notice is published again, for a broker that lost it.
const AGAIN: Duration = Duration::from_hours(24);
/// Waits after the broker refused: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// Follows the files; whoever holds the receiver knows what they say.
pub(super) fn start(host: &Host, mut records: Records) -> watch::Receiver<Arc<Succession>> {
    let first = take(&mut records).unwrap_or_default();
    let known = watch::Sender::new(Arc::new(first));
    let (told, receiver) = (known.subscribe(), known.subscribe());
    host.tasks
        .spawn("succession", |stop| follow(records, known, stop));
    let host_of_task = host.clone();
    host.tasks
        .spawn("ca-replacement", |stop| publish(host_of_task, told, stop));
    receiver
}

async fn follow(
    mut records: Records,
    known: watch::Sender<Arc<Succession>>,
    stop: CancellationToken,
) {
    while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
        if let Some(succession) = take(&mut records) {
            known.send_replace(Arc::new(succession));
        }
    }
}

/// What the files say, when they have changed; nothing is passed on of files that cannot be used.
fn take(records: &mut Records) -> Option<Succession> {
    let succession = match records.changed()? {
        Ok(succession) => succession,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the change of the authority is not usable");
            Succession::default()
        }
    };
    let number = succession.notice.as_ref().map(|(_, number)| number.value());
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact")]
    let shown = number.unwrap_or_default() as f64;
    metrics::gauge!("authority_ca_replacement_number").set(shown);
    Some(succession)
}

async fn publish(host: Host, mut known: watch::Receiver<Arc<Succession>>, stop: CancellationToken) {
    let event: Word = CA_REPLACEMENT_EVENT
        .parse()
        .expect("the event's name is a word");
    let subject = ServiceSubject::Event(event);
    let topic = Topic::service(host.bus.property(), Component::Authority, subject);
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    let publishing = async {
        loop {
            let succession = Arc::clone(&known.borrow_and_update());
            if let Some((notice, number)) = &succession.notice {
                if let Err(error) = host.bus.publish(&topic, notice, Retain::Yes).await {
                    tracing::warn!(error = %Chain(&error), "cannot publish the notice");
                    sleep(backoff.wait()).await;
                    continue;
                }
                backoff.reset();
                let number = number.value();
                tracing::info!(number, "notice of the certificate authority published");
            }
            tokio::select! {
                Ok(()) = known.changed() => {}
                () = sleep(AGAIN) => {}
            }
        }
    };
    stop.run_until_cancelled(publishing).await;
}
