//! What a lock does about commands that concern its bolt.

use wire::device::{AckStatus, Command};
use wire::door::{CHALLENGE, LOCK, UNLOCK};
use wire::{Operation, Problem};

use super::{Device, Effect, Happening};
use crate::sim::executions::ack;
use crate::sim::lock::{Arrival, Lock};

/// Whether an operation is one of locks only.
pub(super) fn is_of_doors(operation: &Operation) -> bool {
    matches!(operation.as_str(), CHALLENGE | UNLOCK | LOCK)
}

impl Device {
    /// Gives a challenge, or turns the bolt.
    ///
    /// To what is kept by the broker, for another life, or not shown to be the gateway's, nothing is
    /// said: this lock cannot know what became of the real one, and a refusal would be believed.
    pub(super) fn turn(&mut self, command: &Command, arrival: &Arrival) -> Vec<Effect> {
        if arrival.retained || command.boot != self.boot {
            return vec![];
        }
        if command.operation.as_str() == CHALLENGE {
            let mut given = ack(command.execution, AckStatus::Succeeded, None);
            given.challenge = Some(self.lock().challenge(arrival));
            return vec![Effect::Ack(given)];
        }
        let Some(warrant) = command.warrant.as_ref().filter(|_| arrival.warranted) else {
            return vec![];
        };
        let said = |status, problem| Effect::Ack(ack(command.execution, status, problem));
        if self.executions.has(command) {
            return vec![said(AckStatus::Succeeded, None)];
        }
        if let Err(problem) = self.lock().admit(warrant, arrival.at) {
            return vec![said(AckStatus::Rejected, Some(problem))];
        }
        match self.move_bolt(command) {
            Ok(happening) => vec![
                Effect::Event(happening),
                self.report(),
                said(AckStatus::Succeeded, None),
            ],
            Err(problem) => vec![said(AckStatus::Failed, Some(problem))],
        }
    }

    fn move_bolt(&mut self, command: &Command) -> Result<Happening, Problem> {
        let moved = match command.operation.as_str() {
            UNLOCK => self.lock().unlock(command.execution),
            _ => self.lock().lock(command.execution)?,
        };
        self.executions.note(command);
        Ok(moved)
    }

    fn lock(&mut self) -> &mut Lock {
        self.machine.lock().expect("only locks are asked")
    }
}
