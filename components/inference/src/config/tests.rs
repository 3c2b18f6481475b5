use kit::error::Chain;
use serde_json::{Value, json};

use super::*;

fn text(own: &Value) -> Vec<u8> {
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": "/i", "data_dir": "/d", "broker": { "host": "localhost", "port": "8883" },
        "admin": { "host": "127.0.0.1", "port": "9105" },
        "listener": { "host": "127.0.0.1", "port": "8500" }, "bundles": { "keys": [] },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::to_vec(&whole).unwrap()
}

fn read(own: &Value) -> Config {
    kit::config::parse::<Config>(&text(own))
        .expect("must be accepted")
        .1
}

#[track_caller]
fn check_refused(own: &Value, expected: &str) {
    let error = kit::config::parse::<Config>(&text(own)).expect_err("must be refused");
    let told = Chain(&error).to_string();
    assert!(told.starts_with(expected), "{told}");
}

// inference-7.1
#[test]
fn what_is_not_configured_has_its_default_and_empty_means_none() {
    let config = read(&json!({}));
    assert_eq!(
        (config.bundles.poll_ms, config.deadline_ms),
        (60_000, 1_000)
    );
    assert_eq!(config.models.len(), 2);
    assert!(config.s3.bucket.is_empty() && config.bundles.directory.is_none());
    let own = json!({
        "bundles": { "directory": "", "keys": [], "poll_ms": "100" },
        "runtime": { "library": "", "sha256": "0".repeat(64) },
    });
    let config = read(&own);
    assert_eq!(
        (config.bundles.directory, config.runtime.library),
        (None, None)
    );
    assert_eq!(config.bundles.poll_ms, 100);
}

// inference-7.1
#[test]
fn a_wrong_value_is_named_by_its_key() {
    let refused = |own, told: &str| check_refused(&own, &format!("configuration key {told}"));
    refused(json!({ "model": [] }), "model: unknown field");
    refused(json!({ "models": [] }), "models: 0 models are not 1 to 8");
    refused(json!({ "bundles": { "keys": ["x"] } }), "bundles.keys");
    refused(
        json!({ "bundles": { "keys": [], "poll_ms": 1 } }),
        "bundles.poll_ms: 1 is not",
    );
    refused(json!({ "runtime": { "sha256": "12" } }), "runtime.sha256");
    refused(json!({ "deadline_ms": "0" }), "deadline_ms: 0 is not");
    refused(json!({ "s3": { "prefix": "/x" } }), "s3.prefix");
    let listener = json!({ "listener": { "host": "greengrass.local", "port": "8500" } });
    refused(listener, "listener: \"greengrass.local\" is neither");
}

#[test]
fn the_recipe_pins_the_library_of_the_code() {
    let recipe = include_str!("../../../../recipes/inference/recipe.yaml");
    assert!(recipe.contains(&format!("sha256: {LIBRARY_SHA256}\n")));
}

#[test]
fn only_addresses_of_this_machine_are_in_the_clear() {
    let is = |host: &str| {
        is_loopback(&Address {
            host: host.to_owned(),
            port: 1,
        })
    };
    assert!(is("127.0.0.1") && is("localhost") && is("::1"));
    assert!(!is("0.0.0.0") && !is("10.0.0.1") && !is("::"));
}
