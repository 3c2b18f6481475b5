//! A door lock: guests open it with their cards; over the bus it obeys only a gateway of its hotel
//! that answers the lock's own challenge.

use std::time::{Duration, Instant};

use kit::credential::Verifier;
use serde_json::Value;
use wire::credential::Credential;
use wire::device::{Command, Scalar, State};
use wire::door::{CHALLENGE_MAX, CHALLENGE_MS, LOCK_OPERATION, UNLOCK, Warrant, warrant_text};
use wire::{Code, Component, DeviceId, ExecutionId, Integer, Octets, Problem, PropertyId};

use super::device::{Happening, happening, state};
use super::physics::Surroundings;

/// How many ticks a bolt stays drawn back for somebody who does not come.
const RELEASED_TICKS: u8 = 2;

/// The machine.
///
/// ```text
/// shut ──door opened: a card──▶ passing ──door closed──▶ shut
///   └──unlock──▶ released ──door opened──▶ passing
///                  └──nobody came, or lock──▶ shut
/// ```
///
/// Invariants: over the bus the bolt moves only for a warranted command that carries the one
/// outstanding challenge, in time, and the challenge is void from then on; a challenge does not
/// outlive the program, because it is kept nowhere.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    bolt: Bolt,
    given: Option<Given>,
}

/// Where the bolt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Bolt {
    #[default]
    Shut,
    /// Somebody has the door open.
    Passing,
    /// Drawn back over the bus.
    Released { ticks: u8 },
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Given {
    octets: [u8; CHALLENGE_MAX],
    at: Instant,
}

/// What a lock knows of the world when a command arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Whether the broker had kept the command.
    pub retained: bool,
    /// The lock's monotonic clock.
    pub at: Instant,
    /// Chance, for a challenge.
    pub chance: [u8; CHALLENGE_MAX],
    /// Whether the warrant is a gateway's of this hotel, for this command.
    pub warranted: bool,
}

impl Lock {
    /// Follows the door.
    pub fn sense(&mut self, seen: &Surroundings) -> Option<Happening> {
        let (next, happened) = match (self.bolt, seen.door_open) {
            (Bolt::Shut, false) => (Bolt::Shut, None),
            (Bolt::Shut, true) => (Bolt::Passing, Some(moved(UNLOCK, "card", None))),
            (Bolt::Passing | Bolt::Released { .. }, true) => (Bolt::Passing, None),
            (Bolt::Released { ticks }, false) if ticks > 0 => {
                (Bolt::Released { ticks: ticks - 1 }, None)
            }
            (Bolt::Passing | Bolt::Released { .. }, false) => {
                (Bolt::Shut, Some(moved(wire::door::LOCK, "auto", None)))
            }
        };
        self.bolt = next;
        happened
    }

    /// Gives a challenge; an earlier one is void.
    pub fn challenge(&mut self, arrival: &Arrival) -> Octets<CHALLENGE_MAX> {
        self.given = Some(Given {
            octets: arrival.chance,
            at: arrival.at,
        });
        Octets::new(arrival.chance.to_vec()).expect("a challenge is as long as it may be")
    }

    /// Whether the bolt may be turned by a warranted command of this life; the challenge is void from
    /// then on, so that what was refused here cannot be granted later.
    pub fn admit(&mut self, warrant: &Warrant, at: Instant) -> Result<(), Problem> {
        let given = self
            .given
            .take_if(|given| given.octets == warrant.challenge.as_slice());
        let given = given.ok_or_else(|| {
            let detail = "not the challenge that this lock gave last";
            Problem::new(Code::Forbidden, detail).at("warrant.challenge")
        })?;
        let within = Duration::from_millis(warrant.within_ms.min(CHALLENGE_MS).into());
        if at.saturating_duration_since(given.at) >= within {
            let problem = Problem::new(Code::Expired, "came after its time");
            return Err(problem.at("warrant.within_ms"));
        }
        Ok(())
    }

    /// Draws the bolt back.
    pub fn unlock(&mut self, execution: ExecutionId) -> Happening {
        self.bolt = match self.bolt {
            Bolt::Passing => Bolt::Passing,
            Bolt::Shut | Bolt::Released { .. } => Bolt::Released {
                ticks: RELEASED_TICKS,
            },
        };
        moved(UNLOCK, "remote", Some(execution))
    }

    /// Shuts the bolt, unless the door is open.
    pub fn lock(&mut self, execution: ExecutionId) -> Result<Happening, Problem> {
        if self.bolt == Bolt::Passing {
            return Err(Problem::new(Code::Conflict, "the door is open"));
        }
        self.bolt = Bolt::Shut;
        Ok(moved(wire::door::LOCK, "remote", Some(execution)))
    }

    /// A reading, if it has such a sensor.
    pub fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match capability {
            "door" => Some(Scalar::Switch(seen.door_open)),
            "lock" | "locked" => Some(Scalar::Switch(self.is_locked())),
            _ => None,
        }
    }

    /// What it reports.
    pub fn state(&self) -> State {
        state([("locked", self.is_locked().into())])
    }

    fn is_locked(&self) -> bool {
        self.bolt == Bolt::Shut
    }
}

/// Whether a command is a gateway's of the lock's own hotel, made for this lock.
pub fn is_warranted(
    verifier: &Verifier,
    property: &PropertyId,
    device: &DeviceId,
    now: Integer,
    command: &Command,
) -> bool {
    let Some(warrant) = &command.warrant else {
        return false;
    };
    let leaf = Credential::Certificate(warrant.certificate.clone());
    let challenge = warrant.challenge.as_slice();
    let text = warrant_text(property, device, command, challenge, warrant.within_ms);
    let gateway = Some(Component::IotGateway);
    verifier
        .credential(&leaf, now)
        .is_ok_and(|caller| caller.component == gateway && caller.proves(&text, &warrant.signature))
}

fn moved(operation: &str, source: &str, execution: Option<ExecutionId>) -> Happening {
    let mut moved = happening(
        LOCK_OPERATION,
        false,
        [("operation", operation.into()), ("source", source.into())],
    );
    if let Some(execution) = execution {
        let execution = Value::from(execution.to_string());
        moved.data.0.insert("execution".to_owned(), execution);
    }
    moved
}

#[cfg(test)]
mod tests;
