//! Connections to AWS: IoT by its SDK, and the one table by its plain protocol.

use std::time::{Duration, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iot::Client as Iot;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

use super::{CloudError, Place};

/// Most of a TCP and TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Most of one try of a request; the SDK tries three times.
const ATTEMPT: Duration = Duration::from_secs(20);

/// AWS, as the operator.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// AWS IoT.
    pub(super) iot: Iot,
    /// What both were made from.
    pub(super) shared: SdkConfig,
    /// Where requests go.
    pub(super) region: String,
}

impl Client {
    /// Prepares to talk to AWS; nothing is sent yet.
    pub(super) async fn new(place: &Place) -> Result<Self, CloudError> {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts);
        if let Some(region) = &place.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &place.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let shared = loader.load().await;
        let region = shared.region().ok_or(CloudError::NoRegion)?.to_string();
        Ok(Self {
            iot: Iot::new(&shared),
            shared,
            region,
        })
    }
}

/// The time as signatures carry it.
pub(super) fn present(unix_ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms)
}
