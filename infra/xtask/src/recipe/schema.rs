//! As much of JSON Schema as our own schemas use: types, properties, patterns by their length only,
//! choices, lists.

use serde_json::{Map, Value};

/// The keys that a configuration may have.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = &str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
}

/// Places where a value does not fit, and why. An empty text fits everywhere: a deployment sets it.
pub(super) fn offences(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let mut offences = Vec::new();
    visit(schema, value, "", &mut offences);
    offences
}

fn visit(schema: &Value, value: &Value, place: &str, offences: &mut Vec<(String, String)>) {
    if value.as_str() == Some("") || schema.as_bool() == Some(true) {
        return;
    }
    let mut add = |advice: String| offences.push((place.to_owned(), advice));
    if let Some(types) = schema.get("type")
        && !names(types).any(|name| is(name, value))
    {
        add(format!("is {value}, must be of type {types}"));
        return;
    }
    if let Some(choice) = schema.get("enum").and_then(Value::as_array)
        && !choice.contains(value)
    {
        add(format!(
            "is {value}, must be one of {}",
            Value::from(choice.clone())
        ));
        return;
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        add(format!("is {value}, must be {only}"));
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(branches) = schema.get(choice).and_then(Value::as_array) else {
            continue;
        };
        let fits = |branch: &Value| {
            let mut inner = Vec::new();
            visit(branch, value, place, &mut inner);
            inner.is_empty()
        };
        if !branches.iter().any(fits) {
            offences.push((
                place.to_owned(),
                format!("is {value}, which fits no choice"),
            ));
            return;
        }
    }
    match value {
        Value::Object(map) => object(schema, map, place, offences),
        Value::Array(values) => {
            let items = schema.get("items").unwrap_or(&Value::Bool(true));
            for (index, value) in values.iter().enumerate() {
                visit(items, value, &format!("{place}/{index}"), offences);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn object(
    schema: &Value,
    map: &Map<String, Value>,
    place: &str,
    offences: &mut Vec<(String, String)>,
) {
    let required = schema.get("required").and_then(Value::as_array);
    for key in required.into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(key) {
            offences.push((place.to_owned(), format!("lacks {key}")));
        }
    }
    let properties = schema.get("properties");
    for (key, value) in map {
        let place = format!("{place}/{key}");
        let listed = properties.and_then(|properties| properties.get(key));
        match listed.or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(false)) => offences.push((place, "is not in the schema".to_owned())),
            Some(schema) => visit(schema, value, &place, offences),
            None => {}
        }
    }
}

fn names(types: &Value) -> impl Iterator<Item = &str> {
    let many = types.as_array().into_iter().flatten();
    types
        .as_str()
        .into_iter()
        .chain(many.filter_map(Value::as_str))
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    }
}
