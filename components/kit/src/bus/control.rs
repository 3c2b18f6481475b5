//! Commands to mosquitto's dynamic-security plugin, for whoever the policy grants them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;
use wire::Filter;
use wire::topic::CONTROL;

use super::subscription::Denied;
use super::{Bus, PublishError, Retain};

/// How long the plugin may take.
const WAIT: Duration = Duration::from_secs(10);

/// Where the plugin's next answer goes.
#[derive(Debug, Default)]
pub(super) struct Exchange(Mutex<Option<oneshot::Sender<Bytes>>>);

impl Exchange {
    /// Hands an answer to the one who asked.
    pub(super) fn answered(&self, answer: Bytes) {
        if let Some(asker) = self.lock().take() {
            // Whoever gave up waiting does not need the answer.
            drop(asker.send(answer));
        }
    }

    fn ask(&self) -> oneshot::Receiver<Bytes> {
        let (asker, answer) = oneshot::channel();
        *self.lock() = Some(asker);
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<oneshot::Sender<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bus {
    /// Sends commands to the plugin, which carries them out in order, and returns its answer. One
    /// exchange at a time: answers carry no id.
    pub async fn control(&self, commands: Vec<Value>) -> Result<Value, ControlError> {
        let body = serde_json::to_vec(&json!({ "commands": commands }))
            .expect("a JSON value has a JSON form");
        let exchange = async {
            let mut listening = self.subscribe([Filter::control_response()]).await;
            listening.granted().await?;
            let answer = self.exchange.ask();
            self.publish_raw(CONTROL.to_owned(), body.into(), Retain::No)
                .await?;
            answer
                .await
                .map_err(|_| ControlError::Publish(PublishError::Stopped))
        };
        let answer = timeout(WAIT, exchange)
            .await
            .map_err(|_| ControlError::TimedOut)??;
        serde_json::from_slice(&answer).map_err(ControlError::Answer)
    }
}

/// The plugin did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The policy does not let this principal hear the answers.
    #[error("the broker's controls are denied")]
    Denied(#[from] Denied),
    /// The commands did not reach the plugin.
    #[error("cannot send commands to the broker's security plugin")]
    Publish(#[from] PublishError),
    /// It did not answer.
    #[error("the broker's security plugin did not answer within {WAIT:?}")]
    TimedOut,
    /// The answer is not JSON.
    #[error("the answer of the broker's security plugin cannot be read")]
    Answer(#[source] serde_json::Error),
}
