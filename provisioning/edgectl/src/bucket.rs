//! Buckets of the cloud, with an operator's own rights.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use clap::Args;

use crate::local::{Hotel, S3};

/// Most of a TCP and TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Most of a request, and of a pause within a body.
pub(crate) const REQUEST: Duration = Duration::from_secs(30);
/// How often a request is tried: somebody waits.
const TRIES: u32 = 3;

/// Which bucket. Credentials come from the standard chain of AWS.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The bucket; in a local hotel its own.
    #[arg(long)]
    bucket: Option<String>,
    /// Its region.
    #[arg(long, default_value = "eu-central-1")]
    region: String,
    /// Another address than the region's, or that of `AWS_ENDPOINT_URL`.
    #[arg(long)]
    endpoint: Option<String>,
}

impl Place {
    /// Prepares to talk to the bucket, else to the local hotel's `own`; nothing is sent yet.
    /// Nothing when no bucket has a name.
    pub(crate) async fn open(
        &self,
        hotel: Option<&Hotel>,
        own: impl Fn(&S3) -> &String,
    ) -> Option<(Client, String)> {
        // Naming a bucket means another cloud than that of the local hotel.
        let local = hotel.map(|hotel| &hotel.s3);
        let local = local.filter(|_| self.bucket.is_none());
        let name = self.bucket.as_ref().or_else(|| local.map(own))?;
        if name.is_empty() {
            return None;
        }
        Some((self.client(local).await, name.clone()))
    }

    async fn client(&self, local: Option<&S3>) -> Client {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(REQUEST);
        let region = local.map_or(&self.region, |s3| &s3.region).to_owned();
        let mut shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region))
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts.build());
        if let Some(s3) = local {
            let (id, secret) = (&s3.access_key_id, &s3.secret_access_key);
            shared = shared.credentials_provider(Credentials::new(id, secret, None, None, "local"));
        }
        let shared = shared.load().await;
        let named = self.endpoint.as_ref();
        let named = named.or_else(|| local.map(|s3| &s3.endpoint)).cloned();
        let endpoint = named.or_else(|| shared.endpoint_url().map(str::to_owned));
        let mut own = aws_sdk_s3::config::Builder::from(&shared);
        own = own.force_path_style(endpoint.is_some());
        own.set_endpoint_url(endpoint);
        Client::from_conf(own.build())
    }
}
