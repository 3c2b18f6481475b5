//! Bundles in S3: `PREFIX/MODEL/VERSION/FILE`.
//!
//! Promises: the signature is fetched and believed before anything large is; nothing beyond a file's
//! bound is read; every request has a limit of time; the next look is the retry. Who is asked for credentials: see `uplink`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use kit::signing::PublicKey;
use tokio::time::timeout;
use wire::Word;

use super::{Offered, SourceError};
use crate::config::S3;
use crate::edge::bundle::{self, FILES, SIGNATURE, SUMS, SUMS_MAX};

/// Most of a TCP and TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Most of a request, beside the time that its body takes.
const REQUEST: Duration = Duration::from_secs(30);
/// The slowest link that a download still gets through, in bytes a second.
const SLOWEST: u64 = 8 * 1024;
/// Most pages of a listing: 1,000 objects each.
const PAGES_MAX: usize = 10;

/// A bucket of S3, or of something that behaves like it.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    client: Client,
    name: String,
    prefix: String,
}

impl Bucket {
    /// Prepares to talk to the bucket; nothing is sent yet.
    pub(crate) async fn new(config: &S3) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(config.region.clone()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .load()
            .await;
        let mut own =
            aws_sdk_s3::config::Builder::from(&shared).force_path_style(config.force_path_style);
        own.set_endpoint_url(config.endpoint.clone());
        Self {
            client: Client::from_conf(own.build()),
            name: config.bucket.clone(),
            prefix: config.prefix.clone(),
        }
    }

    pub(super) async fn offered(&self, model: &Word) -> Result<Offered, SourceError> {
        let prefix = format!("{}/{model}/", self.prefix);
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(&prefix)
            .into_paginator()
            .send();
        let mut offered = Offered::new();
        for _ in 0..PAGES_MAX {
            let page = timeout(REQUEST, pages.next()).await.map_err(|_| late())?;
            let Some(page) = page else { break };
            let page = page.map_err(|error| failed(DisplayErrorContext(&error)))?;
            for object in page.contents() {
                let key = object.key().and_then(|key| key.strip_prefix(&prefix));
                let Some((version, file)) = key.and_then(|key| key.split_once('/')) else {
                    continue;
                };
                let Ok(version) = version.parse() else {
                    continue;
                };
                let print: &mut String = offered.entry(version).or_default();
                print.extend([file, " ", object.e_tag().unwrap_or_default(), " "]);
            }
        }
        Ok(offered)
    }

    pub(super) async fn fetch(
        &self,
        model: &Word,
        version: u32,
        keys: &[PublicKey],
        into: &Path,
    ) -> Result<(), SourceError> {
        let at = format!("{}/{model}/{version}", self.prefix);
        let sums = self.object(&at, SUMS, SUMS_MAX).await?;
        let signature = self.object(&at, SIGNATURE, SUMS_MAX).await?;
        bundle::believe(&sums, &signature, keys)?;
        write(into, SUMS, &sums)?;
        write(into, SIGNATURE, &signature)?;
        for (name, most) in FILES {
            let content = self.object(&at, name, *most).await?;
            write(into, name, &content)?;
        }
        Ok(())
    }

    /// An object of at most `most` bytes.
    async fn object(&self, at: &str, name: &str, most: u64) -> Result<Vec<u8>, SourceError> {
        let key = format!("{at}/{name}");
        let request = self.client.get_object().bucket(&self.name).key(&key).send();
        let answer = timeout(REQUEST, Box::pin(request)).await;
        let answer = answer.map_err(|_| late())?;
        let mut answer = answer.map_err(|error| failed(DisplayErrorContext(&error)))?;
        let reading = async {
            let mut content = Vec::new();
            while let Some(chunk) = answer.body.next().await {
                content.extend_from_slice(&chunk.map_err(failed)?);
                if content.len() as u64 > most {
                    return Err(failed(format_args!("{key} is larger than {most} bytes")));
                }
            }
            Ok(content)
        };
        let patience = REQUEST + Duration::from_secs(most / SLOWEST);
        timeout(patience, reading).await.map_err(|_| late())?
    }
}

fn write(into: &Path, name: &str, content: &[u8]) -> Result<(), SourceError> {
    let path = into.join(name);
    fs::write(&path, content).map_err(|source| SourceError::File { path, source })
}

fn late() -> SourceError {
    SourceError::Bucket("no answer in time".to_owned())
}

fn failed(error: impl std::fmt::Display) -> SourceError {
    SourceError::Bucket(error.to_string())
}
