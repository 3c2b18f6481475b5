//! Refusals of the cloud, told so that an operator knows what to change.

use std::error::Error;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Codes that mean: the policy of these credentials is too narrow.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedException",
];
/// Codes that mean: these credentials are worth nothing.
const WORTHLESS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// The cloud does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloudError {
    /// Nobody said where.
    #[error("no region; name it with --region, or set AWS_REGION")]
    NoRegion,
    /// The cloud does not say whose credentials these are.
    #[error("AWS does not say which account the credentials are of")]
    NoAccount,
    /// The policy is too narrow.
    #[error("cannot {act}: access denied; allow {action} to the user or role of these credentials")]
    Denied {
        /// What was tried.
        act: String,
        /// The action that the policy lacks, in the words of IAM.
        action: String,
    },
    /// The credentials are unknown or have expired.
    #[error("cannot {act}: the credentials are not accepted ({code}); renew them and start again")]
    Worthless {
        /// What was tried.
        act: String,
        /// The service's code.
        code: String,
    },
    /// It refuses for another reason.
    #[error("cannot {act}: {code}: {message}")]
    Refused {
        /// What was tried.
        act: String,
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// It did not answer.
    #[error("cannot {act}: no answer from AWS: {why}")]
    Silent {
        /// What was tried.
        act: String,
        /// The network's words.
        why: String,
    },
}

impl CloudError {
    /// What a failed request means; `action` is what IAM calls it.
    pub(crate) fn of<E>(act: impl Into<String>, action: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let act = act.into();
        let SdkError::ServiceError(answer) = error else {
            let why = DisplayErrorContext(error).to_string();
            return Self::Silent { act, why };
        };
        let status = answer.raw().status().as_u16();
        let (code, message) = (error.code(), error.message());
        Self::told(act, action, status, (code, message))
    }

    fn told(
        act: String,
        action: &str,
        status: u16,
        (code, message): (Option<&str>, Option<&str>),
    ) -> Self {
        let message = message.unwrap_or("no message").to_owned();
        match code {
            Some(code) if WORTHLESS.contains(&code) => {
                let code = code.to_owned();
                Self::Worthless { act, code }
            }
            Some(code) if DENIED.contains(&code) => {
                let action = named(&message).unwrap_or(action).to_owned();
                Self::Denied { act, action }
            }
            // An answer to HEAD has no body, so no code.
            None if status == 403 => {
                let action = action.to_owned();
                Self::Denied { act, action }
            }
            code => {
                let code = code.map_or_else(|| format!("HTTP {status}"), str::to_owned);
                Self::Refused { act, code, message }
            }
        }
    }
}

/// The action that a refusal names itself: often one that our request led to, not the request.
fn named(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split([' ', ',']).next()?.trim_end_matches('.');
    action.contains(':').then_some(action)
}

#[cfg(test)]
mod tests;
