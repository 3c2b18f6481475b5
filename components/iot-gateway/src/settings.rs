//! The closed list of what can be wished of a device, and of what it can be told to do.
//!
//! Whatever is not listed is refused by name. A lock has no settings: a wish is repeated until it
//! comes true, and a door must not open because its lock came back.

use serde_json::Value;
use wire::device::{Kind, State};
use wire::{Code, Operation, Problem};

/// The operation that every device understands: draw attention, so that people find it.
pub const IDENTIFY: &str = "identify";

/// What one setting may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Values {
    /// A number in a range, both ends included.
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
}

/// Something of a device that can be wished for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Setting {
    name: &'static str,
    /// What the device must be able to do.
    capability: &'static str,
    values: Values,
}

const THERMOSTAT: &[Setting] = &[
    Setting {
        name: "target_celsius",
        capability: "target-temperature",
        values: Values::Number(5.0, 30.0),
    },
    Setting {
        name: "mode",
        capability: "mode",
        values: Values::Word(&["heat", "cool", "off", "auto"]),
    },
];

fn settings(kind: Kind) -> &'static [Setting] {
    match kind {
        Kind::Thermostat => THERMOSTAT,
        Kind::Lock | Kind::Occupancy | Kind::Contact => &[],
    }
}

/// Checks a change of what a device should become; `null` takes a wish back.
pub fn check_change(
    kind: Kind,
    is_capable: impl Fn(&str) -> bool,
    change: &State,
) -> Result<(), Problem> {
    let known = settings(kind);
    if known.is_empty() {
        let detail = format!("a {} has no desired state", kind.as_str());
        return Err(Problem::new(Code::Unsupported, detail).at("device"));
    }
    for (name, value) in &change.0 {
        let refuse = |code, detail| Problem::new(code, detail).at(format!("state.{name}"));
        let setting = known.iter().find(|setting| setting.name == name);
        let setting = setting.ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|setting| setting.name).collect();
            let detail = format!("{name:?} is not one of {}", names.join(", "));
            refuse(Code::Invalid, detail)
        })?;
        if !is_capable(setting.capability) {
            let detail = format!("the device does not have {}", setting.capability);
            return Err(refuse(Code::Unsupported, detail));
        }
        setting
            .values
            .check(value)
            .map_err(|detail| refuse(Code::Invalid, detail))?;
    }
    Ok(())
}

impl Values {
    fn check(self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (_, Value::Null) => Ok(()),
            (Self::Number(least, most), value) => match value.as_f64() {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                Some(number) => Err(format!("{number} is not between {least} and {most}")),
                None => Err(format!("not a number between {least} and {most}")),
            },
            (Self::Word(words), value) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                Some(_) | None => Err(format!("not one of {}", words.join(", "))),
            },
        }
    }
}

/// Checks a command. Nothing that moves a bolt is among the operations.
pub fn check_command(kind: Kind, operation: &Operation, arguments: &State) -> Result<(), Problem> {
    if operation.as_str() != IDENTIFY {
        let detail = format!("a {} cannot {operation}", kind.as_str());
        return Err(Problem::new(Code::Unsupported, detail).at("operation"));
    }
    match arguments.0.keys().next() {
        None => Ok(()),
        Some(name) => {
            let detail = format!("{IDENTIFY} takes no arguments");
            Err(Problem::new(Code::Invalid, detail).at(format!("arguments.{name}")))
        }
    }
}

#[cfg(test)]
mod tests;
