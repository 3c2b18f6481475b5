//! The Greengrass nucleus that started this component, as far as a component needs it.
//!
//! Promise: every call is limited to [`ANSWER`]; what a nucleus does not offer (Lite knows no component
//! updates) is said once in the log and missed by nobody. A connection that is lost is not repaired: the
//! token may be worth nothing by then, so the component starts anew.

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

mod greengrass;

pub(crate) use greengrass::{Greengrass, Meeting, meet};

/// Longest wait for an answer of the nucleus, on a box that is busy with a deployment.
const ANSWER: Duration = Duration::from_secs(10);
/// Most notices that wait: a deployment brings one for each key, and one more look covers them all.
pub(crate) const NOTICES: usize = 64;

/// What a component asks of its nucleus.
pub(crate) trait Nucleus: Send + Sync + 'static {
    /// The component's whole configuration.
    fn configuration(&self) -> impl Future<Output = Result<Value, NucleusError>> + Send;

    /// Tells whatever the nucleus announces, until the connection is lost.
    fn listen(&self, tell: mpsc::Sender<Notice>) -> impl Future<Output = ()> + Send;

    /// Answers an update that is ahead: to come back after `recheck`, at once when that is zero.
    fn answer_update(
        &self,
        deployment: &str,
        recheck: Duration,
    ) -> impl Future<Output = Result<(), NucleusError>> + Send;

    /// Says how the component is.
    fn tell(&self, state: State) -> impl Future<Output = Result<(), NucleusError>> + Send;

    /// Returns when the connection is lost.
    fn lost(&self) -> impl Future<Output = ()> + Send;
}

/// What a nucleus announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The configuration may differ now.
    ConfigurationChanged,
    /// A deployment is about to stop the component.
    UpdateAhead {
        /// Which deployment.
        deployment: String,
    },
}

/// How a component is, in the words of the nucleus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It does its work.
    Running,
    /// It cannot do its work.
    Errored,
}

/// The nucleus did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NucleusError {
    /// Whoever listens at the socket does not know the token: it belongs to an earlier start.
    #[error("the nucleus refuses the token of this component (SVCUID)")]
    Refused(#[source] greengrass_ipc::Error),
    /// Nobody listens at the socket, or not to us.
    #[error("the nucleus cannot be reached by IPC")]
    Away(#[source] greengrass_ipc::Error),
    /// It answered with an error, or with nothing.
    #[error("the nucleus did not do {operation}")]
    Answer {
        /// What was asked.
        operation: &'static str,
        /// What it said.
        source: greengrass_ipc::Error,
    },
    /// It gave no answer in time.
    #[error("the nucleus gave no answer to {operation} within {ANSWER:?}")]
    Silent {
        /// What was asked.
        operation: &'static str,
    },
    /// The configuration is missing from its answer.
    #[error("the nucleus has no configuration for this component")]
    NoConfiguration,
}
