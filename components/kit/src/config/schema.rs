//! JSON schemas of configurations, for those who write deployments.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::Common;

/// A whole number, in quotes or not; [`super::quoted`] reads both.
#[derive(Debug, Clone, Copy)]
pub struct Number;

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "pattern": "^-?[0-9]+$"})
    }
}

/// A yes or no, in quotes or not.
#[derive(Debug, Clone, Copy)]
pub struct Switch;

impl JsonSchema for Switch {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Switch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["true", "false", true, false]})
    }
}

/// The schema of a component's whole configuration: the keys of all components, its own, and those
/// that only recipe and nucleus read. Nothing in it refers elsewhere.
pub fn schema<C: JsonSchema>() -> Value {
    let (common, mut whole) = (of::<Common>(), of::<C>());
    whole["title"] = "configuration".into();
    let place = |schema: &Value, key: &str| schema.get(key).cloned();
    let mut properties = object(place(&common, "properties"));
    properties.extend(object(place(&whole, "properties")));
    properties.insert(
        "unix_user".to_owned(),
        json!({
            "description": "Unix user of the component, for its recipe; empty: whoever starts it.",
            "type": "string",
            "pattern": "^([a-z][a-z0-9-]{0,31})?$",
        }),
    );
    properties.insert(
        "accessControl".to_owned(),
        json!({"description": "What the nucleus allows the component.", "type": "object"}),
    );
    let mut required = array(place(&common, "required"));
    required.extend(array(place(&whole, "required")));
    whole["properties"] = Value::Object(properties);
    whole["required"] = Value::Array(required);
    whole
}

fn of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        Some(_) | None => Map::new(),
    }
}

fn array(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(values)) => values,
        Some(_) | None => Vec::new(),
    }
}
