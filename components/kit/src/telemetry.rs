//! Logs and metrics: one JSON object a line on standard output, Prometheus text on the admin
//! listener.
//!
//! Field names are fixed: `timestamp`, `level`, `target`, `fields.message` and the event's own.
//! Ids only, never guest data.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Upper bounds, in seconds, of the buckets of every histogram named `*_seconds`: from one
/// millisecond, below which nothing on a bus is interesting, to a minute.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Changes the filter of the running logs.
type Refilter = Box<dyn Fn(EnvFilter) + Send + Sync>;

/// How to change the filter of this process's logs, once they have started.
static REFILTER: OnceLock<Refilter> = OnceLock::new();

/// Starts logs and metrics for the whole process; later calls change nothing.
///
/// `filter` follows `tracing_subscriber::EnvFilter`; a wrong one is an error naming the key `log`.
pub fn start(filter: &str) -> Result<Metrics, TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter { source })?;
    // Only the first subscriber and recorder of a process count; tests start several components.
    let logs = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_filter_reloading();
    let handle = logs.reload_handle();
    if logs.try_init().is_ok() {
        let refilter: Refilter = Box::new(move |filter| drop(handle.reload(filter)));
        drop(REFILTER.set(refilter));
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .map_err(|source| TelemetryError::Buckets { source })?
        .build_recorder();
    let handle = recorder.handle();
    drop(metrics::set_global_recorder(recorder));
    Ok(Metrics(handle))
}

/// Gives the running logs another filter; a wrong one is an error and changes nothing.
pub(crate) fn refilter(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter { source })?;
    if let Some(refilter) = REFILTER.get() {
        refilter(filter);
    }
    Ok(())
}

/// The metrics of this process.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Everything measured so far in the Prometheus text format.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Logs or metrics cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter is not one.
    #[error("configuration key log")]
    Filter {
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The buckets are not bounds.
    #[error("cannot set histogram buckets")]
    Buckets {
        /// What is wrong with them.
        source: metrics_exporter_prometheus::BuildError,
    },
}
