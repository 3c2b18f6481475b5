//! What a new configuration means for a component that runs with another one.

use serde_json::{Map, Value};

use super::{ConfigError, LOG, OTHERS};

/// What follows from a new configuration.
#[derive(Debug)]
pub(crate) enum Change {
    /// Nothing that the component reads is different.
    Nothing,
    /// Only the log filter is; it is applied at once.
    Log(String),
    /// The component has to start again to follow.
    Restart,
    /// It cannot be used; the running one stays.
    Refused(ConfigError),
}

/// Compares a configuration that is offered with the one that runs; `validate` reads it as the
/// component does at its start.
pub(crate) fn weigh(
    running: &Value,
    offered: &Value,
    validate: impl FnOnce(Value) -> Result<(), ConfigError>,
) -> Change {
    let (before, after) = (read(running), read(offered));
    if before.is_some() && before == after {
        return Change::Nothing;
    }
    if let Err(error) = validate(offered.clone()) {
        return Change::Refused(error);
    }
    match (before, after) {
        (Some(before), Some(after)) if without_log(&before) == without_log(&after) => {
            Change::Log(filter(&after))
        }
        (Some(_) | None, Some(_) | None) => Change::Restart,
    }
}

/// The keys that the component reads.
fn read(configuration: &Value) -> Option<Map<String, Value>> {
    let mut keys = configuration.as_object()?.clone();
    for key in OTHERS {
        keys.remove(*key);
    }
    Some(keys)
}

fn without_log(keys: &Map<String, Value>) -> Map<String, Value> {
    let mut keys = keys.clone();
    keys.remove(LOG);
    keys
}

fn filter(keys: &Map<String, Value>) -> String {
    let said = keys.get(LOG).and_then(Value::as_str);
    said.map_or_else(super::info, str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(offered: &Value, expected: &str) {
        let running = json!({"port": "1", "log": "info", "accessControl": {"a": 1}});
        let validate = |value: Value| match value["port"].as_str() {
            Some(_) => Ok(()),
            None => Err(ConfigError::NotAnObject),
        };
        let change = format!("{:?}", weigh(&running, offered, validate));
        assert!(change.starts_with(expected), "{change}");
    }

    #[test]
    fn what_the_component_does_not_read_changes_nothing() {
        let offered = json!({"log": "info", "port": "1", "unix_user": "x", "accessControl": {}});
        check(&offered, "Nothing");
    }

    #[test]
    fn another_log_filter_needs_no_restart() {
        check(&json!({"port": "1", "log": "debug"}), "Log(\"debug\")");
        check(&json!({"port": "1"}), "Log(\"info\")");
    }

    #[test]
    fn every_other_key_needs_one() {
        check(&json!({"port": "2", "log": "info"}), "Restart");
    }

    #[test]
    fn what_does_not_validate_is_refused() {
        check(&json!({"port": 2, "log": "info"}), "Refused");
        check(&json!("text"), "Refused");
    }
}
