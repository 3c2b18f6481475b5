//! What a failed request means.
//!
//! | what came back | answer |
//! |---|---|
//! | 412; 409 | taken; raced |
//! | 404 of an upload in parts that is not known | gone |
//! | 403 `RequestTimeTooSkewed` | skewed; its `Date` is taken for signing |
//! | 408, 425, 429, 5xx, 307 | busy, or throttled where `Retry-After` says for how long |
//! | 401, 403, 404, 301, 302, and codes about credentials, region, bucket or transfer | refused |
//! | other 4xx with a code of S3 | rejected: this object will never be taken |
//! | anything without a code of S3, but for what HEAD cannot say | unreachable: a proxy or a portal |

use std::time::Duration;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError;
use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};

use crate::upload::Answer;

/// Codes of 400 and the like that say nothing about the object: whoever comes again with other
/// credentials, another configuration or a better line may be served.
const CURABLE: &[&str] = &[
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "BadDigest",
    "ExpiredToken",
    "IllegalLocationConstraintException",
    "IncompleteBody",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "InvalidBucketState",
    "InvalidSecurity",
    "InvalidToken",
    "KMS.DisabledException",
    "OperationAborted",
    "RequestTimeout",
    "TokenRefreshRequired",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
];
/// Its time and ours differ by more than S3 allows.
const SKEWED: &str = "RequestTimeTooSkewed";

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

/// What a failed comparison means; the answers to HEAD have no body, so there is no code.
pub(super) fn compared(error: &SdkError<HeadObjectError>) -> Answer {
    match status(error) {
        Some(404) => Answer::Gone,
        Some(status @ 400..=499) if !is_busy(status) => Answer::Refused(told(status, error)),
        other => failed(other, error),
    }
}

fn failed<E>(status: Option<u16>, error: &SdkError<E>) -> Answer
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(status) = status else {
        return Answer::Unreachable(DisplayErrorContext(error).to_string());
    };
    let why = told(status, error);
    match (status, error.code()) {
        _ if is_busy(status) => match retry_after(error) {
            Some(wait) => Answer::Throttled(why, wait),
            None => Answer::Busy(why),
        },
        // A portal, or a proxy: S3 gives a code.
        (_, None) => Answer::Unreachable(why),
        // The SDK takes over the `Date` of such an answer for whatever it signs next.
        (_, Some(SKEWED)) => Answer::Skewed(why),
        (400 | 402 | 405..=499, Some(code)) if !CURABLE.contains(&code) => Answer::Rejected(why),
        (_, Some(_)) => Answer::Refused(why),
    }
}

fn is_busy(status: u16) -> bool {
    matches!(status, 307 | 408 | 425 | 429 | 500..)
}

/// How long the cloud wants to be left alone: seconds, or a date.
fn retry_after<E>(error: &SdkError<E>) -> Option<Duration> {
    let told = header(error, "retry-after")?;
    if let Ok(seconds) = told.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (until, now) = (http_date(&told)?, http_date(&header(error, "date")?)?);
    u64::try_from(until - now).ok().map(Duration::from_millis)
}

/// A date of HTTP (RFC 9110 §5.6.7) in Unix milliseconds.
fn http_date(text: &str) -> Option<i64> {
    let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok()?;
    date.to_millis().ok()
}

fn header<E>(error: &SdkError<E>, name: &str) -> Option<String> {
    match error {
        SdkError::ServiceError(answer) => answer.raw().headers().get(name).map(str::to_owned),
        _ => None,
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
