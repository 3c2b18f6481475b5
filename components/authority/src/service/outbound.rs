//! Answers on their way to the bus. Whatever waits here can be asked for again, so nothing here
//! needs to survive, and nothing here ever holds up the office.

use std::time::Duration;

use kit::bus::{Bus, Retain};
use kit::error::Chain;
use kit::lifecycle::Tasks;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::topic::ServiceSubject;
use wire::{Component, Principal, RequestId, Topic};

/// Most answers that wait for the broker; more are dropped, and asked for again.
const WAITING: usize = 1_024;
/// How long an answer waits for a broker that is away: whoever asked waits no longer.
const WORTH: Duration = Duration::from_secs(10);

/// Where answers are left.
#[derive(Debug, Clone)]
pub(super) struct Outbound(mpsc::Sender<Reply>);

#[derive(Debug)]
struct Reply {
    principal: Principal,
    id: RequestId,
    body: Vec<u8>,
}

impl Outbound {
    pub(super) fn start(bus: &Bus, tasks: &Tasks) -> Self {
        let (sender, replies) = mpsc::channel(WAITING);
        tasks.spawn("outbound", |stop| publish(bus.clone(), replies, stop));
        Self(sender)
    }

    pub(super) fn reply(&self, principal: Principal, id: RequestId, body: Vec<u8>) {
        let reply = Reply {
            principal,
            id,
            body,
        };
        if self.0.try_send(reply).is_err() {
            tracing::debug!(%id, "too many answers wait for the broker, one dropped");
        }
    }
}

async fn publish(bus: Bus, mut replies: mpsc::Receiver<Reply>, stop: CancellationToken) {
    let publishing = async {
        while let Some(Reply {
            principal,
            id,
            body,
        }) = replies.recv().await
        {
            let subject = ServiceSubject::Reply(principal, id);
            let topic = Topic::service(bus.property(), Component::Authority, subject);
            match timeout(WORTH, bus.publish_bytes(&topic, body.into(), Retain::No)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!(%topic, error = %Chain(&error), "cannot answer"),
                Err(_) => tracing::debug!(%topic, "nobody to answer to"),
            }
        }
    };
    stop.run_until_cancelled(publishing).await;
    stop.cancelled().await;
}
