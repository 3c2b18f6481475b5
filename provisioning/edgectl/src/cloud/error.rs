//! What can go wrong with AWS.

use std::error::Error;
use std::future::Future;
use std::io;
use std::path::PathBuf;

use aws_sdk_iot::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use kit::ca::files::WriteError;

use crate::runtime::RuntimeError;

/// Codes by which AWS says that the caller may not.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "ForbiddenException",
    "UnauthorizedException",
    "NotAuthorizedException",
];

/// Something in AWS cannot be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloudError {
    /// The caller lacks a right.
    #[error("not allowed: add {action} on {on} to the policy of who runs this ({message})")]
    Denied {
        /// The IAM action.
        action: &'static str,
        /// Its object.
        on: String,
        /// AWS's own words.
        message: String,
    },
    /// There is no such thing.
    #[error("{on} does not exist")]
    Absent {
        /// What.
        on: String,
    },
    /// There is one already.
    #[error("{on} exists")]
    Exists {
        /// What.
        on: String,
    },
    /// AWS said no.
    #[error("{action} on {on}: {code}: {message}")]
    Refused {
        /// The IAM action.
        action: &'static str,
        /// Its object.
        on: String,
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS did not answer.
    #[error("{action} on {on}: {why}")]
    Unreachable {
        /// The IAM action.
        action: &'static str,
        /// Its object.
        on: String,
        /// What the network said.
        why: String,
    },
    /// An answer without what it has to hold.
    #[error("{action} on {on}: the answer lacks {what}")]
    Answer {
        /// The IAM action.
        action: &'static str,
        /// Its object.
        on: String,
        /// Which member.
        what: &'static str,
    },
    /// Things that this does not make.
    #[error(
        "missing in AWS: {what}; deploy infra/cloudformation/fleet.yaml, or name what they need"
    )]
    Missing {
        /// Their names.
        what: String,
    },
    /// The environment names no region.
    #[error("no AWS region: give --region, or set AWS_REGION")]
    NoRegion,
    /// The environment holds no credentials.
    #[error("no AWS credentials: {why}")]
    NoCredentials {
        /// What the chain said.
        why: String,
    },
    /// A box that is on the list already, with another claim.
    #[error("{serial} is expected already; revoke its claim first: edgectl cloud revoke-claim")]
    Expected {
        /// Which box.
        serial: String,
    },
    /// The directory is of another box.
    #[error("{} holds the claim of {serial}; name another directory", dir.display())]
    OtherClaim {
        /// Where.
        dir: PathBuf,
        /// Which box.
        serial: String,
    },
    /// The name went on to another box.
    #[error("thing {thing} is box {serial} by now; nothing was ended")]
    OtherBox {
        /// The name.
        thing: String,
        /// Which box has it.
        serial: String,
    },
    /// A claim that made a member.
    #[error("{serial} is a member by its claim; end it: edgectl cloud decommission")]
    Served {
        /// Which box.
        serial: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// This program cannot run.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Asks AWS; `action` is what IAM calls it, `on` its object.
pub(super) async fn ask<T, E>(
    action: &'static str,
    on: &str,
    request: impl Future<Output = Result<T, SdkError<E>>>,
) -> Result<T, CloudError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let error = match Box::pin(request).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let on = on.to_owned();
    let SdkError::ServiceError(refusal) = &error else {
        return Err(CloudError::Unreachable {
            action,
            on,
            why: DisplayErrorContext(&error).to_string(),
        });
    };
    let code = refusal.err().code().unwrap_or("no code");
    let message = refusal.err().message().unwrap_or("no message");
    Err(refused(action, on, code, message))
}

/// What a code of AWS means.
pub(super) fn refused(action: &'static str, on: String, code: &str, message: &str) -> CloudError {
    let (message, code) = (message.to_owned(), code.to_owned());
    if DENIALS.contains(&code.as_str()) {
        return CloudError::Denied {
            action,
            on,
            message,
        };
    }
    match code.as_str() {
        "ResourceNotFoundException" => CloudError::Absent { on },
        "ResourceAlreadyExistsException" => CloudError::Exists { on },
        _ => CloudError::Refused {
            action,
            on,
            code,
            message,
        },
    }
}

/// The answer, or none where there is no such thing.
pub(super) fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CloudError::Absent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
