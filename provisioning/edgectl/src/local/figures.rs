//! Figures of the hotel that its parts measure themselves.

use serde_json::{Value, json};
use wire::registry::Registry;

use super::files::{FileError, read_json};
use super::hotel::{Endpoint, Hotel};
use super::http;

/// How many devices the property has.
pub(super) fn devices_total(hotel: &Hotel) -> Result<u64, FileError> {
    let registry: Registry = read_json(&hotel.registry)?.unwrap_or_default();
    Ok(u64::try_from(registry.devices.len()).unwrap_or(u64::MAX))
}

/// How many of them the gateway sees connected.
pub(super) async fn devices_online(hotel: &Hotel) -> Option<u64> {
    let metrics = metrics(hotel.admin.get("iot-gateway")?).await?;
    figure(&metrics, r#"iot_gateway_devices{state="online"}"#)
}

/// How full the spool is and how uploads go.
pub(super) async fn uplink(hotel: &Hotel) -> Option<Value> {
    let metrics = metrics(hotel.admin.get("uplink")?).await?;
    let figures: serde_json::Map<_, _> = metrics
        .lines()
        .filter(|line| line.starts_with("uplink_") && !line.contains("_bucket{"))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.parse::<f64>().ok()?))))
        .collect();
    Some(Value::Object(figures))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_its_whole_name() {
        let metrics =
            "# TYPE devices gauge\ndevices{state=\"offline\"} 3\ndevices{state=\"online\"} 80\n";
        assert_eq!(figure(metrics, r#"devices{state="online"}"#), Some(80));
        assert_eq!(figure(metrics, "devices"), None);
    }
}
