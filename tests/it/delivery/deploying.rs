//! A release on its way to groups of boxes, and back.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use hotel_tests::Aws;
use hotel_tests::aws::{ACCOUNT, REGION};
use hotel_tests::releases::{Workshop, delivery, deployed, said, said_json, told};
use serde_json::{Value, json};

/// Deploys to the group `hotels` and does not wait.
const AT_ONCE: &[&str] = &["--target", "hotels", "--wait", "0"];

fn start() -> (Workshop, PathBuf, Aws) {
    let workshop = Workshop::new();
    let set = workshop.pack("0.1.0", &workshop.stand_ins("a"), &[]);
    (workshop, set, Aws::start())
}

/// A box that reports what became of the latest deployment of a group: everything runs, but for
/// `uplink`, which is as told.
async fn report(aws: &Aws, group: &str, name: &str, [execution, version, state]: [&str; 3]) {
    let mut components = deployed(aws, group).await;
    for component in &mut components {
        if component["componentName"] == "uplink" {
            component["componentVersion"] = version.into();
            component["lifecycleState"] = state.into();
        }
    }
    report_of(aws, group, name, (execution, &components)).await;
}

async fn report_of(aws: &Aws, group: &str, name: &str, (execution, components): (&str, &[Value])) {
    let sent = latest(aws, group);
    let deployment = json!({
        "deploymentId": sent["deployment_id"], "coreDeviceExecutionStatus": execution
    });
    let told = json!({
        "thing": name, "groups": [group], "components": components, "deployments": [deployment]
    });
    aws.report(&told).await;
}

fn status(aws: &Aws, group: &str, more: &[&str]) -> Output {
    delivery(Some(aws), &[&["status", "--target", group], more].concat())
}

fn latest(aws: &Aws, group: &str) -> Value {
    said_json(&status(aws, group, &["--json"]))
}

fn rollback(aws: &Aws, more: &[&str]) -> Output {
    let fixed = [
        "rollback",
        "--target",
        "hotels",
        "--wait",
        "0",
        "--look-ms",
        "50",
    ];
    delivery(Some(aws), &[&fixed[..], more].concat())
}

async fn sent(aws: &Aws) -> Vec<Value> {
    let requests = aws.requests_of("CreateDeployment").await;
    requests.into_iter().map(|request| request.input).collect()
}

// delivery-3.1, delivery-3.3
#[tokio::test]
async fn a_deployment_names_everything_and_a_dry_run_prints_it() {
    let (workshop, set, aws) = start();
    let wishes = workshop.place("deployment.yaml");
    let text = "others: {aws.greengrass.Cli: \"2.14.0\"}\n\
        configuration: {uplink: {s3: {bucket: b}}}\nrollout: {first_per_minute: 1}\n";
    fs::write(&wishes, text).unwrap();
    let with = [AT_ONCE, &["--with", wishes.to_str().unwrap()]].concat();
    let printed = said_json(&workshop.deploy(&aws, &set, &[&with[..], &["--dry-run"]].concat()));
    assert!(sent(&aws).await.is_empty());
    workshop.deploy(&aws, &set, &with);
    assert_eq!(Value::from(sent(&aws).await), printed);

    let request = &printed[0];
    let arn = format!("arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/hotels");
    assert_eq!(request["targetArn"], json!(arn));
    let components = request["components"].as_object().unwrap();
    let names: Vec<_> = components.keys().collect();
    assert_eq!(names, ["aws.greengrass.Cli", "broker", "uplink"]);
    let update = &components["uplink"]["configurationUpdate"];
    assert_eq!(
        *update,
        json!({"merge": r#"{"s3":{"bucket":"b"}}"#, "reset": [""]})
    );
    let policies = &request["deploymentPolicies"];
    assert_eq!(policies["failureHandlingPolicy"], "ROLLBACK");
    assert_eq!(
        policies["componentUpdatePolicy"]["action"],
        "NOTIFY_COMPONENTS"
    );

    // The same again is the same deployment.
    let again = workshop.deploy(&aws, &set, &with);
    assert!(
        told(&again).contains("is deployed already"),
        "{}",
        told(&again)
    );
    assert_eq!(sent(&aws).await.len(), 1);
}

// delivery-3.2
#[tokio::test]
async fn values_that_nobody_reads_are_refused_before_anything_is_sent() {
    let (workshop, set, aws) = start();
    let wishes = workshop.place("deployment.yaml");
    for (text, expected) in [
        (
            "configuration: {uplink: {s3: {buckt: b}}}",
            "configuration.uplink: /s3/buckt is not declared",
        ),
        (
            "configuration: {uplnk: {}}",
            "configuration.uplnk: the deployment has no such component",
        ),
        (
            "others: {uplink: \"9.9.9\"}",
            "others.uplink: it is a component of the release",
        ),
        ("on_failure: explode", "is not the file of a deployment"),
    ] {
        fs::write(&wishes, text).unwrap();
        let with = [AT_ONCE, &["--with", wishes.to_str().unwrap()]].concat();
        let refused = workshop.deploy(&aws, &set, &with);
        assert_eq!(refused.status.code(), Some(1));
        assert!(told(&refused).contains(expected), "{}", told(&refused));
    }
    assert!(sent(&aws).await.is_empty());
}

// delivery-3.4
#[tokio::test]
async fn the_others_get_it_only_when_the_first_few_run_it() {
    let (workshop, set, aws) = start();
    let staged = ["--canary", "canary", "--target", "hotels", "--wait", "0"];
    let waiting = workshop.deploy(&aws, &set, &staged);
    assert_eq!(waiting.status.code(), Some(3), "{}", told(&waiting));
    let targets = |sent: Vec<Value>| -> Vec<String> {
        let target = |request: &Value| request["targetArn"].as_str().unwrap().to_owned();
        sent.iter().map(target).collect()
    };
    let only_first = targets(sent(&aws).await);
    assert!(
        only_first.len() == 1 && only_first[0].ends_with("/canary"),
        "{only_first:?}"
    );

    // One that says it succeeded, and does not say what it runs.
    report_of(&aws, "canary", "box-1", ("SUCCEEDED", &[])).await;
    let silent = workshop.deploy(&aws, &set, &staged);
    assert_eq!(silent.status.code(), Some(3), "{}", told(&silent));
    assert!(
        told(&silent).contains("does not report broker 0.1.0"),
        "{}",
        told(&silent)
    );
    assert_eq!(sent(&aws).await.len(), 1);

    report(&aws, "canary", "box-1", ["SUCCEEDED", "0.1.0", "RUNNING"]).await;
    let done = workshop.deploy(&aws, &set, &staged);
    let both = targets(sent(&aws).await);
    assert!(
        both.len() == 2 && both[1].ends_with("/hotels"),
        "{both:?} {}",
        told(&done)
    );

    // A box in both groups would have to run two releases.
    let overlap = json!({"thing": "box-1", "groups": ["canary", "hotels"]});
    aws.report(&overlap).await;
    let refused = workshop.deploy(&aws, &set, &staged);
    assert!(
        told(&refused).contains("box-1 is in canary and in hotels"),
        "{}",
        told(&refused)
    );
}

// delivery-3.5, delivery-4.2
#[tokio::test]
async fn a_deployment_that_never_becomes_ready_is_seen_and_taken_back() {
    let (workshop, first, aws) = start();
    workshop.deploy(&aws, &first, AT_ONCE);
    report(&aws, "hotels", "box-1", ["SUCCEEDED", "0.1.0", "RUNNING"]).await;
    assert_eq!(status(&aws, "hotels", &[]).status.code(), Some(0));

    let second = workshop.pack("0.2.0", &workshop.stand_ins("b"), &[]);
    let wait = ["--target", "hotels", "--wait", "1"];
    report(&aws, "hotels", "box-1", ["SUCCEEDED", "0.1.0", "RUNNING"]).await;
    let waited = workshop.deploy(&aws, &second, &wait);
    assert_eq!(waited.status.code(), Some(3), "{}", told(&waited));
    assert!(
        said(&waited).contains("box-1 healthy, not yet: has not heard of it"),
        "{}",
        told(&waited)
    );

    report(&aws, "hotels", "box-1", ["FAILED", "0.2.0", "BROKEN"]).await;
    let failed = status(&aws, "hotels", &[]);
    assert_eq!(failed.status.code(), Some(4));
    assert!(
        said(&failed).contains("uplink 0.2.0 is BROKEN"),
        "{}",
        told(&failed)
    );
    assert_eq!(workshop.deploy(&aws, &second, &wait).status.code(), Some(4));

    let printed = said_json(&rollback(&aws, &["--dry-run"]));
    rollback(&aws, &[]);
    let sent = sent(&aws).await;
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2], printed[0]);
    for same in [
        "targetArn",
        "deploymentName",
        "components",
        "deploymentPolicies",
        "iotJobConfiguration",
    ] {
        assert_eq!(sent[2][same], sent[0][same], "{same}");
    }
    report(&aws, "hotels", "box-1", ["SUCCEEDED", "0.1.0", "RUNNING"]).await;
    assert_eq!(status(&aws, "hotels", &[]).status.code(), Some(0));

    let further = rollback(&aws, &[]);
    assert_eq!(further.status.code(), Some(1));
    assert!(
        told(&further).contains("nothing to go back to"),
        "{}",
        told(&further)
    );
}

// delivery-2.6
#[tokio::test]
async fn operators_without_rights_are_told_which() {
    let (workshop, set, aws) = start();
    let denied = (403, "AccessDeniedException");
    let words = "User: test is not authorized to perform: iot:CreateJob on resource: *";
    aws.fail("CreateDeployment", denied, words, 1).await;
    let refused = workshop.deploy(&aws, &set, AT_ONCE);
    assert!(
        told(&refused).contains("allow iot:CreateJob to"),
        "{}",
        told(&refused)
    );

    aws.fail("ListCoreDevices", denied, "no", 1).await;
    workshop.deploy(&aws, &set, AT_ONCE);
    let refused = status(&aws, "hotels", &[]);
    aws.fail("ListCoreDevices", denied, "no", 1).await;
    let again = status(&aws, "hotels", &[]);
    let told = [told(&refused), told(&again)].concat();
    assert!(
        told.contains("allow greengrass:ListCoreDevices to"),
        "{told}"
    );
}
