//! Files: as one, or in parts.

use std::time::Duration;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use kit::digest::sha256;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::answer::{begun, compared, completed, parted, sent};
use super::{Bucket, DIGEST, REQUEST, SLOWEST, base64, late, other, stored_as, stranger};
use crate::edge::handover;
use crate::file::{Handed, Sent};
use crate::upload::Answer;

/// What a file is, as far as the bucket knows.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The parts that are in the bucket, in order; of one upload.
#[derive(Debug, Default)]
pub(crate) struct Parts(Vec<CompletedPart>);

impl Parts {
    /// Bytes of the next part of a file; none when all are there.
    pub(crate) fn next(&self, file: &Handed) -> Option<u64> {
        let number = self.sent() + 1;
        (number <= file.parts()).then(|| file.part(number).1)
    }

    fn sent(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }
}

impl Bucket {
    /// The same, with another name, for files.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// Uploads a file that fits one part, unless its name is taken.
    pub(crate) async fn send_file(&self, file: &Handed) -> Sent {
        let body = match piece(file, 0, file.bytes).await {
            Ok(body) if sha256(&body) == file.sha256 => body,
            Ok(_) => return Sent::Unfit("it has another digest now".to_owned()),
            Err(why) => return Sent::Unfit(why),
        };
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&file.key)
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(base64::encode(&file.sha256.0))
            .metadata(DIGEST, file.sha256.to_string())
            .content_type(CONTENT_TYPE)
            .body(ByteStream::from(body));
        let patience = patience(file.bytes);
        Sent::Answered(match timeout(patience, Box::pin(request.send())).await {
            Ok(Ok(stored)) => stored_as(&stored, &file.sha256),
            Ok(Err(error)) => sent(&error),
            Err(_) => late(patience),
        })
    }

    /// Begins an upload in parts; its id.
    pub(crate) async fn begin(&self, file: &Handed) -> Result<String, Answer> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(&file.key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .metadata(DIGEST, file.sha256.to_string())
            .content_type(CONTENT_TYPE);
        match timeout(REQUEST, Box::pin(request.send())).await {
            Ok(Ok(begun)) => begun
                .upload_id
                .ok_or_else(|| Answer::Unreachable("an upload without an id".to_owned())),
            Ok(Err(error)) => Err(begun(&error)),
            Err(_) => Err(late(REQUEST)),
        }
    }

    /// Uploads the next part that is missing; what came of it when it is not there.
    pub(crate) async fn send_next(&self, file: &Handed, parts: &mut Parts) -> Result<(), Sent> {
        let number = parts.sent() + 1;
        let (from, bytes) = file.part(number);
        let body = piece(file, from, bytes).await.map_err(Sent::Unfit)?;
        let part = self.send_part(file, upload_of(file), number, body).await;
        parts.0.push(part.map_err(Sent::Answered)?);
        Ok(())
    }

    /// Puts the parts together when none is missing, unless the name is taken.
    pub(crate) async fn finish(&self, file: &Handed, parts: &Parts) -> Sent {
        // What was sent is what was handed over, unless somebody wrote meanwhile.
        let whole = file.clone();
        match spawn_blocking(move || handover::look_closely(&whole)).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Sent::Unfit(why),
            Err(error) => return Sent::Unfit(error.to_string()),
        }
        Sent::Answered(self.complete(file, upload_of(file), parts).await)
    }

    async fn send_part(
        &self,
        file: &Handed,
        upload: &str,
        number: u64,
        body: Vec<u8>,
    ) -> Result<CompletedPart, Answer> {
        let number = i32::try_from(number).expect("a file has few parts");
        let checksum = base64::encode(&sha256(&body).0);
        let patience = patience(u64::try_from(body.len()).unwrap_or(u64::MAX));
        let request = self
            .client
            .upload_part()
            .bucket(&self.name)
            .key(&file.key)
            .upload_id(upload)
            .part_number(number)
            .checksum_sha256(&checksum)
            .body(ByteStream::from(body));
        match timeout(patience, Box::pin(request.send())).await {
            Ok(Ok(stored)) => Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(stored.e_tag)
                .checksum_sha256(checksum)
                .build()),
            Ok(Err(error)) => Err(parted(&error)),
            Err(_) => Err(late(patience)),
        }
    }

    async fn complete(&self, file: &Handed, upload: &str, parts: &Parts) -> Answer {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.0.clone()));
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(&file.key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(parts.build());
        match timeout(REQUEST, Box::pin(request.send())).await {
            Ok(Ok(stored)) if stored.e_tag().is_none() => stranger(),
            Ok(Ok(_)) => Answer::Stored,
            Ok(Err(error)) => completed(&error),
            Err(_) => late(REQUEST),
        }
    }

    /// Ends an upload in parts; whatever is left after a failure is for the bucket's own rules.
    pub(crate) async fn abort(&self, file: &Handed) {
        let Some(upload) = &file.upload else { return };
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.name)
            .key(&file.key)
            .upload_id(upload);
        if let Ok(Err(error)) = timeout(REQUEST, Box::pin(request.send())).await {
            let error = aws_sdk_s3::error::DisplayErrorContext(&error);
            tracing::debug!(key = file.key, %error, "an upload in parts is not ended");
        }
    }

    /// Sees whether the object of a file's name is the file.
    pub(crate) async fn compare_file(&self, file: &Handed) -> Answer {
        let request = self
            .client
            .head_object()
            .bucket(&self.name)
            .key(&file.key)
            .checksum_mode(ChecksumMode::Enabled);
        match timeout(REQUEST, Box::pin(request.send())).await {
            Ok(Ok(found)) if is(&found, file) => Answer::Same,
            Ok(Ok(found)) => other(&found),
            Ok(Err(error)) => compared(&error),
            Err(_) => late(REQUEST),
        }
    }
}

/// Whether an object is a file: by the checksum that S3 verified where it is one of the whole, else
/// by what we told of it.
fn is(found: &HeadObjectOutput, file: &Handed) -> bool {
    // That of an upload in parts is a digest of digests: `…-3`, where a store says so.
    let whole = found
        .checksum_sha256()
        .filter(|checksum| file.is_small() && !checksum.contains('-'));
    if let Some(checksum) = whole {
        return checksum == base64::encode(&file.sha256.0);
    }
    let told = found.metadata().and_then(|metadata| metadata.get(DIGEST));
    let size = found
        .content_length()
        .and_then(|size| u64::try_from(size).ok());
    told == Some(&file.sha256.to_string()) && size == Some(file.bytes)
}

/// The upload in parts that is under way; begun before parts are sent.
fn upload_of(file: &Handed) -> &str {
    file.upload.as_deref().unwrap_or_default()
}

/// A part of the file as it is now; the reason when it is not the file any more.
async fn piece(file: &Handed, from: u64, bytes: u64) -> Result<Vec<u8>, String> {
    let file = file.clone();
    let reading = spawn_blocking(move || {
        let opened = handover::look(&file)?;
        handover::part(&opened, from, bytes)
    });
    reading.await.map_err(|error| error.to_string())?
}

fn patience(bytes: u64) -> Duration {
    REQUEST + Duration::from_secs(bytes / SLOWEST)
}
