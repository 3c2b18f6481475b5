use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::*;

const HOST: Host<'static> = Host {
    os: "linux",
    architecture: "amd64",
};

const GOOD: &str = r#"---
RecipeFormatVersion: "2020-01-25"
ComponentName: uplink
ComponentVersion: "0.1.0"
ComponentType: aws.greengrass.generic
ComponentDescription: Batches.
ComponentPublisher: Hospitality Edge
ComponentConfiguration:
  DefaultConfiguration:
    port: "9107"
    verbose: false
    batch: {age_ms: "60000"}
Manifests:
  - Platform: {os: linux, architecture: aarch64, runtime: "*"}
    Lifecycle: {run: "wrong machine"}
  - Platform: {os: linux, runtime: "*"}
    Lifecycle:
      Setenv: {PORT: "{configuration:/port}", KIND: common}
      install: echo "${HOME:-none}" { braces; }
      startup:
        Setenv: {KIND: own}
        Timeout: "{configuration:/batch/age_ms}"
        Script: exec {artifacts:path}/uplink {work:path} {iot:thingName} {configuration:/verbose}
"#;

fn parse(text: &str) -> Result<Recipe, RecipeError> {
    Recipe::parse("uplink", text)
}

fn lifecycle(text: &str, configuration: &Value) -> Result<Lifecycle, RecipeError> {
    let scope = Scope {
        configuration,
        artifacts: Path::new("/a"),
        work: Path::new("/w"),
        root: Path::new("/r"),
        thing: "box-1",
    };
    parse(text)?.lifecycle(HOST, &scope)
}

/// Replaces a piece of the good recipe, and expects this complaint.
#[track_caller]
fn check_refused(good: &str, bad: &str, expected: &str) {
    assert!(GOOD.contains(good), "{good:?} is not in the recipe");
    let outcome = lifecycle(
        &GOOD.replace(good, bad),
        &json!({"port": "1", "verbose": true}),
    );
    let error = outcome.expect_err("the recipe is bad");
    let complaint = kit::error::Chain(&error).to_string();
    assert!(complaint.contains(expected), "{complaint}");
    assert!(complaint.contains("recipe uplink"), "{complaint}");
}

#[test]
fn the_first_manifest_that_fits_is_resolved_with_its_environment() {
    let configuration = json!({"port": "9300", "verbose": true, "batch": {"age_ms": "60"}});
    let resolved = lifecycle(GOOD, &configuration).unwrap();
    let env = |kind: &str| {
        [("KIND", kind), ("PORT", "9300")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into()
    };
    let install = Step {
        script: "echo \"${HOME:-none}\" { braces; }".to_owned(),
        timeout: Duration::from_mins(2),
        env: env("common"),
    };
    let startup = Step {
        script: "exec /a/uplink /w box-1 true".to_owned(),
        timeout: Duration::from_mins(1),
        env: env("own"),
    };
    let expected = Lifecycle {
        install: Some(install),
        service: Service::Startup(startup),
    };
    assert_eq!(resolved, expected);
}

#[test]
fn what_is_not_interpreted_is_refused_by_name() {
    check_refused("install:", "shutdown:", "unknown field `shutdown`");
    check_refused("Timeout:", "Skipif:", "unknown field `Skipif`");
    check_refused(
        "ComponentType:",
        "ComponentSource: x\nComponentType:",
        "`ComponentSource`",
    );
    check_refused(
        "aws.greengrass.generic",
        "aws.greengrass.lambda",
        "ComponentType is",
    );
}

#[test]
fn spelling_that_only_one_nucleus_accepts_is_refused() {
    check_refused(
        "        Script:",
        "        script:",
        "unknown field `script`",
    );
    check_refused(
        "{os: linux, runtime: \"*\"}",
        "{os: linux}",
        "missing field `runtime`",
    );
    check_refused(
        "runtime: \"*\"}\n    Lifecycle:\n",
        "runtime: x}\n    Lifecycle:\n",
        "variant",
    );
}

#[test]
fn a_recipe_calls_itself_like_its_folder() {
    check_refused(
        "ComponentName: uplink",
        "ComponentName: other",
        "must be \"uplink\"",
    );
}

#[test]
fn unquoted_numbers_are_refused_where_a_nucleus_may_spoil_them() {
    check_refused(
        "port: \"9107\"",
        "port: 9107",
        "configuration /port is the number 9107",
    );
    check_refused(
        "\"{configuration:/batch/age_ms}\"",
        "60",
        "[60] must be quoted",
    );
}

#[test]
fn an_unknown_variable_is_refused() {
    check_refused(
        "{iot:thingName}",
        "{iot:name}",
        "{iot:name} is not a variable",
    );
    check_refused(
        "{iot:thingName}",
        "{broker:configuration:/x}",
        "is not a variable",
    );
    check_refused("{iot:thingName}", "{configuration:/x}", "startup.Script");
    check_refused(
        "{iot:thingName}",
        "{configuration:/batch}",
        "not in the configuration",
    );
}

#[test]
fn a_machine_without_a_manifest_is_named() {
    check_refused(
        "{os: linux, runtime",
        "{os: darwin, runtime",
        "no manifest is for linux amd64",
    );
}

#[test]
fn a_deployment_sets_declared_keys_only() {
    let defaults = json!({"s3": {"bucket": "", "region": "x"}, "list": ["1", "2"]});
    let merged = merge(
        "uplink",
        &defaults,
        &json!({"s3": {"bucket": "b"}, "list": ["3"]}),
    );
    assert_eq!(
        merged.unwrap(),
        json!({"s3": {"bucket": "b", "region": "x"}, "list": ["3"]})
    );
    let error = merge("uplink", &defaults, &json!({"s3": {"buckt": "b"}})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "recipe uplink: configuration /s3/buckt is not in DefaultConfiguration"
    );
}

#[test]
fn keys_are_set_below_maps_that_are_made() {
    let mut values = json!({});
    set(&mut values, "/s3/bucket", json!("b"));
    set(&mut values, "/s3/region", json!("r"));
    assert_eq!(values, json!({"s3": {"bucket": "b", "region": "r"}}));
}
