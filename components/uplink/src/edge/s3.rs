//! The bucket: uploads that never replace anything, and comparisons.
//!
//! S3 itself checks the body against its SHA-256 and refuses a name that is taken
//! (`If-None-Match: *`), so an upload may be repeated blindly. The SDK's own retries are off: what
//! is tried again, and when, is decided in [`crate::upload`] alone. What it does correct is the time
//! by which it signs, once S3 has told that ours is wrong. Credentials are those of the
//! standard chain (environment, profile, container or token exchange service, instance metadata),
//! asked for at the first upload and renewed by the SDK.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::RequestId as _;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use tokio::time::timeout;
use wire::Sha256;

use crate::config::S3;
use crate::object::Sealed;
use crate::upload::Answer;

mod answer;
mod base64;
mod file;

use answer::{compared, sent};
pub(crate) use file::Parts;

/// Most of a TCP and TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);
/// Most of a request, beside the time that its body takes.
const REQUEST: Duration = Duration::from_secs(30);
/// The slowest link that an upload still gets through, in bytes a second.
const SLOWEST: u64 = 8 * 1024;
/// Name of the metadata that repeats the digest, for stores that do not keep checksums.
const DIGEST: &str = "sha256";
/// What an object is (RFC 8878 §7.1).
const CONTENT_TYPE: &str = "application/zstd";

/// A bucket of S3, or of something that behaves like it.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    client: Client,
    name: String,
    /// Most of a request, beside the time that its body takes.
    patience: Duration,
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
            patience: REQUEST,
        }
    }

    /// Uploads a batch unless its name is taken.
    pub(crate) async fn send(&self, sealed: &Sealed, body: Vec<u8>) -> Answer {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&sealed.key)
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(base64::encode(&sealed.sha256.0))
            .metadata(DIGEST, sealed.sha256.to_string())
            .content_type(CONTENT_TYPE)
            .body(ByteStream::from(body));
        let patience = self.patience + Duration::from_secs(sealed.size / SLOWEST);
        match timeout(patience, Box::pin(request.send())).await {
            Ok(Ok(stored)) => stored_as(&stored, &sealed.sha256),
            Ok(Err(error)) => sent(&error),
            Err(_) => late(patience),
        }
    }

    /// Sees whether the object of a batch's name is the batch.
    pub(crate) async fn compare(&self, sealed: &Sealed) -> Answer {
        let request = self
            .client
            .head_object()
            .bucket(&self.name)
            .key(&sealed.key)
            .checksum_mode(ChecksumMode::Enabled);
        match timeout(self.patience, Box::pin(request.send())).await {
            Ok(Ok(found)) if is(&found, sealed) => Answer::Same,
            Ok(Ok(found)) => other(&found),
            Ok(Err(error)) => compared(&error),
            Err(_) => late(self.patience),
        }
    }
}

/// What a success of an upload is worth. A portal of a hotel's network says 200 to everything, so
/// only what S3 alone can know is believed at once: the digest, or the number that it gives to every
/// request; whoever gives an entity tag without them is asked for the object.
fn stored_as(stored: &PutObjectOutput, sha256: &Sha256) -> Answer {
    match (
        stored.checksum_sha256(),
        stored.e_tag(),
        stored.request_id(),
    ) {
        (Some(checksum), ..) if checksum == base64::encode(&sha256.0) => Answer::Stored,
        (None, Some(_), Some(_)) => Answer::Stored,
        (Some(_), ..) | (None, Some(_), None) => Answer::Taken,
        (None, None, _) => stranger(),
    }
}

/// An object that is not ours: another one of the bucket, or nothing that a bucket said.
fn other(found: &HeadObjectOutput) -> Answer {
    let is_page = found
        .content_type()
        .is_some_and(|kind| kind.starts_with("text/html"));
    if found.request_id().is_none() && (found.e_tag().is_none() || is_page) {
        return stranger();
    }
    Answer::Different
}

fn stranger() -> Answer {
    Answer::Unreachable("something answered that is not S3".to_owned())
}

/// Whether an object is a batch, by the checksum that S3 verified, else by what we told of it.
fn is(found: &HeadObjectOutput, sealed: &Sealed) -> bool {
    if let Some(checksum) = found.checksum_sha256() {
        return checksum == base64::encode(&sealed.sha256.0);
    }
    let told = found.metadata().and_then(|metadata| metadata.get(DIGEST));
    let size = found
        .content_length()
        .and_then(|size| u64::try_from(size).ok());
    told == Some(&sealed.sha256.to_string()) && size == Some(sealed.size)
}

fn late(patience: Duration) -> Answer {
    Answer::Unreachable(format!("no answer within {patience:?}"))
}

#[cfg(test)]
pub(crate) mod tests;
