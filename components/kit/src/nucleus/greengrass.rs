//! A nucleus over Greengrass IPC, classic and Lite.

use std::future::{Future, pending};
use std::time::Duration;

use futures_util::StreamExt;
use greengrass_ipc::{
    Client, ClientConfig, ComponentUpdatePolicyEvents, Error, EventStream, IpcEnv, LifecycleState,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::{ANSWER, Notice, Nucleus, NucleusError, State};
use crate::backoff::Backoff;

/// Ceilings of the waits for a socket that is not there yet: first and longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A connection to the nucleus.
#[derive(Debug, Clone)]
pub(crate) struct Greengrass {
    client: Client,
}

/// What came of looking for a nucleus.
#[derive(Debug)]
pub(crate) enum Meeting {
    /// Nothing in the environment speaks of one.
    Nowhere,
    /// It knows us.
    Known(Greengrass),
    /// It does not know us.
    Refused(NucleusError),
    /// It could not be reached in time.
    Away(NucleusError),
}

/// Looks for the nucleus that the environment names, for at most `within`.
pub(crate) async fn meet(within: Duration) -> Meeting {
    let Ok(env) = IpcEnv::from_env() else {
        return Meeting::Nowhere;
    };
    let mut backoff = Backoff::new(WAITS.0, WAITS.1);
    let mut last = Error::ConnectionClosed;
    let trying = async {
        loop {
            match connect(&env).await {
                Err(NucleusError::Away(error)) => last = error,
                Err(NucleusError::Silent { .. }) => {}
                met => break met,
            }
            sleep(backoff.wait()).await;
        }
    };
    match timeout(within, trying).await {
        Ok(Ok(nucleus)) => Meeting::Known(nucleus),
        Ok(Err(refused)) => Meeting::Refused(refused),
        Err(_) => Meeting::Away(NucleusError::Away(last)),
    }
}

async fn connect(env: &IpcEnv) -> Result<Greengrass, NucleusError> {
    let config = ClientConfig::default().with_request_timeout(ANSWER);
    match timeout(ANSWER, Client::connect_with_config(env, config)).await {
        Ok(Ok(client)) => Ok(Greengrass { client }),
        Ok(Err(error @ Error::Handshake(_))) => Err(NucleusError::Refused(error)),
        Ok(Err(error)) => Err(NucleusError::Away(error)),
        Err(_) => Err(NucleusError::Silent {
            operation: "Connect",
        }),
    }
}

impl Nucleus for Greengrass {
    async fn configuration(&self) -> Result<Value, NucleusError> {
        let asked = self.client.get_configuration(None, Vec::new());
        let answer = answered("GetConfiguration", asked).await?;
        answer.value.ok_or(NucleusError::NoConfiguration)
    }

    async fn listen(&self, tell: mpsc::Sender<Notice>) {
        let changes = self
            .client
            .subscribe_to_configuration_update(None, Vec::new());
        let mut changes = offered(
            "SubscribeToConfigurationUpdate",
            answered("SubscribeToConfigurationUpdate", changes).await,
        );
        let updates = self.client.subscribe_to_component_updates();
        let mut updates = offered(
            "SubscribeToComponentUpdates",
            answered("SubscribeToComponentUpdates", updates).await,
        );
        loop {
            let notice = tokio::select! {
                () = self.client.closed() => return,
                Some(()) = next_change(&mut changes) => Notice::ConfigurationChanged,
                Some(event) = next_update(&mut updates) => match event.pre_update_event {
                    Some(ahead) => Notice::UpdateAhead { deployment: ahead.deployment_id },
                    None => continue,
                },
            };
            if tell.send(notice).await.is_err() {
                return;
            }
        }
    }

    async fn answer_update(&self, deployment: &str, recheck: Duration) -> Result<(), NucleusError> {
        let recheck_ms = i64::try_from(recheck.as_millis()).unwrap_or(i64::MAX);
        let said = (recheck_ms > 0).then(|| "work is in flight".to_owned());
        let asked = self
            .client
            .defer_component_update(deployment, Some(recheck_ms), said);
        answered("DeferComponentUpdate", asked).await
    }

    async fn tell(&self, state: State) -> Result<(), NucleusError> {
        let state = match state {
            State::Running => LifecycleState::Running,
            State::Errored => LifecycleState::Errored,
        };
        answered("UpdateState", self.client.update_state(state)).await
    }

    async fn lost(&self) {
        self.client.closed().await;
    }
}

/// The next change of the configuration; never, where they are not told or no more come.
async fn next_change(
    changes: &mut Option<EventStream<greengrass_ipc::ConfigurationUpdateEvents>>,
) -> Option<()> {
    match changes {
        Some(stream) => match stream.next().await {
            Some(event) => event.ok().map(|_| ()),
            None => pending().await,
        },
        None => pending().await,
    }
}

async fn next_update(
    updates: &mut Option<EventStream<ComponentUpdatePolicyEvents>>,
) -> Option<ComponentUpdatePolicyEvents> {
    match updates {
        Some(stream) => match stream.next().await {
            Some(event) => event.ok(),
            None => pending().await,
        },
        None => pending().await,
    }
}

/// A subscription, where the nucleus offers it.
fn offered<T>(operation: &'static str, subscribed: Result<T, NucleusError>) -> Option<T> {
    match subscribed {
        Ok(stream) => Some(stream),
        Err(error) => {
            let error = crate::error::Chain(&error).to_string();
            tracing::info!(operation, error, "the nucleus does not offer this");
            None
        }
    }
}

async fn answered<T>(
    operation: &'static str,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, NucleusError> {
    match timeout(ANSWER, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(source)) => Err(NucleusError::Answer { operation, source }),
        Err(_) => Err(NucleusError::Silent { operation }),
    }
}
