//! Which commands were carried out, so that none is carried out twice.

use serde::{Deserialize, Serialize};
use wire::device::{Ack, AckStatus, Command};
use wire::{Code, ExecutionId, Integer, Problem, Version};

/// Most executions that are remembered; their commands expire within seconds.
const REMEMBERED: usize = 64;

/// The executions of one device.
///
/// Invariant: an execution is granted at most once, and what was said last about it is said again
/// when it is asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Executions(Vec<Done>);

/// An execution that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    execution: ExecutionId,
    expires_at: Integer,
}

/// What to do about a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Carry it out: it is remembered as done from now on.
    Do,
    /// It was carried out before: say so again.
    Repeat,
    /// Leave it.
    Refuse(Problem),
}

impl Executions {
    /// Remembers a command as carried out. For locks, whose challenges are good once: the oldest is
    /// forgotten when there are too many.
    pub fn note(&mut self, command: &Command) {
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(Done {
            execution: command.execution,
            expires_at: command.expires_at,
        });
    }

    /// Whether the command was carried out before.
    pub fn has(&self, command: &Command) -> bool {
        let is_it = |done: &Done| done.execution == command.execution;
        self.0.iter().any(is_it)
    }

    /// Judges a command that the device understands, by its own clock.
    pub fn judge(&mut self, now: Integer, boot: Integer, command: &Command) -> Verdict {
        if self.has(command) {
            return Verdict::Repeat;
        }
        if command.boot != boot {
            let detail = format!("this is boot {boot}");
            return Verdict::Refuse(Problem::new(Code::Conflict, detail).at("boot"));
        }
        if command.expires_at <= now {
            let problem = Problem::new(Code::Expired, "came after its time");
            return Verdict::Refuse(problem.at("expires_at"));
        }
        if self.0.len() == REMEMBERED {
            self.0.retain(|done| done.expires_at > now);
        }
        if self.0.len() == REMEMBERED {
            return Verdict::Refuse(Problem::new(Code::Busy, "too many commands at once"));
        }
        self.0.push(Done {
            execution: command.execution,
            expires_at: command.expires_at,
        });
        Verdict::Do
    }
}

/// Says how an execution goes.
pub fn ack(execution: ExecutionId, status: AckStatus, problem: Option<Problem>) -> Ack {
    Ack {
        v: Version,
        execution,
        status,
        problem,
        challenge: None,
    }
}

#[cfg(test)]
mod tests;
