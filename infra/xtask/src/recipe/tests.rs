use serde_json::json;

use super::*;

const SOUND: &str = r#"
RecipeFormatVersion: "2020-01-25"
ComponentName: uplink
ComponentVersion: "0.1.0"
ComponentType: aws.greengrass.generic
ComponentDescription: Batches.
ComponentPublisher: Hospitality Edge
ComponentDependencies:
  aws.greengrass.TokenExchangeService: {VersionRequirement: ">=2.0.0 <3.0.0", DependencyType: SOFT}
ComponentConfiguration:
  DefaultConfiguration:
    port: "1"
    unix_user: hotel-uplink
    list: [a]
    accessControl:
      aws.greengrass.ipc.mqttproxy:
        uplink:mqttproxy:1:
          operations: ["aws.greengrass#PublishToIoTCore"]
          resources: [hotel/uplink]
Manifests:
  - Platform: {os: linux, architecture: amd64, runtime: "*"}
    Lifecycle:
      Setenv: {PAGES: "{artifacts:decompressedPath}/pages"}
      install:
        RequiresPrivilege: true
        Timeout: "60"
        Script: id "{configuration:/unix_user}" || { echo "${HOME:-none}"; }
      startup:
        RequiresPrivilege: true
        Timeout: "90"
        Script: exec "{artifacts:path}/supervise" --user "{configuration:/unix_user}" -- "{artifacts:path}/uplink"
    Artifacts:
      - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/uplink
        Unarchive: NONE
        Permission: {Read: ALL, Execute: ALL}
      - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/supervise
        Unarchive: NONE
        Permission: {Read: ALL, Execute: ALL}
      - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/pages.zip
        Unarchive: ZIP
        Permission: {Read: ALL, Execute: NONE}
"#;

fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["port"],
        "properties": {
            "port": {"type": ["string", "integer"]},
            "unix_user": {"type": "string"},
            "accessControl": {"type": "object"},
            "list": {"type": "array", "items": {"enum": ["a", "b"]}},
        },
    })
}

fn recipe(text: &str) -> Recipe {
    Recipe {
        name: "uplink".to_owned(),
        text: parse(text).unwrap(),
        schema: Some(schema()),
    }
}

fn sound() -> Vec<Recipe> {
    vec![recipe(SOUND)]
}

/// Replaces a piece of the sound recipe, and expects this finding at this place.
#[track_caller]
fn check(good: &str, bad: &str, place: &str, advice: &str) {
    assert!(SOUND.contains(good), "{good:?} is not in the recipe");
    let found = offences(&[recipe(&SOUND.replacen(good, bad, 1))]);
    let start = format!("recipes/uplink/recipe.yaml: {place}: ");
    let expected = |finding: &String| finding.starts_with(&start) && finding.contains(advice);
    assert!(found.iter().any(expected), "{found:#?}");
}

// greengrass-1.1
#[test]
fn a_sound_recipe_has_no_findings() {
    assert_eq!(offences(&sound()), Vec::<String>::new());
}

// greengrass-1.1
#[test]
fn keys_are_known_and_spelled_as_lite_needs_them() {
    check(
        "ComponentType:",
        "componentType:",
        "/componentType",
        "Lite minds the case",
    );
    check(
        "ComponentPublisher: Hospitality Edge\n",
        "",
        "/",
        "ComponentPublisher is missing",
    );
    check(
        "ComponentPublisher:",
        "ComponentSource: x\nComponentPublisher:",
        "/ComponentSource",
        "is none of",
    );
    check(
        "        Script: id",
        "        script: id",
        "/Manifests/0/Lifecycle/install/script",
        "write Script",
    );
    check(
        "      startup:",
        "      Startup:",
        "/Manifests/0/Lifecycle/Startup",
        "write startup",
    );
    check(
        "runtime: \"*\"",
        "Runtime: \"*\"",
        "/Manifests/0/Platform/Runtime",
        "write runtime",
    );
    check(
        "Unarchive: NONE",
        "unarchive: NONE",
        "/Manifests/0/Artifacts/0/unarchive",
        "write Unarchive",
    );
}

// greengrass-1.1
#[test]
fn a_recipe_says_what_it_is() {
    check(
        "2020-01-25",
        "2024-01-25",
        "/RecipeFormatVersion",
        "must be",
    );
    check(
        "ComponentName: uplink",
        "ComponentName: other",
        "/ComponentName",
        "must be \"uplink\"",
    );
    check("generic", "lambda", "/ComponentType", "must be");
    check("\"0.1.0\"", "0.1", "/ComponentVersion", "three numbers");
    check("Batches.", "\"\"", "/ComponentDescription", "is empty");
}

// greengrass-1.1
#[test]
fn dependencies_are_soft_and_there() {
    let place = "/ComponentDependencies/aws.greengrass.TokenExchangeService";
    let kind = format!("{place}/DependencyType");
    check("SOFT", "HARD", &kind, "Lite does not start it at boot");
    check("SOFT", "soft", &kind, "neither HARD nor SOFT");
    check(
        ">=2.0.0 <3.0.0",
        "latest",
        &format!("{place}/VersionRequirement"),
        "is not a range",
    );
    check(
        "aws.greengrass.TokenExchangeService",
        "broker",
        "/ComponentDependencies/broker",
        "no recipe",
    );
    check(
        "aws.greengrass.TokenExchangeService",
        "uplink",
        "/ComponentDependencies/uplink",
        "out of this range",
    );
}

// greengrass-1.3
#[test]
fn defaults_survive_both_nuclei_and_fit_their_schema() {
    let place = "/ComponentConfiguration/DefaultConfiguration";
    check(
        "port: \"1\"",
        "port: 1",
        &format!("{place}/port"),
        "quote it",
    );
    check(
        "port: \"1\"",
        "port: null",
        &format!("{place}/port"),
        "is null",
    );
    check(
        "port: \"1\"",
        "port: true",
        &format!("{place}/port"),
        "must be of type",
    );
    check(
        "port: \"1\"",
        "prt: \"1\"",
        &format!("{place}/prt"),
        "is not in the schema",
    );
    check("    port: \"1\"\n", "", place, "lacks port");
    check(
        "list: [a]",
        "list: [c]",
        &format!("{place}/list/0"),
        "must be one of",
    );
    let mut recipe = recipe(SOUND);
    recipe.schema = None;
    assert!(offences(&[recipe])[0].contains("has no configuration.schema.json"));
}

// greengrass-1.2
#[test]
fn the_nucleus_is_asked_for_no_more_than_is_needed() {
    let place = "/ComponentConfiguration/DefaultConfiguration/accessControl";
    let policy = format!("{place}/aws.greengrass.ipc.mqttproxy/uplink:mqttproxy:1");
    check(
        "resources: [hotel/uplink]",
        "resources: [\"*\"]",
        &format!("{policy}/resources/0"),
        "grants everything",
    );
    check(
        "resources: [hotel/uplink]",
        "resources: [\"a?\"]",
        &format!("{policy}/resources/0"),
        "Lite fails",
    );
    check(
        "resources: [hotel/uplink]",
        "resources: []",
        &format!("{policy}/resources"),
        "grants nothing",
    );
    check(
        "aws.greengrass#PublishToIoTCore",
        "*",
        &format!("{policy}/operations"),
        "is not a choice",
    );
    check(
        "ipc.mqttproxy",
        "ShadowManager",
        &format!("{place}/aws.greengrass.ShadowManager"),
        "no service of both",
    );
    let other = policy.replace("uplink:mqttproxy:1", "policy1");
    check("uplink:mqttproxy:1", "policy1", &other, "is no id such as");
    let twice = offences(&[recipe(SOUND), recipe(SOUND)]);
    assert!(
        twice[0].contains("is the id of another policy"),
        "{twice:?}"
    );
}

// greengrass-1.1
#[test]
fn platforms_are_those_of_lite() {
    let place = "/Manifests/0/Platform";
    check(
        ", runtime: \"*\"",
        "",
        &format!("{place}/runtime"),
        "Lite finds no manifest",
    );
    check(
        "os: linux",
        "os: windows",
        &format!("{place}/os"),
        "must be linux",
    );
    check(
        "architecture: amd64",
        "architecture: /amd.*/",
        &format!("{place}/architecture"),
        "is a pattern",
    );
    check(
        "architecture: amd64",
        "architecture: x86",
        &format!("{place}/architecture"),
        "is none of",
    );
    let first =
        "  - Platform: {os: linux, architecture: \"*\", runtime: \"*\"}\n    Lifecycle: {}\n";
    let twice = format!("Manifests:\n{first}");
    check(
        "Manifests:\n",
        &twice,
        "/Manifests/1",
        "never comes into use",
    );
}

// greengrass-1.1
#[test]
fn steps_are_those_that_both_nuclei_run() {
    let place = "/Manifests/0/Lifecycle";
    for (step, advice) in [
        ("shutdown", "SIGTERM"),
        ("recover", "ignored"),
        ("bootstrap", "in part"),
    ] {
        let more = format!("      {step}: x\n      startup:");
        check("      startup:", &more, &format!("{place}/{step}"), advice);
    }
    check(
        "      startup:",
        "      run: x\n      startup:",
        place,
        "both startup and run",
    );
    check(
        "      startup:",
        "      run:",
        &format!("{place}/run"),
        "counts as running",
    );
    check(
        "        Timeout: \"90\"",
        "        Skipif: x\n        Timeout: \"90\"",
        &format!("{place}/startup/Skipif"),
        "ignored by Lite",
    );
    check(
        "Timeout: \"60\"",
        "Timeout: 60",
        &format!("{place}/install/Timeout"),
        "quoted number",
    );
    check(
        "Timeout: \"60\"",
        "Timeout: \"{configuration:/port}\"",
        &format!("{place}/install/Timeout"),
        "no variable",
    );
    check(
        "Timeout: \"90\"",
        "Timeout: \"30\"",
        &format!("{place}/startup/Timeout"),
        "below 90",
    );
    check(
        "RequiresPrivilege: true",
        "RequiresPrivilege: \"{configuration:/port}\"",
        &format!("{place}/install/RequiresPrivilege"),
        "true or false",
    );
    check(
        "{PAGES:",
        "{N: 1, PAGES:",
        &format!("{place}/Setenv/N"),
        "quoted text",
    );
    check(
        "supervise\" --user",
        "uplink\" --user",
        &format!("{place}/startup/Script"),
        "must exec",
    );
}

// greengrass-1.1
#[test]
fn variables_are_those_that_both_nuclei_replace() {
    let place = "/Manifests/0/Lifecycle/install/Script";
    let user = "id \"{configuration:/unix_user}\"";
    check(
        user,
        "id {broker:configuration:/port}",
        place,
        "other components",
    );
    check(
        user,
        "id {configuration:/user}",
        place,
        "not in DefaultConfiguration",
    );
    check(user, "id {configuration:/list}", place, "not a plain value");
    check(user, "id {iot:name}", place, "no variable of both");
}

// greengrass-1.1
#[test]
fn artifacts_are_listed_once_and_may_be_used() {
    let place = "/Manifests/0/Artifacts";
    let uplink = "COMPONENT_VERSION/uplink";
    check(
        "s3://BUCKET_NAME",
        "s3://bucket",
        &format!("{place}/0/URI"),
        "must be s3://BUCKET_NAME",
    );
    check(
        uplink,
        "COMPONENT_VERSION/supervise",
        &format!("{place}/1"),
        "twice",
    );
    check(uplink, "COMPONENT_VERSION/other", place, "lacks uplink");
    check(
        "COMPONENT_VERSION/pages.zip",
        "COMPONENT_VERSION/x.zip",
        place,
        "lacks pages.zip",
    );
    check(
        "Unarchive: ZIP",
        "Unarchive: NONE",
        &format!("{place}/2/Unarchive"),
        "must be ZIP",
    );
    check(
        "Permission: {Read: ALL, Execute: ALL}",
        "Permission: {Read: OWNER, Execute: ALL}",
        &format!("{place}/0/Permission/Read"),
        "user of its own",
    );
    check(
        "Permission: {Read: ALL, Execute: ALL}",
        "Permission: {Read: ALL}",
        &format!("{place}/0/Permission/Execute"),
        "must be ALL",
    );
    check(
        "        Permission: {Read: ALL, Execute: ALL}\n",
        "",
        &format!("{place}/0/Permission"),
        "is missing",
    );
}
