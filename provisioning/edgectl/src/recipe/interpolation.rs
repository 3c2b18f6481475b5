//! Variables in scripts and environments: `{configuration:/pointer}`, `{artifacts:path}`, …
//!
//! `${NAME}` and `{ command; }` belong to the shell and stay. Names of other components before a
//! variable work on the classic nucleus only and are refused.

use std::path::Path;

use serde_json::Value;

/// What variables stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The component's configuration.
    pub configuration: &'a Value,
    /// Directory of its artifacts.
    pub artifacts: &'a Path,
    /// Its working directory.
    pub work: &'a Path,
    /// Directory of the nucleus.
    pub root: &'a Path,
    /// Name of the core device.
    pub thing: &'a str,
}

/// A variable that cannot be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadVariable {
    pub(super) variable: String,
    pub(super) problem: &'static str,
}

/// Replaces every variable of a text.
pub(super) fn interpolate(text: &str, scope: &Scope<'_>) -> Result<String, BadVariable> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, variable, after)) = next_variable(rest) {
        done.push_str(before);
        let value = scope.value(variable).map_err(|problem| BadVariable {
            variable: variable.to_owned(),
            problem,
        })?;
        done.push_str(&value);
        rest = after;
    }
    done.push_str(rest);
    Ok(done)
}

/// Splits at the first variable: what is before it, the text between its braces, what is after.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        let inside = &text[open + 1..];
        let close = inside.find('}')?;
        let (before, variable) = (&text[..open], &inside[..close]);
        let is_variable = !before.ends_with('$') && looks_like_variable(variable);
        is_variable.then_some((before, variable, &inside[close + 1..]))
    })
}

/// `word:…` without a space.
fn looks_like_variable(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    text.split_once(':')
        .is_some_and(|(space, _)| !space.is_empty() && space.bytes().all(word))
        && !text.contains(char::is_whitespace)
}

impl Scope<'_> {
    fn value(&self, variable: &str) -> Result<String, &'static str> {
        match variable.split_once(':') {
            Some(("configuration", pointer)) => self.configured(pointer),
            // Archives lie unpacked beside the other artifacts.
            Some(("artifacts", "path" | "decompressedPath")) => path(self.artifacts),
            Some(("work", "path")) => path(self.work),
            Some(("kernel", "rootPath")) => path(self.root),
            Some(("iot", "thingName")) => Ok(self.thing.to_owned()),
            _ => Err("is not a variable of both nuclei"),
        }
    }

    fn configured(&self, pointer: &str) -> Result<String, &'static str> {
        match self.configuration.pointer(pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Bool(flag)) => Ok(flag.to_string()),
            Some(Value::Number(_)) => Err("is a number, put it in quotes"),
            Some(Value::Object(_) | Value::Array(_) | Value::Null) => Err("is not a plain value"),
            None => Err("is not in the configuration"),
        }
    }
}

fn path(path: &Path) -> Result<String, &'static str> {
    path.to_str()
        .map(str::to_owned)
        .ok_or("is a path that is not UTF-8")
}
