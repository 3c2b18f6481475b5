//! Variables in scripts and environments.

use serde_json::Value;

/// The variables that both nuclei replace, but for those of the configuration.
const KNOWN: &[&str] = &[
    "artifacts:path",
    "artifacts:decompressedPath",
    "work:path",
    "kernel:rootPath",
    "iot:thingName",
];

/// What is wrong with the variables of a text.
pub(super) fn offences(text: &str, defaults: Option<&Value>) -> Vec<String> {
    variables(text)
        .filter_map(|variable| Some(format!("{{{variable}}} {}", problem(variable, defaults)?)))
        .collect()
}

fn problem(variable: &str, defaults: Option<&Value>) -> Option<&'static str> {
    if KNOWN.contains(&variable) {
        return None;
    }
    let Some(pointer) = variable.strip_prefix("configuration:") else {
        return Some("is no variable of both nuclei; Lite knows none of other components");
    };
    match defaults.and_then(|defaults| defaults.pointer(pointer)) {
        Some(Value::String(_) | Value::Bool(_)) => None,
        Some(_) => Some("is not a plain value, which the nuclei write differently"),
        None => Some("is not in DefaultConfiguration"),
    }
}

/// The texts between braces that look like `word:…`; those of the shell do not.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(move |(open, _)| {
        let inside = &text[open + 1..];
        let variable = &inside[..inside.find('}')?];
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let (space, _) = variable.split_once(':')?;
        let plain = !space.is_empty() && space.bytes().all(word);
        let shell = text[..open].ends_with('$') || variable.contains(char::is_whitespace);
        (plain && !shell).then_some(variable)
    })
}

/// The files that a text names below a directory that is a variable: `{artifacts:path}/uplink`.
pub(super) fn files<'a>(text: &'a str, variable: &str) -> Vec<&'a str> {
    let start = format!("{{{variable}}}/");
    let end = |c: char| c == '"' || c == '/' || c.is_whitespace();
    text.split(&start)
        .skip(1)
        .map(|rest| &rest[..rest.find(end).unwrap_or(rest.len())])
        .collect()
}
