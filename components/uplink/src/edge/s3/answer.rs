//! What a failed request means.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError;
use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;

use crate::upload::Answer;

/// What a failed upload means.
pub(super) fn sent(error: &SdkError<PutObjectError>) -> Answer {
    match status(error) {
        Some(412) => Answer::Taken,
        Some(409) => Answer::Raced,
        other => failed(other, error),
    }
}

/// What it means that an upload in parts cannot begin.
pub(super) fn begun(error: &SdkError<CreateMultipartUploadError>) -> Answer {
    failed(status(error), error)
}

/// What a failed part means.
pub(super) fn parted(error: &SdkError<UploadPartError>) -> Answer {
    match status(error) {
        // The upload in parts is not known any more.
        Some(404) if error.code() == Some("NoSuchUpload") => Answer::Gone,
        other => failed(other, error),
    }
}

/// What it means that parts cannot be put together.
pub(super) fn completed(error: &SdkError<CompleteMultipartUploadError>) -> Answer {
    match status(error) {
        Some(404) if error.code() == Some("NoSuchUpload") => Answer::Gone,
        Some(412) => Answer::Taken,
        Some(409) => Answer::Raced,
        other => failed(other, error),
    }
}

/// What a failed comparison means.
pub(super) fn compared(error: &SdkError<HeadObjectError>) -> Answer {
    match status(error) {
        Some(404) => Answer::Gone,
        other => failed(other, error),
    }
}

fn failed<E>(status: Option<u16>, error: &SdkError<E>) -> Answer
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match status {
        None => Answer::Unreachable(DisplayErrorContext(error).to_string()),
        Some(status @ (408 | 429 | 500..)) => Answer::Busy(told(status, error)),
        Some(status) => Answer::Refused(told(status, error)),
    }
}

/// The HTTP status of an answer that came from S3.
fn status<E>(error: &SdkError<E>) -> Option<u16> {
    match error {
        SdkError::ServiceError(answer) => Some(answer.raw().status().as_u16()),
        // Requests that were not made, not sent, not answered, or answered with rubbish.
        _ => None,
    }
}

/// The status with S3's own code and words; an answer without a body has neither.
fn told<E: ProvideErrorMetadata>(status: u16, error: &SdkError<E>) -> String {
    let (code, message) = (error.code().unwrap_or("no code"), error.message());
    format!("{status} {code}: {}", message.unwrap_or("no message"))
}
