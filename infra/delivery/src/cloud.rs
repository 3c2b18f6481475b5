//! The cloud: its clients, and its refusals in words.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use clap::Args;
use std::time::Duration;

mod error;

pub(crate) use error::CloudError;

/// Most of a TCP and TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest silence of a server that was asked.
const READ: Duration = Duration::from_mins(1);
/// Tries of one request, the first included; waits between them are the SDK's, with jitter.
const TRIES: u32 = 3;

/// Where the cloud is.
#[derive(Debug, Clone, Args)]
pub(crate) struct CloudArgs {
    /// The region; that of the environment or profile when not said.
    #[arg(long)]
    region: Option<String>,
    /// Another endpoint for all services: a rehearsal.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

/// Clients of one account in one region.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) greengrass: aws_sdk_greengrassv2::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) home: Home,
}

/// What every name of a resource starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    partition: String,
    region: String,
    account: String,
}

impl CloudArgs {
    /// Finds out whose credentials these are; everything else is asked later.
    pub(crate) async fn connect(&self) -> Result<Cloud, CloudError> {
        let config = self.config().await;
        let region = config.region().map(ToString::to_string);
        let region = region.ok_or(CloudError::NoRegion)?;
        let identity = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| {
                CloudError::of("find out the account", "sts:GetCallerIdentity", &error)
            })?;
        let arn = identity.arn().unwrap_or_default();
        let partition = arn.split(':').nth(1).filter(|part| !part.is_empty());
        let account = identity.account().ok_or(CloudError::NoAccount)?;
        let style = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(config.endpoint_url().is_some());
        Ok(Cloud {
            greengrass: aws_sdk_greengrassv2::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(style.build()),
            home: Home {
                partition: partition.unwrap_or("aws").to_owned(),
                region,
                account: account.to_owned(),
            },
        })
    }

    async fn config(&self) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts);
        if let Some(region) = self.region.clone() {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = self.endpoint.clone() {
            loader = loader.endpoint_url(endpoint);
        }
        loader.load().await
    }
}

impl Home {
    /// The name of a thing group; one that is written out stays.
    pub(crate) fn group(&self, name: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let Self {
            partition,
            region,
            account,
        } = self;
        format!("arn:{partition}:iot:{region}:{account}:thinggroup/{name}")
    }

    /// The name of a version of a component of this account.
    pub(crate) fn component(&self, name: &str, version: &str) -> String {
        let Self {
            partition,
            region,
            account,
        } = self;
        let component = format!("arn:{partition}:greengrass:{region}:{account}:components:{name}");
        format!("{component}:versions:{version}")
    }
}
