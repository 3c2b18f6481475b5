//! What can go wrong between a box and its cloud.

use std::fmt;

use kit::config::Address;
use kit::tls::AnchorError;

use super::carry::PATIENCE;

/// What an IoT policy has to allow, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// To connect under a client id.
    Connect(String),
    /// To subscribe to a filter.
    Subscribe(String),
    /// To publish to a topic.
    Publish(String),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(client) => write!(f, "iot:Connect on client/{client}"),
            Self::Subscribe(filter) => write!(f, "iot:Subscribe on topicfilter/{filter}"),
            Self::Publish(topic) => write!(f, "iot:Publish on topic/{topic}"),
        }
    }
}

/// What was asked of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// A certificate for a key.
    Certificate,
    /// A thing for a certificate.
    Thing,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::Thing => "membership",
        })
    }
}

/// The box did not become, or is not, a member.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetError {
    /// Certificate, key or roots cannot be used.
    #[error("cannot use the certificate to present")]
    Papers(#[source] AnchorError),
    /// A file of them cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// Which.
        file: String,
        /// What the disk said.
        source: std::io::Error,
    },
    /// Nobody there.
    #[error("cannot reach {endpoint}: {why}")]
    Unreachable {
        /// Who was called.
        endpoint: Address,
        /// What the network said.
        why: String,
    },
    /// Somebody else is there.
    #[error("{endpoint} is answered by somebody who cannot prove to be it: {why}")]
    Impostor {
        /// Who was called.
        endpoint: Address,
        /// What is wrong with the certificate.
        why: String,
    },
    /// The cloud does not take the certificate.
    #[error("the cloud does not accept the certificate presented: {why}")]
    NotAccepted {
        /// The alert, or how the connection ended.
        why: String,
    },
    /// A policy does not allow it.
    #[error("the policy of the certificate presented lacks {0}")]
    Denied(Action),
    /// No answer, which is also how some denials look.
    #[error(
        "no answer within {PATIENCE:?}; if the network is well, the policy lacks {0}, or iot:Receive on its answers"
    )]
    Silent(Action),
    /// The cloud said no.
    #[error("the cloud refuses {question}: {status} {code}: {message}")]
    Refused {
        /// What was asked.
        question: Question,
        /// As in HTTP.
        status: u16,
        /// A word.
        code: String,
        /// For people.
        message: String,
    },
    /// Not an answer as documented.
    #[error("cannot decode the cloud's answer to the request for {question}")]
    Answer {
        /// What was asked.
        question: Question,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
