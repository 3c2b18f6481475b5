//! Follows how the components of the property are.

use kit::bus::{Delivery, Subscription};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::topic::{ServiceSubject, Subject};

use crate::board::Board;

/// Takes every status until the stop; one that cannot be read is logged and dropped.
pub(crate) async fn follow(
    mut statuses: Subscription,
    board: watch::Sender<Board>,
    stop: CancellationToken,
) {
    while let Some(Some(delivery)) = stop.run_until_cancelled(statuses.recv()).await {
        take(&delivery, &board);
        delivery.acknowledge();
    }
}

fn take(delivery: &Delivery, board: &watch::Sender<Board>) {
    let Subject::Service(component, ServiceSubject::Status) = &delivery.topic.subject else {
        return;
    };
    // An empty body is how a retained message is cleared.
    let status = match (!delivery.body.is_empty()).then(|| wire::decode(&delivery.body)) {
        None => None,
        Some(Ok(status)) => Some(status),
        Some(Err(problem)) => {
            tracing::warn!(%component, %problem, "status cannot be read");
            return;
        }
    };
    board.send_modify(|board| board.take(*component, status));
}
