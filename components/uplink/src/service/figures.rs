//! Keeps gauges and backlog equal to the counters of the spool.

use std::sync::Arc;

use kit::error::Chain;
use tokio_util::sync::CancellationToken;
use wire::uplink::Mode;

use super::Uplink;
use crate::edge::spool::{FileTotals, Totals};

pub(super) async fn run(uplink: Arc<Uplink>, stop: CancellationToken) {
    let showing = async {
        loop {
            match uplink.spool.totals().await {
                Ok(totals) => uplink.show(&totals),
                Err(error) => tracing::error!(error = %Chain(&error), "cannot count the spool"),
            }
            match uplink.spool.file_totals().await {
                Ok(totals) => show_files(&totals),
                Err(error) => tracing::error!(error = %Chain(&error), "cannot count the files"),
            }
            metrics::gauge!("uplink_disk_free_bytes").set(float(uplink.spool.free().await));
            uplink.counted.notified().await;
        }
    };
    stop.run_until_cancelled(showing).await;
}

impl Uplink {
    fn show(&self, totals: &[Totals]) {
        for total in totals {
            let stream = total.stream.as_str();
            gauge("uplink_waiting_records", stream, total.waiting_records);
            gauge("uplink_waiting_bytes", stream, total.waiting_bytes);
            let count = |name, value| metrics::counter!(name, "stream" => stream).absolute(value);
            count("uplink_uploaded_records_total", total.uploaded_records);
            count("uplink_uploaded_batches_total", total.uploaded_batches);
            count("uplink_uploaded_bytes_total", total.uploaded_bytes);
            count("uplink_dropped_records_total", total.dropped_records);
            count("uplink_dropped_bytes_total", total.dropped_bytes);
            gauge("uplink_letters", stream, total.letters);
            gauge("uplink_quota_bytes", stream, self.spool.quota(total.stream));
        }
        let waiting = totals.iter().map(|total| total.waiting_records).sum();
        self.health.backlog(waiting);
        let link = self.link_stat();
        for mode in Mode::ALL {
            let is_now = if *mode == link.mode { 1.0 } else { 0.0 };
            metrics::gauge!("uplink_link_mode", "mode" => mode.as_str()).set(is_now);
        }
        metrics::gauge!("uplink_link_day_bytes").set(float(link.day_bytes.value()));
    }
}

fn show_files(totals: &FileTotals) {
    metrics::gauge!("uplink_waiting_files").set(float(totals.waiting));
    metrics::gauge!("uplink_waiting_files_bytes").set(float(totals.waiting_bytes));
    metrics::counter!("uplink_uploaded_files_total").absolute(totals.uploaded);
    metrics::counter!("uplink_uploaded_files_bytes_total").absolute(totals.uploaded_bytes);
    if let Some(last) = totals.last_at {
        metrics::gauge!("uplink_last_file_seconds").set(float(last.value() / 1_000));
    }
}

fn gauge(name: &'static str, stream: &'static str, value: u64) {
    metrics::gauge!(name, "stream" => stream).set(float(value));
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floating point, and a spool counts far below 2^53"
)]
fn float(value: u64) -> f64 {
    value as f64
}
