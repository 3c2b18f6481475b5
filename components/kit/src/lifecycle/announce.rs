//! Tells the supervisor and the bus how the component is.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::status::Status;
use wire::topic::ServiceSubject;
use wire::{Component, Integer, PropertyId, Topic, Version};

use super::supervisor::Supervisor;
use crate::bus::{Bus, Retain};
use crate::health::{Health, Report};

/// Shortest time between two status messages, so that a flapping check does not flood the bus.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// Says once that the component is ready, at the latest after `grace`.
pub(super) async fn readiness(
    supervisor: impl Supervisor,
    health: Health,
    grace: Duration,
    stop: CancellationToken,
) {
    let mut report = health.watch();
    let missing: Vec<_> = health
        .report()
        .checks()
        .into_iter()
        .filter(|check| !check.ready)
        .collect();
    if let Some(check) = missing.first() {
        supervisor.status(&format!("waiting for {}: {}", check.name, check.detail));
    }
    let ready = timeout(grace, report.wait_for(Report::ready));
    let waited = stop
        .run_until_cancelled(async { ready.await.is_ok() })
        .await;
    if waited == Some(false) {
        tracing::warn!("started without everything it needs");
    } else {
        supervisor.status("");
    }
    supervisor.ready();
    stop.cancelled().await;
}

/// Keeps the retained status on the bus equal to the checks.
pub(super) async fn status(
    component: Component,
    bus: Bus,
    property: PropertyId,
    health: Health,
    stop: CancellationToken,
) {
    let topic = Topic::service(&property, component, ServiceSubject::Status);
    let mut report = health.watch();
    let telling = async {
        loop {
            let body = body(&report.borrow_and_update());
            if let Err(error) = bus.publish(&topic, &body, Retain::Yes).await {
                tracing::warn!(%error, "cannot publish status");
            }
            tokio::time::sleep(STATUS_PAUSE).await;
            if report.changed().await.is_err() {
                return;
            }
        }
    };
    stop.run_until_cancelled(telling).await;
}

/// The status in a report.
pub(crate) fn body(report: &Report) -> Status {
    Status {
        v: Version,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ready: report.ready(),
        checks: report.checks(),
        backlog: Integer::new(report.backlog()).unwrap_or_default(),
    }
}

/// The status that the broker publishes when the component is gone.
pub(crate) fn gone() -> Status {
    Status {
        ready: false,
        ..body(&Report::default())
    }
}
