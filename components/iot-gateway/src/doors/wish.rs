//! A petition, after everything about it that can be proven was looked into.

use std::time::Duration;

use wire::device::{Kind, State as Arguments};
use wire::{Code, DeviceId, ExecutionId, Integer, Operation, Problem, Sha256};

use super::policy::LocalTime;
use super::turn::{State, Turn};
use super::{PETITION_MAX, is_of_doors, refusal};
use crate::effect::Asker;
use crate::person::People;

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct What {
    /// Its name.
    pub execution: ExecutionId,
    /// The lock.
    pub device: DeviceId,
    /// What.
    pub operation: Operation,
    /// How.
    pub arguments: Arguments,
    /// Not to be done after this, in Unix milliseconds.
    pub expires_at: Integer,
}

/// Somebody wants a bolt turned.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Who carried it here, in which request.
    pub asker: Asker,
    /// Until when the carrier waits, in Unix milliseconds.
    pub deadline: Integer,
    /// What is wanted.
    pub what: What,
    /// Digest of what was signed.
    pub request: Sha256,
    /// Who answers for it; or why nobody is believed.
    pub people: Result<People, Problem>,
    /// Whether the trail knows an intent of that name.
    pub is_repeated: bool,
    /// A new name, for the question for a challenge.
    pub challenge: ExecutionId,
    /// When it came, in the hotel.
    pub local: LocalTime,
}

impl Wish {
    /// How long it may still take.
    pub(super) fn left(&self, wall: Integer) -> Duration {
        let end = self.what.expires_at.min(self.deadline);
        Duration::from_millis(end.value().saturating_sub(wall.value()))
    }

    /// The turn that it becomes, and those who answer for it.
    ///
    /// # Panics
    ///
    /// When nobody does, which was looked into before.
    pub(super) fn turn(
        &self,
        wall: Integer,
        left: Duration,
        boot: Integer,
        room: Option<String>,
    ) -> (Turn, &People) {
        let people = self.people.as_ref();
        let people = people.expect("a wish begins only when somebody answers for it");
        let left_ms = u64::try_from(left.as_millis()).expect("a turn is short");
        let expires_at = Integer::new(wall.value().saturating_add(left_ms));
        let turn = Turn {
            execution: self.what.execution,
            asker: self.asker.principal.clone(),
            actor: people.actor.principal().clone(),
            device: self.what.device.clone(),
            room,
            operation: self.what.operation.clone(),
            arguments: self.what.arguments.clone(),
            boot,
            at: wall,
            expires_at: expires_at.unwrap_or(self.what.expires_at),
            state: State::Asking,
        };
        (turn, people)
    }
}

/// Checks what is wanted of a device of that kind, at that moment.
pub(super) fn check(wall: Integer, kind: Kind, what: &What) -> Result<(), Problem> {
    if kind != Kind::Lock || !is_of_doors(what.operation.as_str()) {
        let detail = format!("a {} cannot {}", kind.as_str(), what.operation);
        return Err(refusal(Code::Unsupported, &detail, "operation"));
    }
    if let Some(name) = what.arguments.0.keys().next() {
        let detail = format!("{} takes no arguments", what.operation);
        let field = format!("arguments.{}", name.chars().take(40).collect::<String>());
        return Err(refusal(Code::Invalid, &detail, &field));
    }
    if what.expires_at <= wall {
        let detail = "its time is over, or the clocks differ";
        return Err(refusal(Code::Expired, detail, "expires_at"));
    }
    let ahead = Duration::from_millis(what.expires_at.value() - wall.value());
    if ahead > PETITION_MAX {
        let detail = format!(
            "more than {} s ahead, or the clocks differ",
            PETITION_MAX.as_secs()
        );
        return Err(refusal(Code::Invalid, &detail, "expires_at"));
    }
    Ok(())
}
