//! One execution of a command, from the moment it is journalled to its only end.

use std::time::Duration;

use wire::device::{AckStatus, Command, State as Arguments};
use wire::gateway::{Executed, Outcome};
use wire::{Code, DeviceId, ExecutionId, Integer, Operation, Principal, Problem, Version};

/// Longest time a command may take.
pub const LONGEST: Duration = Duration::from_secs(10);

/// How far an execution is, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Journalled, on its way; nothing heard.
    Sent,
    /// The device will do it.
    Accepted,
    /// The device is doing it.
    InProgress,
    /// The device told how it ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why, when it did not succeed.
        problem: Option<Problem>,
    },
    /// Nothing final was heard in time; whether it was done is unknown.
    TimedOut {
        /// What the device told later, for the record.
        late: Option<Outcome>,
    },
}

/// What happens to an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The device tells how it goes.
    Ack(AckStatus, Option<Problem>),
    /// Its time is over.
    Expired,
}

/// What follows from it; in each case the execution is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// It is a step further.
    Advanced,
    /// It ended: tell whoever asked.
    Ended(Executed),
    /// The device told how it ended after its time.
    Late(Outcome),
}

/// One execution.
///
/// ```text
/// sent ──accepted──▶ accepted ──in_progress──▶ in progress
///   │                   │                          │
///   ├───────────────────┴─────────final ack────────┴──▶ ended
///   └─────────────────────────────expired─────────────▶ timed out ──final ack──▶ timed out, late
/// ```
///
/// Invariant: [`Effect::Ended`] comes exactly once, and nothing but [`Effect::Late`] after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Its name: the id of the request that asked for it.
    pub id: ExecutionId,
    /// Who asked.
    pub principal: Principal,
    /// Who shall do it.
    pub device: DeviceId,
    /// The life of the device that shall do it.
    pub boot: Integer,
    /// What.
    pub operation: Operation,
    /// How.
    pub arguments: Arguments,
    /// Not to be started after this, in Unix milliseconds.
    pub expires_at: Integer,
    /// How far it is.
    pub state: State,
}

impl Execution {
    /// What the device is told.
    pub fn command(&self) -> Command {
        Command {
            v: Version,
            execution: self.id,
            boot: self.boot,
            operation: self.operation.clone(),
            arguments: self.arguments.clone(),
            expires_at: self.expires_at,
            warrant: None,
        }
    }

    /// Whether its end is still to come.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Sent | State::Accepted | State::InProgress => true,
            State::Ended { .. } | State::TimedOut { .. } => false,
        }
    }

    /// Moves the execution forward by one input.
    pub fn handle(&mut self, input: Input) -> Option<Effect> {
        match (&self.state, input) {
            (State::Sent, Input::Ack(AckStatus::Accepted, _)) => {
                Some(self.advance(State::Accepted))
            }
            (State::Sent | State::Accepted, Input::Ack(AckStatus::InProgress, _)) => {
                Some(self.advance(State::InProgress))
            }
            (
                State::Sent | State::Accepted | State::InProgress,
                Input::Ack(
                    status @ (AckStatus::Succeeded | AckStatus::Failed | AckStatus::Rejected),
                    problem,
                ),
            ) => Some(self.end(Outcome::of(status)?, problem)),
            (State::Sent | State::Accepted | State::InProgress, Input::Expired) => {
                Some(self.time_out())
            }
            (State::TimedOut { late: None }, Input::Ack(status, _)) => {
                let outcome = Outcome::of(status)?;
                self.state = State::TimedOut {
                    late: Some(outcome),
                };
                Some(Effect::Late(outcome))
            }
            // Late news about a step that is behind, or about an end that stands.
            (State::Accepted | State::InProgress, Input::Ack(AckStatus::Accepted, _))
            | (State::InProgress, Input::Ack(AckStatus::InProgress, _))
            | (State::Ended { .. } | State::TimedOut { late: Some(_) }, Input::Ack(..))
            | (State::Ended { .. } | State::TimedOut { .. }, Input::Expired) => None,
        }
    }

    fn advance(&mut self, state: State) -> Effect {
        self.state = state;
        Effect::Advanced
    }

    fn end(&mut self, outcome: Outcome, problem: Option<Problem>) -> Effect {
        self.state = State::Ended {
            outcome,
            problem: problem.clone(),
        };
        Effect::Ended(self.executed(outcome, problem))
    }

    fn time_out(&mut self) -> Effect {
        self.state = State::TimedOut { late: None };
        let detail = "no final word from the device in time; its outcome is unknown";
        let problem = Problem::new(Code::TimedOut, detail);
        Effect::Ended(self.executed(Outcome::TimedOut, Some(problem)))
    }

    fn executed(&self, outcome: Outcome, problem: Option<Problem>) -> Executed {
        Executed {
            execution: self.id,
            outcome,
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
