//! The default configuration.

use serde_json::Value;

use super::form::known;
use super::{Findings, Recipe, SCHEMA, schema};

const PLACE: &str = "/ComponentConfiguration/DefaultConfiguration";

pub(super) fn check(recipe: &Recipe, findings: &mut Findings) {
    if let Some(configuration) = recipe.text.get("ComponentConfiguration") {
        match configuration.as_object() {
            Some(keys) => known(
                keys,
                &["DefaultConfiguration"],
                "/ComponentConfiguration",
                findings,
            ),
            None => findings.add("/ComponentConfiguration", "is not a map"),
        }
    }
    let Some(defaults) = recipe.defaults() else {
        findings.add(
            PLACE,
            "is missing; it names every key that a deployment may set",
        );
        return;
    };
    scalars(defaults, PLACE, findings);
    let Some(schema) = &recipe.schema else {
        findings.add(PLACE, format!("has no {SCHEMA} beside the recipe"));
        return;
    };
    for (place, advice) in schema::offences(schema, defaults) {
        findings.add(&format!("{PLACE}{place}"), advice);
    }
    for key in schema::properties(schema) {
        // Most components need nothing of the nucleus.
        if defaults.get(key).is_none() && key != "accessControl" {
            findings.add(
                PLACE,
                format!("lacks {key}; a deployment can set only what is there"),
            );
        }
    }
}

/// Refuses what a nucleus spoils on its way into a script.
fn scalars(value: &Value, place: &str, findings: &mut Findings) {
    match value {
        Value::Number(number) => findings.add(
            place,
            format!(
                "is the number {number}, which the classic nucleus may write as a float; quote it"
            ),
        ),
        Value::Null => findings.add(place, "is null, which removes the key; write \"\""),
        Value::Object(map) => {
            for (key, value) in map {
                scalars(value, &format!("{place}/{key}"), findings);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                scalars(value, &format!("{place}/{index}"), findings);
            }
        }
        Value::Bool(_) | Value::String(_) => {}
    }
}
