//! What a component needs of the world in its cloud role: a certificate of the internet, and the
//! records of the hotels that it serves.

pub mod properties;
pub mod server;

use tokio_util::sync::CancellationToken;

use crate::health::Health;

/// Lets a component be ready without the bus of a hotel, until the stop.
pub async fn without_bus(health: Health, stop: CancellationToken) {
    let bus = health.need("bus");
    let mut report = health.watch();
    let forgiving = async {
        loop {
            bus.there();
            if report.changed().await.is_err() {
                return;
            }
        }
    };
    stop.run_until_cancelled(forgiving).await;
}
