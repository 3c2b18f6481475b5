//! Figures of the hotel that its parts measure themselves.

use std::fmt;

use serde::Serialize;
use wire::registry::Registry;

use super::files::{FileError, read_json};
use super::hotel::{Endpoint, Hotel};
use super::http;

/// The spool of `uplink`, over all streams.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Uplink {
    waiting_records: u64,
    uploaded_records: u64,
    uploaded_batches: u64,
    uploaded_bytes: u64,
    /// None before the first upload.
    cloud_reachable: Option<bool>,
}

impl fmt::Display for Uplink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            waiting_records,
            uploaded_records,
            uploaded_batches,
            uploaded_bytes,
            ..
        } = self;
        write!(
            f,
            "{waiting_records} records wait, {uploaded_records} uploaded \
             in {uploaded_batches} batches of {uploaded_bytes} bytes"
        )?;
        match self.cloud_reachable {
            Some(false) => f.write_str("; the cloud is not reachable"),
            Some(true) | None => Ok(()),
        }
    }
}

/// How many devices the property has.
pub(super) fn devices_total(hotel: &Hotel) -> Result<u64, FileError> {
    let registry: Registry = read_json(&hotel.registry)?.unwrap_or_default();
    Ok(u64::try_from(registry.devices.len()).unwrap_or(u64::MAX))
}

/// How many of them the gateway sees connected, and how many have no rights any more.
pub(super) async fn devices(hotel: &Hotel) -> Option<(u64, u64)> {
    let metrics = metrics(hotel.admin.get("iot-gateway")?).await?;
    let online = figure(&metrics, r#"iot_gateway_devices{state="online"}"#)?;
    let revoked = figure(&metrics, r#"iot_gateway_devices{state="revoked"}"#);
    Some((online, revoked.unwrap_or_default()))
}

/// How full the spool is and how uploads go, over all streams.
pub(super) async fn uplink(hotel: &Hotel) -> Option<Uplink> {
    let metrics = metrics(hotel.admin.get("uplink")?).await?;
    Some(Uplink {
        waiting_records: total(&metrics, "uplink_waiting_records"),
        uploaded_records: total(&metrics, "uplink_uploaded_records_total"),
        uploaded_batches: total(&metrics, "uplink_uploaded_batches_total"),
        uploaded_bytes: total(&metrics, "uplink_uploaded_bytes_total"),
        cloud_reachable: figure(&metrics, "uplink_cloud_reachable").map(|reachable| reachable == 1),
    })
}

async fn metrics(admin: &Endpoint) -> Option<String> {
    let answer = http::ask(admin, "GET", "/metrics").await.ok()?;
    (answer.status == 200).then_some(answer.body)
}

/// One figure of a Prometheus text.
fn figure(metrics: &str, name: &str) -> Option<u64> {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    value.parse().ok()
}

/// The sum of a figure over all its labels.
fn total(metrics: &str, name: &str) -> u64 {
    let of_name = metrics
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('{'));
    let values = of_name.filter_map(|labels| labels.rsplit_once(' ')?.1.parse::<u64>().ok());
    values.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_its_whole_name() {
        let metrics =
            "# TYPE devices gauge\ndevices{state=\"offline\"} 3\ndevices{state=\"online\"} 80\n";
        assert_eq!(figure(metrics, r#"devices{state="online"}"#), Some(80));
        assert_eq!(figure(metrics, "devices"), None);
        assert_eq!(total(metrics, "devices"), 83);
        assert_eq!(total(metrics, "device"), 0);
    }
}
