//! Questions and wishes to `iot-gateway`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use wire::device::State;
use wire::gateway::{
    COMMAND, Desired, DeviceState, DeviceSummary, Devices, Execute, Executed, LIST, LOCK, List,
    Outcome, SET_DESIRED, STATE, SetDesired, StateOf, UNLOCK,
};
use wire::{Component, DeviceId, Integer, Operation};

use crate::operator::{Access, Operator, OperatorError};
use crate::output::{json, say};

mod doors;

use doors::TurnArguments;

/// How long the gateway may take to answer.
const WAIT: Duration = Duration::from_secs(10);
/// How long a device may take to carry out a command, and the gateway to say so.
const EXECUTION: Duration = Duration::from_secs(15);

/// Asks about devices, and tells them what to become and to do.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Show every device.
    List(ListArguments),
    /// Show everything known about a device.
    State(StateArguments),
    /// Change what a device should become.
    Set(SetArguments),
    /// Let a device do something once.
    Command(CommandArguments),
    /// Draw a lock's bolt back, signed with the operator's own key; the trail keeps it.
    Unlock(TurnArguments),
    /// Shut a lock's bolt, in the same way.
    Lock(TurnArguments),
}

/// Arguments of `gateway list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `gateway state`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StateArguments {
    #[command(flatten)]
    access: Access,
    /// The device.
    device: DeviceId,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `gateway set`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetArguments {
    #[command(flatten)]
    access: Access,
    /// The device.
    device: DeviceId,
    /// Settings, NAME=VALUE; a VALUE of null removes one.
    #[arg(required = true, value_parser = member)]
    settings: Vec<(String, Value)>,
    /// Only if the desired version is still this one.
    #[arg(long)]
    expect_version: Option<u32>,
}

/// Arguments of `gateway command`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CommandArguments {
    #[command(flatten)]
    access: Access,
    /// The device.
    device: DeviceId,
    /// What to do: identify.
    operation: Operation,
    /// How, NAME=VALUE.
    #[arg(value_parser = member)]
    arguments: Vec<(String, Value)>,
}

impl GatewayCommand {
    /// Does it; fails when a command did not succeed.
    pub(crate) fn run(self) -> Result<ExitCode, OperatorError> {
        match self {
            Self::List(list) => list.run()?,
            Self::State(state) => state.run()?,
            Self::Set(set) => set.run()?,
            Self::Command(command) => return command.run(),
            Self::Unlock(turn) => return turn.run(UNLOCK),
            Self::Lock(turn) => return turn.run(LOCK),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArguments {
    fn run(self) -> Result<(), OperatorError> {
        let devices = self
            .access
            .act(async |operator| every_device(&operator).await)?;
        if self.json {
            json(&devices);
            return Ok(());
        }
        for DeviceSummary {
            device,
            kind,
            room,
            online,
        } in devices
        {
            let (kind, room) = (kind.as_str(), room.unwrap_or_default());
            let presence = if online { "online" } else { "offline" };
            say(format_args!("{device:32} {kind:10} {room:8} {presence}"));
        }
        Ok(())
    }
}

/// Turns page after page.
async fn every_device(operator: &Operator) -> Result<Vec<DeviceSummary>, OperatorError> {
    let (mut devices, mut after) = (Vec::new(), None);
    loop {
        let page: Devices = operator
            .ask(Component::IotGateway, LIST, List { after }, WAIT)
            .await?;
        devices.extend(page.devices);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(devices),
        }
    }
}

impl StateArguments {
    fn run(self) -> Result<(), OperatorError> {
        let question = StateOf {
            device: self.device,
        };
        let state: DeviceState = self.access.act(async |operator| {
            operator
                .ask(Component::IotGateway, STATE, question, WAIT)
                .await
        })?;
        if self.json {
            json(&state);
            return Ok(());
        }
        let presence = if state.online { "online" } else { "offline" };
        let room = state.room.as_deref().unwrap_or("-");
        say(format_args!(
            "{} ({}, room {room}), {presence}",
            state.device,
            state.kind.as_str()
        ));
        say(format_args!("reported {}", text(&state.reported)));
        say(format_args!(
            "desired  {} version {}",
            text(&state.desired),
            state.desired_version
        ));
        say(format_args!("delta    {}", text(&state.delta)));
        say(format_args!(
            "missing {} lost {}",
            state.missing, state.lost
        ));
        Ok(())
    }
}

impl SetArguments {
    fn run(self) -> Result<(), OperatorError> {
        let wish = SetDesired {
            device: self.device,
            state: state(self.settings),
            version: self.expect_version.map(Integer::from),
        };
        let desired: Desired = self.access.act(async |operator| {
            operator
                .ask(Component::IotGateway, SET_DESIRED, wish, WAIT)
                .await
        })?;
        let Desired {
            version,
            state,
            delta,
        } = desired;
        say(format_args!(
            "desired {} version {version}, to change {}",
            text(&state),
            text(&delta)
        ));
        Ok(())
    }
}

impl CommandArguments {
    fn run(self) -> Result<ExitCode, OperatorError> {
        let Self {
            access,
            device,
            operation,
            arguments,
        } = self;
        let order = Execute {
            device,
            operation,
            arguments: state(arguments),
        };
        let executed: Executed = access.act(async |operator| {
            operator
                .ask(Component::IotGateway, COMMAND, order, EXECUTION)
                .await
        })?;
        Ok(told(executed))
    }
}

/// Says how it ended.
fn told(executed: Executed) -> ExitCode {
    let why = executed
        .problem
        .map(|problem| format!(": {problem}"))
        .unwrap_or_default();
    let (outcome, code) = match executed.outcome {
        Outcome::Succeeded => ("succeeded", ExitCode::SUCCESS),
        Outcome::Failed => ("failed", ExitCode::FAILURE),
        Outcome::Rejected => ("rejected", ExitCode::FAILURE),
        Outcome::TimedOut => ("timed_out", ExitCode::FAILURE),
    };
    say(format_args!("{} {outcome}{why}", executed.execution));
    code
}

fn state(members: Vec<(String, Value)>) -> State {
    State(members.into_iter().collect())
}

fn text(state: &State) -> String {
    Value::Object(Map::clone(&state.0)).to_string()
}

/// `NAME=VALUE`, where a value that is not JSON is a text.
fn member(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests;
