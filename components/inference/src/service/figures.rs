//! Gauges that are looked up, not counted: how many questions wait.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Desk;

/// Between two looks; a scrape is not more frequent.
const EVERY: Duration = Duration::from_secs(1);

pub(super) async fn run(desk: Arc<Desk>, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        for slot in desk.slots.values() {
            let waiting = slot.active().map_or(0, |active| active.runner.waiting());
            let waiting = f64::from(u32::try_from(waiting).unwrap_or(u32::MAX));
            let name = slot.name.to_string();
            metrics::gauge!("inference_queue_depth", "model" => name).set(waiting);
        }
    }
}
