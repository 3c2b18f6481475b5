//! Configuration: defaults of the recipe with what a deployment merges into them.

use serde_json::{Map, Value};

use super::RecipeError;

/// Merges a deployment's values into the defaults as Greengrass does: maps by key, everything
/// else replaced whole. Only declared keys may be set, so that a misspelt one is seen; the keys of
/// a map that is empty by default are the deployment's to choose.
pub(crate) fn merge(recipe: &str, defaults: &Value, values: &Value) -> Result<Value, RecipeError> {
    merge_at(defaults, values, "").map_err(|pointer| RecipeError::Undeclared {
        recipe: recipe.to_owned(),
        pointer,
    })
}

fn merge_at(defaults: &Value, values: &Value, place: &str) -> Result<Value, String> {
    let (Value::Object(defaults), Value::Object(values)) = (defaults, values) else {
        return Ok(values.clone());
    };
    if defaults.is_empty() {
        return Ok(Value::Object(values.clone()));
    }
    let mut merged = defaults.clone();
    for (key, value) in values {
        let place = format!("{place}/{key}");
        let default = defaults.get(key).ok_or_else(|| place.clone())?;
        merged.insert(key.clone(), merge_at(default, value, &place)?);
    }
    Ok(Value::Object(merged))
}

/// Whether the configuration has this key.
pub(crate) fn declares(configuration: &Value, pointer: &str) -> bool {
    configuration.pointer(pointer).is_some()
}

/// Sets a key below maps, making those that are missing.
pub(crate) fn set(values: &mut Value, pointer: &str, value: Value) {
    let mut place = values;
    for key in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key];
    }
    *place = value;
}

/// Refuses numbers: the classic nucleus may render `300` as `300.0`.
pub(super) fn refuse_numbers(recipe: &str, defaults: &Value) -> Result<(), RecipeError> {
    match first_number(defaults, "") {
        None => Ok(()),
        Some((pointer, number)) => Err(RecipeError::Number {
            recipe: recipe.to_owned(),
            pointer,
            number,
        }),
    }
}

fn first_number(value: &Value, place: &str) -> Option<(String, String)> {
    match value {
        Value::Number(number) => Some((place.to_owned(), number.to_string())),
        Value::Object(map) => map
            .iter()
            .find_map(|(key, value)| first_number(value, &format!("{place}/{key}"))),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(place_in, value)| first_number(value, &format!("{place}/{place_in}"))),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}
