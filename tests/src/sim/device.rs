//! What all devices have in common: birth, measurements, batteries, commands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::device::{Ack, AckStatus, Birth, Command, Delta, Scalar, State};
use wire::registry::RegisteredDevice;
use wire::{Capability, Integer, Operation, Problem, Version, Word};

use super::executions::{Executions, Verdict, ack};
use super::lock::Arrival;
use super::physics::Surroundings;
use super::thermostat;

mod doors;
mod machine;

use machine::Machine;

/// The operation that every device understands: draw attention, so that people find it.
pub const IDENTIFY: &str = "identify";
/// The capability that every device may have.
const BATTERY: &str = "battery";
/// Batteries are measured once in so many ticks.
const BATTERY_TICKS: u64 = 12;
/// Charge below which somebody must come, and above which the alarm is over.
const LOW_PERCENT: f64 = 10.0;
const GOOD_PERCENT: f64 = 15.0;
/// What the devices say of their firmware.
const FIRMWARE: &str = "sim-1.0.0";

/// What a device is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// It is time to measure.
    Tick(Surroundings),
    /// The gateway wants another state.
    Delta(Delta),
    /// The gateway wants something done.
    Command(Box<Command>, Arrival),
    /// The broker is reached, and birth is published.
    Birth,
}

/// What a device wants said.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Its state, in answer to a desired version.
    Report {
        /// The desired version applied last.
        version: Integer,
        /// The whole state.
        state: State,
    },
    /// A measurement.
    Telemetry(Capability, Scalar),
    /// Something that happened.
    Event(Happening),
    /// How a command goes; not kept when it is lost.
    Ack(Ack),
}

/// Something that happened to a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// What.
    pub kind: Word,
    /// Whether somebody must act.
    pub alarm: bool,
    /// More about it.
    pub data: State,
}

/// What a device keeps through a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The settings of a thermostat; of other kinds nothing is kept.
    pub thermostat: Option<thermostat::Settings>,
    /// The commands that were carried out.
    pub executions: Executions,
}

/// One device: what its kind does, and what all do.
#[derive(Debug, Clone)]
pub struct Device {
    boot: Integer,
    capabilities: BTreeSet<Capability>,
    machine: Machine,
    executions: Executions,
    ticks: u64,
    battery_low: bool,
}

impl Device {
    /// The device as it was when `memory` was kept.
    pub fn new(boot: Integer, registered: &RegisteredDevice, memory: Memory) -> Self {
        Self {
            boot,
            capabilities: registered.capabilities.clone(),
            machine: Machine::new(registered.kind, &memory),
            executions: memory.executions,
            ticks: 0,
            battery_low: false,
        }
    }

    /// What is to be kept through a restart.
    pub fn memory(&self) -> Memory {
        Memory {
            thermostat: self.machine.settings().cloned(),
            executions: self.executions.clone(),
        }
    }

    /// What it says of itself at connect, when `oldest` is the lowest place that it still holds.
    pub fn birth(&self, oldest: Integer) -> Birth {
        Birth {
            v: Version,
            boot: self.boot,
            capabilities: self.capabilities.clone(),
            firmware: FIRMWARE.to_owned(),
            oldest_seq: Some(oldest),
        }
    }

    /// Whether it warms the room.
    pub fn is_heating(&self) -> bool {
        self.machine.is_heating()
    }

    /// Moves the device forward by one input; `now` is its own clock.
    pub fn handle(&mut self, now: Integer, input: Input) -> Vec<Effect> {
        match input {
            Input::Birth => vec![self.report()],
            Input::Tick(seen) => self.tick(&seen),
            Input::Delta(delta) => self.become_desired(&delta),
            Input::Command(command, arrival) => self.obey(now, &command, &arrival),
        }
    }

    fn become_desired(&mut self, delta: &Delta) -> Vec<Effect> {
        if self.machine.apply(delta) {
            vec![self.report()]
        } else {
            vec![]
        }
    }

    fn tick(&mut self, seen: &Surroundings) -> Vec<Effect> {
        let before = self.report();
        let happened = self.machine.sense(seen);
        let mut effects: Vec<_> = happened.into_iter().map(Effect::Event).collect();
        let after = self.report();
        effects.extend((before != after).then_some(after));
        effects.extend(self.battery(seen).map(Effect::Event));
        effects.extend(self.measure(seen));
        self.ticks += 1;
        effects
    }

    fn measure(&self, seen: &Surroundings) -> Vec<Effect> {
        let value = |capability: &Capability| match capability.as_str() {
            BATTERY if !self.ticks.is_multiple_of(BATTERY_TICKS) => None,
            BATTERY => Some(Scalar::Number(seen.battery_percent.round())),
            name => self.machine.measure(name, seen),
        };
        let telemetry = |name: &Capability| Some(Effect::Telemetry(name.clone(), value(name)?));
        self.capabilities.iter().filter_map(telemetry).collect()
    }

    /// Tells once that the battery is low.
    fn battery(&mut self, seen: &Surroundings) -> Option<Happening> {
        let low = seen.battery_percent
            < if self.battery_low {
                GOOD_PERCENT
            } else {
                LOW_PERCENT
            };
        let alarm = low && !self.battery_low && self.capabilities.contains(BATTERY);
        self.battery_low = low;
        let percent = Value::from(seen.battery_percent.round());
        alarm.then(|| happening("low-battery", true, [("percent", percent)]))
    }

    fn obey(&mut self, now: Integer, command: &Command, arrival: &Arrival) -> Vec<Effect> {
        if doors::is_of_doors(&command.operation) && self.machine.lock().is_some() {
            return self.turn(command, arrival);
        }
        let say = |status, problem| Effect::Ack(ack(command.execution, status, problem));
        if command.operation.as_str() != IDENTIFY {
            return vec![say(AckStatus::Rejected, Some(unknown(&command.operation)))];
        }
        match self.executions.judge(now, self.boot, command) {
            Verdict::Refuse(problem) => vec![say(AckStatus::Rejected, Some(problem))],
            Verdict::Repeat => vec![say(AckStatus::Succeeded, None)],
            Verdict::Do => {
                let execution = Value::from(command.execution.to_string());
                vec![
                    say(AckStatus::Accepted, None),
                    Effect::Event(happening("identified", false, [("execution", execution)])),
                    say(AckStatus::Succeeded, None),
                ]
            }
        }
    }

    fn report(&self) -> Effect {
        Effect::Report {
            version: self.machine.version(),
            state: self.machine.state(),
        }
    }
}

/// The device does not know the operation.
pub(super) fn unknown(operation: &Operation) -> Problem {
    let detail = format!("this device cannot {operation}");
    Problem::new(wire::Code::Unsupported, detail).at("operation")
}

pub(super) fn happening<const N: usize>(
    kind: &str,
    alarm: bool,
    data: [(&str, Value); N],
) -> Happening {
    let kind = kind.parse().expect("kinds of events are words");
    Happening {
        kind,
        alarm,
        data: state(data),
    }
}

pub(super) fn state<const N: usize>(members: [(&str, Value); N]) -> State {
    State(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

#[cfg(test)]
mod tests;
