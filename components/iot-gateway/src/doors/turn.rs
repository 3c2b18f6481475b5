//! One turn of a bolt, from its intent to its only end.

use std::time::Duration;

use wire::audit::{Ended, Fact};
use wire::device::{AckStatus, Command, State as Arguments};
use wire::door::{CHALLENGE, CHALLENGE_MAX, CHALLENGE_MIN};
use wire::gateway::{Executed, Outcome};
use wire::{Code, DeviceId, ExecutionId, Integer, Octets, Operation, Principal, Problem, Version};

use crate::effect::{Effect, Saying};

/// Longest detail of a problem that is kept, in characters; a lock may say more.
const DETAIL_MAX: usize = 200;

/// How far a turn is, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The lock was asked for a challenge; nothing that could move the bolt has left.
    Asking,
    /// The command has left.
    Sent,
    /// It is known how it ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why, when it did not succeed.
        problem: Option<Problem>,
    },
    /// Nothing final was heard in time; whether the bolt moved is unknown.
    TimedOut {
        /// What the lock told later, for the trail.
        late: Option<Outcome>,
    },
}

/// What happens to a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The lock gave a challenge; so much time is left.
    Challenge {
        /// Its challenge.
        challenge: Octets<CHALLENGE_MAX>,
        /// How long the command may take from now.
        within: Duration,
    },
    /// The lock gave none.
    NoChallenge(Option<Problem>),
    /// The lock tells how the command goes.
    Ack(AckStatus, Option<Problem>),
    /// Its time is over.
    Expired,
}

/// What became of a turn; it is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// The turn as it is now.
    pub turn: Turn,
    /// What follows.
    pub step: Step,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The command is to be sent, once.
    Send(Saying),
    /// It ended: tell whoever asked.
    Ended(Executed),
    /// The lock told how it ended after its time.
    Late(Outcome),
}

/// One turn of a bolt.
///
/// ```text
/// asking ──challenge──▶ sent ──final ack──▶ ended
///   ├──none in time: nothing was sent──────▶ ended, failed
///   │                    └──expired, restart──▶ timed out ──final ack──▶ timed out, late
///   └──restart──▶ timed out
/// ```
///
/// Invariants: [`Step::Send`] comes at most once and [`Step::Ended`] exactly once, nothing but
/// [`Step::Late`] after it; `failed` and `rejected` mean that the bolt did not move for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Its name: the id of the request that asked for it.
    pub execution: ExecutionId,
    /// Who carried the petition.
    pub asker: Principal,
    /// Who wanted it.
    pub actor: Principal,
    /// The lock.
    pub device: DeviceId,
    /// Where it is.
    pub room: Option<String>,
    /// What.
    pub operation: Operation,
    /// How.
    pub arguments: Arguments,
    /// The life of the lock that shall do it.
    pub boot: Integer,
    /// When it began, in Unix milliseconds.
    pub at: Integer,
    /// Not to be done after this, in Unix milliseconds.
    pub expires_at: Integer,
    /// How far it is.
    pub state: State,
}

impl Turn {
    /// Whether its end is still to come.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Asking | State::Sent => true,
            State::Ended { .. } | State::TimedOut { .. } => false,
        }
    }

    /// Where it is: the room, or the lock where there is none.
    pub fn place(&self) -> &str {
        self.room.as_deref().unwrap_or(self.device.as_str())
    }

    /// The question for a challenge.
    pub(super) fn question(&self, name: ExecutionId) -> Effect {
        let operation = CHALLENGE.parse().expect("operations are words");
        let command = Command {
            execution: name,
            operation,
            arguments: Arguments::default(),
            ..self.command()
        };
        Effect::Say(Saying::Command(self.device.clone(), command))
    }

    fn command(&self) -> Command {
        Command {
            v: Version,
            execution: self.execution,
            boot: self.boot,
            operation: self.operation.clone(),
            arguments: self.arguments.clone(),
            expires_at: self.expires_at,
            warrant: None,
        }
    }

    /// Moves the turn forward by one input.
    pub fn handle(&mut self, input: Input) -> Option<Happened> {
        let step = match (&self.state, input) {
            (State::Asking, Input::Challenge { challenge, within }) => {
                Some(self.send(challenge, within))
            }
            (State::Asking, Input::NoChallenge(problem)) => {
                let problem = problem
                    .unwrap_or_else(|| Problem::new(Code::Malformed, "the lock gave no challenge"));
                Some(self.end(Outcome::Failed, Some(problem)))
            }
            (State::Asking, Input::Expired) => Some(self.end(Outcome::Failed, Some(silent()))),
            (State::Sent, Input::Ack(status, problem)) => {
                let outcome = Outcome::of(status)?;
                Some(self.end(outcome, problem))
            }
            (State::Sent, Input::Expired) => Some(self.time_out()),
            (State::TimedOut { late: None }, Input::Ack(status, _)) => {
                let outcome = Outcome::of(status)?;
                self.state = State::TimedOut {
                    late: Some(outcome),
                };
                Some(Step::Late(outcome))
            }
            // Words about a step that is behind or was never taken, or about an end that stands.
            (
                State::Sent | State::Ended { .. } | State::TimedOut { .. },
                Input::Challenge { .. } | Input::NoChallenge(_),
            )
            | (
                State::Asking | State::Ended { .. } | State::TimedOut { late: Some(_) },
                Input::Ack(..),
            )
            | (State::Ended { .. } | State::TimedOut { .. }, Input::Expired) => None,
        }?;
        Some(self.happened(step))
    }

    /// The program was ended while it was under way.
    pub(super) fn interrupted(&mut self) -> Option<Happened> {
        self.is_open().then(|| {
            let step = self.time_out();
            self.happened(step)
        })
    }

    /// What the trail says about what just happened.
    pub fn fact(&self, step: &Step) -> Option<Fact> {
        let ended = |outcome, problem: Option<Problem>| Ended {
            execution: self.execution,
            device: self.device.clone(),
            room: self.room.clone(),
            operation: self.operation.clone(),
            outcome,
            problem: problem.map(short),
        };
        match step {
            Step::Send(_) => None,
            Step::Ended(executed) => {
                let Executed {
                    outcome, problem, ..
                } = executed.clone();
                Some(Fact::Outcome(ended(outcome, problem)))
            }
            Step::Late(outcome) => Some(Fact::Late(ended(*outcome, None))),
        }
    }

    fn happened(&self, step: Step) -> Happened {
        Happened {
            turn: self.clone(),
            step,
        }
    }

    fn send(&mut self, challenge: Octets<CHALLENGE_MAX>, within: Duration) -> Step {
        let within_ms = u32::try_from(within.as_millis()).expect("a turn is short");
        if within_ms == 0 {
            return self.end(Outcome::Failed, Some(silent()));
        }
        if challenge.as_slice().len() < CHALLENGE_MIN {
            let problem = Problem::new(Code::Malformed, "the lock's challenge is too short");
            return self.end(Outcome::Failed, Some(problem));
        }
        self.state = State::Sent;
        Step::Send(Saying::Turn {
            device: self.device.clone(),
            command: self.command(),
            challenge,
            within_ms,
        })
    }

    fn end(&mut self, outcome: Outcome, problem: Option<Problem>) -> Step {
        let problem = problem.map(short);
        self.state = State::Ended {
            outcome,
            problem: problem.clone(),
        };
        Step::Ended(self.executed(outcome, problem))
    }

    fn time_out(&mut self) -> Step {
        self.state = State::TimedOut { late: None };
        let detail = "no final word from the lock in time: look at the door";
        let problem = Problem::new(Code::TimedOut, detail);
        Step::Ended(self.executed(Outcome::TimedOut, Some(problem)))
    }

    fn executed(&self, outcome: Outcome, problem: Option<Problem>) -> Executed {
        Executed {
            execution: self.execution,
            outcome,
            problem,
        }
    }
}

fn silent() -> Problem {
    let detail = "the lock did not answer in time; nothing was sent that could move its bolt";
    Problem::new(Code::Unavailable, detail)
}

/// A problem of bounded length.
pub(super) fn short(problem: Problem) -> Problem {
    let cut = |text: String| text.chars().take(DETAIL_MAX).collect();
    Problem {
        title: problem.code.title().to_owned(),
        status: problem.code.status(),
        detail: cut(problem.detail),
        field: problem.field.map(cut),
        ..problem
    }
}

#[cfg(test)]
mod tests;
