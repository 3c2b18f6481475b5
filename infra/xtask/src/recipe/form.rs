//! The keys of a recipe, and the values that may be only one thing.

use serde_json::{Map, Value};

use super::{Findings, Recipe};

/// Keys at the top; all but the last two are required.
const KEYS: &[&str] = &[
    "RecipeFormatVersion",
    "ComponentName",
    "ComponentVersion",
    "ComponentType",
    "ComponentDescription",
    "ComponentPublisher",
    "Manifests",
    "ComponentConfiguration",
    "ComponentDependencies",
];
const REQUIRED: usize = 7;

pub(super) fn check(recipe: &Recipe, findings: &mut Findings) {
    let Some(keys) = recipe.text.as_object() else {
        findings.add("", "is not a map");
        return;
    };
    known(keys, KEYS, "", findings);
    for key in &KEYS[..REQUIRED] {
        if !keys.contains_key(*key) {
            findings.add("", format!("{key} is missing"));
        }
    }
    one_of(&recipe.text, "/RecipeFormatVersion", "2020-01-25", findings);
    one_of(&recipe.text, "/ComponentName", &recipe.name, findings);
    one_of(
        &recipe.text,
        "/ComponentType",
        "aws.greengrass.generic",
        findings,
    );
    for place in ["/ComponentDescription", "/ComponentPublisher"] {
        let said = recipe.text.pointer(place).and_then(Value::as_str);
        if said.is_some_and(str::is_empty) {
            findings.add(place, "is empty; say it for those who read the console");
        }
    }
    let version = recipe.text.get("ComponentVersion");
    if version.is_some_and(|version| version.as_str().and_then(parts).is_none()) {
        findings.add(
            "/ComponentVersion",
            "is not a quoted version of three numbers, such as \"1.2.3\"",
        );
    }
}

/// The three numbers of a version.
pub(super) fn parts(version: &str) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

fn one_of(recipe: &Value, place: &str, expected: &str, findings: &mut Findings) {
    match recipe.pointer(place) {
        Some(Value::String(said)) if said == expected => {}
        Some(said) => findings.add(place, format!("is {said}, must be {expected:?}")),
        None => {}
    }
}

/// Refuses keys that are not listed; one that only differs in case means something to the classic
/// nucleus and nothing to Lite.
pub(super) fn known(
    keys: &Map<String, Value>,
    listed: &[&str],
    place: &str,
    findings: &mut Findings,
) {
    for key in keys.keys().filter(|key| !listed.contains(&key.as_str())) {
        let at = format!("{place}/{key}");
        match listed.iter().find(|known| known.eq_ignore_ascii_case(key)) {
            Some(known) => findings.add(&at, format!("Lite minds the case; write {known}")),
            None => findings.add(&at, format!("is none of {}", listed.join(", "))),
        }
    }
}
