//! Objects that are put once and never replaced.

use std::path::PathBuf;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use release::{ReleaseError, sum};

use super::{Object, PAPERS, PublishError};
use crate::cloud::{Cloud, CloudError};
use crate::output::note;

/// Name of the metadata that repeats the digest, for stores that do not keep checksums.
const DIGEST: &str = "sha256";

impl Object {
    /// One of the papers of a release.
    pub(super) fn of(path: PathBuf, bucket: &str) -> Result<Self, PublishError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let key = format!("{PAPERS}/{name}");
        let summed = sum(&path).map_err(|source| ReleaseError::Read {
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            bucket: bucket.to_owned(),
            key,
            bytes: summed.bytes,
            sha256: summed.sha256,
            path,
        })
    }

    /// Puts it, unless it is there.
    pub(super) async fn send(&self, cloud: &Cloud) -> Result<(), PublishError> {
        let Self { bucket, key, .. } = self;
        match self.found(cloud).await? {
            Some(found) if self.is(&found) => {
                note(format_args!("s3://{bucket}/{key} is there"));
                Ok(())
            }
            Some(_) => Err(self.taken()),
            None => self.put(cloud).await,
        }
    }

    async fn found(&self, cloud: &Cloud) -> Result<Option<HeadObjectOutput>, PublishError> {
        let Self { bucket, key, .. } = self;
        let head = cloud.s3.head_object().bucket(bucket).key(key);
        match head.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(HeadObjectError::is_not_found) =>
            {
                Ok(None)
            }
            Err(error) => {
                // Without s3:ListBucket a name that is free is "denied", too.
                let action = "s3:GetObject and s3:ListBucket";
                let act = format!("look at s3://{bucket}/{key}");
                Err(CloudError::of(act, action, &error).into())
            }
        }
    }

    async fn put(&self, cloud: &Cloud) -> Result<(), PublishError> {
        let Self { bucket, key, .. } = self;
        note(format_args!(
            "putting s3://{bucket}/{key}, {} bytes",
            self.bytes
        ));
        let body = ByteStream::from_path(&self.path).await;
        let body = body.map_err(|error| ReleaseError::Read {
            path: self.path.clone(),
            source: std::io::Error::other(error),
        })?;
        // S3 compares the body with the digest of the list, so that it stores that or nothing.
        let put = cloud
            .s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .if_none_match("*")
            .checksum_sha256(self.base64())
            .metadata(DIGEST, self.sha256.to_string())
            .body(body);
        match Box::pin(put.send()).await {
            Ok(_) => Ok(()),
            // Somebody's, or our own: a try whose answer was lost is made again.
            Err(error) if error.code() == Some("PreconditionFailed") => {
                let found = self.found(cloud).await?;
                let ours = found.is_some_and(|found| self.is(&found));
                ours.then_some(()).ok_or_else(|| self.taken())
            }
            Err(error) => {
                let act = format!("put s3://{bucket}/{key}");
                Err(CloudError::of(act, "s3:PutObject", &error).into())
            }
        }
    }

    /// Whether an object is this file, by the checksum that S3 verified, else by what we told of it.
    fn is(&self, found: &HeadObjectOutput) -> bool {
        if let Some(checksum) = found.checksum_sha256() {
            return checksum == self.base64();
        }
        let told = found.metadata().and_then(|metadata| metadata.get(DIGEST));
        let bytes = found.content_length();
        told == Some(&self.sha256.to_string())
            && bytes.is_some_and(|b| b.cast_unsigned() == self.bytes)
    }

    fn base64(&self) -> String {
        STANDARD.encode(self.sha256.0)
    }

    fn taken(&self) -> PublishError {
        PublishError::Taken {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
        }
    }
}
