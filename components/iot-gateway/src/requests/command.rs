//! The question that takes time: let a device do something.

use std::time::{Duration, Instant};

use wire::gateway::Execute;
use wire::{Code, ExecutionId, Integer, Problem};

use super::{find, first_answer};
use crate::command::{Execution, LONGEST, State};
use crate::doors::turn::Turn;
use crate::effect::{Asker, Change, Effect, Saying};
use crate::gateway::Gateway;
use crate::moment::Moment;
use crate::settings;

/// Lets a device do something; the answer follows when it ends.
pub(super) fn command(
    gateway: &mut Gateway,
    now: Moment,
    asker: &Asker,
    execute: Execute,
    deadline: Integer,
) -> Vec<Effect> {
    let id = execution_id(asker);
    match gateway.executions.find(id) {
        // Whoever asks again hears how the first one ends.
        Some(known) if known.principal == asker.principal => return vec![],
        Some(_) => {
            let problem = Problem::new(Code::Conflict, "the id is that of another's command");
            return first_answer(now, asker.clone(), Err::<(), _>(problem));
        }
        None => {}
    }
    match begin(gateway, now, asker, execute, deadline) {
        Err(problem) => first_answer(now, asker.clone(), Err::<(), _>(problem)),
        Ok((execution, expires)) => {
            let effects = vec![
                Effect::Store(Change::Execution(execution.clone())),
                Effect::Say(Saying::Command(
                    execution.device.clone(),
                    execution.command(),
                )),
            ];
            gateway.executions.add(execution, expires);
            effects
        }
    }
}

/// The execution that is asked for and when it expires, if it may begin.
fn begin(
    gateway: &Gateway,
    now: Moment,
    asker: &Asker,
    execute: Execute,
    deadline: Integer,
) -> Result<(Execution, Instant), Problem> {
    let device = find(gateway, &execute.device)?;
    let kind = device.registered().kind;
    settings::check_command(kind, &execute.operation, &execute.arguments)?;
    let boot = device.boot().filter(|_| device.is_online());
    let boot = boot.ok_or_else(|| Problem::new(Code::Unavailable, "the device is offline"))?;
    gateway.executions.check_room(&execute.device)?;
    let left_ms = deadline.value() - now.wall.value();
    let left = Duration::from_millis(left_ms).min(LONGEST);
    let left_ms = u64::try_from(left.as_millis()).expect("a command is short");
    let expires_at = now.wall.value() + left_ms;
    let execution = Execution {
        id: execution_id(asker),
        principal: asker.principal.clone(),
        device: execute.device,
        boot,
        operation: execute.operation,
        arguments: execute.arguments,
        expires_at: Integer::new(expires_at).unwrap_or(deadline),
        state: State::Sent,
    };
    Ok((execution, now.monotonic + left))
}

/// The name of the execution that a request asks for: the same id.
fn execution_id(asker: &Asker) -> ExecutionId {
    let id = asker.id.to_string();
    id.parse().expect("every request id can name an execution")
}

/// Who carried the petition of a turn.
pub(crate) fn asker_of_turn(turn: &Turn) -> Asker {
    let id = turn.execution.to_string();
    Asker {
        principal: turn.asker.clone(),
        id: id.parse().expect("every turn is named by a request"),
    }
}

/// Who asked for an execution.
pub(crate) fn asker_of(execution: &Execution) -> Asker {
    let id = execution.id.to_string();
    Asker {
        principal: execution.principal.clone(),
        id: id.parse().expect("every execution is named by a request"),
    }
}
