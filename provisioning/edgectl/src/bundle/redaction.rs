//! What may be told of a box: names, numbers and our own words; never keys, tokens or guests' text.
//!
//! Three nets, one behind the other. A log line that is no JSON object is not told at all, since we
//! did not write it. Of an object, members that are not known to hold our own words are told only
//! when they look like an id. What is left is searched for the shapes of secrets.

use serde_json::{Map, Value};

/// What stands in the place of what is not told.
const REDACTED: &str = "[redacted]";
/// Members that hold our own words or ids; everything else has to look like an id.
const OUR_WORDS: &[&str] = &[
    "advice",
    "check",
    "detail",
    "error",
    "event",
    "fields",
    "found",
    "health",
    "kind",
    "level",
    "message",
    "result",
    "target",
    "timestamp",
];
/// Members that are never told, whatever they look like; also as part of a longer name.
const SECRET_NAMES: &[&str] = &[
    "authorization",
    "credential",
    "guest",
    "key",
    "name",
    "note",
    "password",
    "pin",
    "secret",
    "signature",
    "text",
    "token",
];
/// Members whose names contain such a word and are safe.
const SAFE_NAMES: &[&str] = &["public_key", "server_names"];
/// Longest id.
const ID_MAX: usize = 80;
/// Longest run of letters that may be a word or an id; a longer one may be a secret.
const RUN_MAX: usize = 64;

/// One JSON value of ours, or nothing.
pub(super) fn json(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => format!("{:#}\n", shown("", value)),
        Err(_) => format!("{REDACTED} {} bytes that are not JSON\n", text.len()),
    }
}

/// Logs: JSON objects a line.
pub(super) fn log(log: &str) -> String {
    let line = |line: &str| match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(members) => shown("", Value::Object(members)).to_string(),
        Err(_) => format!("{REDACTED} {} bytes that are not JSON", line.len()),
    };
    let mut told = String::new();
    for shown in log.lines().map(line) {
        told.push_str(&shown);
        told.push('\n');
    }
    told
}

/// What a program of the machine says.
pub(super) fn text(text: &str) -> String {
    text.lines().map(|line| words(line) + "\n").collect()
}

/// A value as it may be told under a member's name.
fn shown(name: &str, value: Value) -> Value {
    if is_secret(name) && !value.is_number() && !value.is_boolean() {
        return REDACTED.into();
    }
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = shown(&name, value);
                (name, value)
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(|value| shown(name, value)).collect(),
        Value::String(text) if OUR_WORDS.contains(&name) => words(&text).into(),
        Value::String(text) if is_id(&text) => words(&text).into(),
        Value::String(_) => REDACTED.into(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret)) && !SAFE_NAMES.contains(&name.as_str())
}

/// One word of letters that ids, versions, addresses and paths are made of.
fn is_id(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    text.len() <= ID_MAX && text.chars().all(allowed)
}

/// A text without what has the shape of a secret.
fn words(text: &str) -> String {
    if text.contains("-----BEGIN") || text.contains("-----END") {
        return REDACTED.to_owned();
    }
    let told: Vec<_> = text
        .split(' ')
        .map(|word| if is_suspicious(word) { REDACTED } else { word })
        .collect();
    told.join(" ")
}

/// Tokens (`eyJ…`), access keys of AWS, words after `=` of a secret's name, and long runs without a
/// pause; digests in hexadecimal are none of these.
fn is_suspicious(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let named = lower
        .split_once(['=', ':'])
        .is_some_and(|(name, value)| !value.is_empty() && is_secret(name.trim_matches('"')));
    let access = ["AKIA", "ASIA"].iter().any(|begin| word.contains(begin));
    let run = word
        .split(|c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c)))
        .any(is_opaque);
    word.contains("eyJ") || access || named || run || lower.contains("://") && word.contains('@')
}

/// A run of letters that says nothing to people: long, and of both cases with digits.
fn is_opaque(run: &str) -> bool {
    if run.len() > RUN_MAX {
        return true;
    }
    let has = |kind: fn(&char) -> bool| run.chars().any(|c| kind(&c));
    run.len() >= 32
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
}

#[cfg(test)]
mod tests;
