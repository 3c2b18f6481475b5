//! Bringing a running broker to the policy.

use std::error::Error;
use std::future::Future;

use serde_json::Value;

use super::{LiveRules, PluginError, Policy, control_commands};

/// Most commands of one message; a role takes up to 4 KiB of the 256 that the broker accepts.
const COMMANDS: usize = 50;

/// Brings the broker to the policy; says how many commands that took, 0 when it was there.
///
/// `exchange` sends commands to the plugin and returns its answer. Whoever lacks the permission
/// gets no answer, so it has to give up by itself.
pub async fn apply<E, F>(
    policy: &Policy,
    mut exchange: impl FnMut(Vec<Value>) -> F,
) -> Result<usize, ApplyError>
where
    E: Error + Send + Sync + 'static,
    F: Future<Output = Result<Value, E>>,
{
    let failed = |source: E| ApplyError::Exchange(Box::new(source));
    let mut live = LiveRules::default();
    loop {
        let question = live.question();
        if question.is_empty() {
            break;
        }
        live.learn(&exchange(question).await.map_err(failed)?)?;
    }
    let commands = control_commands(&live, policy);
    for some in commands.chunks(COMMANDS) {
        let answer = exchange(some.to_vec()).await.map_err(failed)?;
        // What is refused is named by the answer; nothing else is to be learnt from it.
        LiveRules::default().learn(&answer)?;
    }
    Ok(commands.len())
}

/// The broker is not at the policy.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plugin did not answer.
    #[error("cannot reach the broker's security plugin")]
    Exchange(#[source] Box<dyn Error + Send + Sync>),
    /// The plugin refused.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

#[cfg(test)]
mod tests;
