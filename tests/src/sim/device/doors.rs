//! What a lock does about commands that concern its bolt.

use wire::device::{AckStatus, Command};
use wire::door::{CHALLENGE, LOCK, UNLOCK};
use wire::{Code, Operation, Problem};

use super::{Device, Effect, Happening};
use crate::sim::executions::ack;
use crate::sim::lock::Arrival;

/// Whether an operation is one of locks only.
pub(super) fn is_of_doors(operation: &Operation) -> bool {
    matches!(operation.as_str(), CHALLENGE | UNLOCK | LOCK)
}

impl Device {
    /// Gives a challenge, or turns the bolt.
    pub(super) fn turn(&mut self, command: &Command, arrival: &Arrival) -> Vec<Effect> {
        let acknowledged = |status, problem| Effect::Ack(ack(command.execution, status, problem));
        let turned = match command.operation.as_str() {
            CHALLENGE => return vec![self.challenge(command, arrival)],
            _ if self.executions.has(command) => {
                return vec![acknowledged(AckStatus::Succeeded, None)];
            }
            _ => self.admit(command, arrival),
        };
        let moved = match turned {
            Ok(()) => self.move_bolt(command),
            Err(problem) => return vec![acknowledged(AckStatus::Rejected, Some(problem))],
        };
        match moved {
            Ok(happening) => vec![
                Effect::Event(happening),
                self.report(),
                acknowledged(AckStatus::Succeeded, None),
            ],
            Err(problem) => vec![acknowledged(AckStatus::Failed, Some(problem))],
        }
    }

    fn challenge(&mut self, command: &Command, arrival: &Arrival) -> Effect {
        let boot = self.check_boot(command);
        let given = boot.and_then(|()| self.lock().challenge(arrival));
        let (status, problem, challenge) = match given {
            Ok(challenge) => (AckStatus::Succeeded, None, Some(challenge)),
            Err(problem) => (AckStatus::Rejected, Some(problem), None),
        };
        let mut given = ack(command.execution, status, problem);
        given.challenge = challenge;
        Effect::Ack(given)
    }

    fn admit(&mut self, command: &Command, arrival: &Arrival) -> Result<(), Problem> {
        self.check_boot(command)?;
        self.lock().admit(command, arrival)
    }

    fn move_bolt(&mut self, command: &Command) -> Result<Happening, Problem> {
        self.executions.note(command);
        let lock = self.lock();
        match command.operation.as_str() {
            UNLOCK => Ok(lock.unlock(command.execution)),
            _ => lock.lock(command.execution),
        }
    }

    fn check_boot(&self, command: &Command) -> Result<(), Problem> {
        if command.boot == self.boot {
            return Ok(());
        }
        let detail = format!("this is boot {}", self.boot);
        Err(Problem::new(Code::Conflict, detail).at("boot"))
    }

    fn lock(&mut self) -> &mut crate::sim::lock::Lock {
        self.machine.lock().expect("only locks are asked")
    }
}
