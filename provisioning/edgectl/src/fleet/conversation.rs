//! What is said during provisioning, as a state machine.
//!
//! ```text
//! Subscribing ──all granted──▶ Signing ──accepted──▶ Registering ──accepted──▶ done
//!      └── refused ──┐             └── rejected ──┐        └── rejected ──┐
//!                    ▼                            ▼                       ▼
//!                                          failed, with the reason
//! ```
//!
//! Invariant: nothing is published before every answer's topic is subscribed to, and each question
//! is asked once.

use std::collections::BTreeMap;

use super::error::{Action, FleetError, Question};
use super::words::{self, Create, Created, Provision, Provisioned, Rejected};

/// What the box is in the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Its thing.
    pub thing: String,
    /// Id of its certificate.
    pub certificate_id: String,
    /// The certificate, PEM.
    pub certificate: String,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Publish this.
    Say {
        /// Where.
        topic: String,
        /// What.
        body: Vec<u8>,
    },
    /// Listen on.
    Wait,
    /// It is over, well.
    Done(Membership),
}

/// One provisioning.
#[derive(Debug)]
pub(crate) struct Conversation {
    template: String,
    request: String,
    parameters: BTreeMap<String, String>,
    state: State,
}

#[derive(Debug)]
enum State {
    Subscribing,
    Signing,
    Registering(Created),
}

impl Conversation {
    /// Provisioning by `template`, for the key of a signing request (PEM).
    pub(crate) fn new(
        template: &str,
        request: String,
        parameters: BTreeMap<String, String>,
    ) -> Self {
        Self {
            template: template.to_owned(),
            request,
            parameters,
            state: State::Subscribing,
        }
    }

    /// The topics to subscribe to before anything is said.
    pub(super) fn filters(&self) -> Vec<String> {
        let provision = words::provision(&self.template);
        [words::answers(words::CREATE), words::answers(&provision)]
            .concat()
            .into_iter()
            .collect()
    }

    /// The cloud's answers to the subscriptions, in their order.
    pub(super) fn subscribed(&mut self, granted: &[bool]) -> Result<Next, FleetError> {
        let State::Subscribing = self.state else {
            return Ok(Next::Wait);
        };
        let refused = self
            .filters()
            .into_iter()
            .zip(granted)
            .find(|(_, granted)| !**granted);
        if let Some((filter, _)) = refused {
            return Err(FleetError::Denied(Action::Subscribe(filter)));
        }
        self.state = State::Signing;
        let question = Create {
            certificate_signing_request: &self.request,
        };
        Ok(say(words::CREATE.to_owned(), &question))
    }

    /// A message of the cloud.
    pub(super) fn heard(&mut self, topic: &str, body: &[u8]) -> Result<Next, FleetError> {
        let provision = words::provision(&self.template);
        let (asked, question) = match &self.state {
            State::Subscribing => return Ok(Next::Wait),
            State::Signing => (words::CREATE, Question::Certificate),
            State::Registering(_) => (provision.as_str(), Question::Thing),
        };
        let [accepted, rejected] = words::answers(asked);
        if topic == rejected {
            return Err(refusal(question, body));
        }
        if topic != accepted {
            return Ok(Next::Wait);
        }
        match &self.state {
            State::Subscribing => Ok(Next::Wait),
            State::Signing => {
                let created: Created = read(question, body)?;
                let next = say(
                    provision,
                    &Provision {
                        certificate_ownership_token: &created.token,
                        parameters: &self.parameters,
                    },
                );
                self.state = State::Registering(created);
                Ok(next)
            }
            State::Registering(created) => {
                let provisioned: Provisioned = read(question, body)?;
                Ok(Next::Done(Membership {
                    thing: provisioned.thing_name,
                    certificate_id: created.id.clone(),
                    certificate: created.pem.clone(),
                }))
            }
        }
    }

    /// What the cloud must allow for it to go on from here; named when it is silent.
    pub(super) fn awaits(&self) -> Action {
        match &self.state {
            State::Subscribing => Action::Subscribe(words::answers(words::CREATE)[0].clone()),
            State::Signing => Action::Publish(words::CREATE.to_owned()),
            State::Registering(_) => Action::Publish(words::provision(&self.template)),
        }
    }
}

fn say<T: serde::Serialize>(topic: String, body: &T) -> Next {
    let body = serde_json::to_vec(body).expect("questions have text keys");
    Next::Say { topic, body }
}

fn read<T: serde::de::DeserializeOwned>(question: Question, body: &[u8]) -> Result<T, FleetError> {
    serde_json::from_slice(body).map_err(|source| FleetError::Answer { question, source })
}

fn refusal(question: Question, body: &[u8]) -> FleetError {
    let Rejected {
        status_code,
        error_code,
        error_message,
    } = serde_json::from_slice(body).unwrap_or_default();
    FleetError::Refused {
        question,
        status: status_code,
        code: error_code.chars().take(80).collect(),
        message: error_message.chars().take(300).collect(),
    }
}

#[cfg(test)]
mod tests;
