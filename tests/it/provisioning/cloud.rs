//! The operator's side in AWS.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use hotel_tests::Aws;
use hotel_tests::aws::{ACCOUNT, Request};
use hotel_tests::hotel::{artifacts, repository};
use serde_json::Value;

use super::site::{Boot, finish};

/// Role and hook, as the stack of the fleet names them.
fn arns() -> [String; 6] {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    [
        "--token-role".to_owned(),
        role("hotel-edge-token-exchange"),
        "--provisioning-role".to_owned(),
        role("provisioning"),
        "--hook".to_owned(),
        format!("arn:aws:lambda:eu-central-1:{ACCOUNT}:function:hotel-edge-hook"),
    ]
}

/// `edgectl cloud` on this AWS.
pub(super) async fn cloud(aws: &Aws, arguments: &[&str]) -> Boot {
    let mut command = Command::new(artifacts().join("edgectl"));
    command.arg("cloud").args(arguments).stdin(Stdio::null());
    aws.introduce(&mut command);
    finish(command).await
}

/// Sets a hotel up with everything that it needs.
pub(super) async fn set_up(aws: &Aws, more: &[&str]) -> Boot {
    let arns = arns();
    let mut arguments = vec!["setup", "--tenant", "acme", "--property", "seaside"];
    arguments.extend(["--segment", "main", "--segment", "pool"]);
    arguments.extend(arns.iter().map(String::as_str));
    arguments.extend(more);
    cloud(aws, &arguments).await
}

/// Python that talks to this AWS.
fn python(aws: &Aws) -> Command {
    let mut command = Command::new(hotel_tests::Hotel::python());
    aws.introduce(&mut command);
    command
}

/// A table for the list of boxes, as the stack of the fleet makes it.
pub(super) async fn table(aws: &Aws) {
    let mut command = python(aws);
    command.arg("-c").arg(
        "import boto3; boto3.client('dynamodb').create_table(TableName='hotel-edge-boxes', \
         BillingMode='PAY_PER_REQUEST', \
         AttributeDefinitions=[{'AttributeName': 'serial', 'AttributeType': 'S'}], \
         KeySchema=[{'AttributeName': 'serial', 'KeyType': 'HASH'}])",
    );
    let made = finish(command).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
}

/// A bucket, as a stack makes it.
pub(super) async fn bucket(aws: &Aws, name: &str) {
    let mut command = python(aws);
    command.arg("-c").arg(format!(
        "import boto3; boto3.client('s3').create_bucket(Bucket='{name}', \
         CreateBucketConfiguration={{'LocationConstraint': 'eu-central-1'}})"
    ));
    let made = finish(command).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
}

/// What the list says of a box.
async fn listed(aws: &Aws, serial: &str) -> Value {
    let mut command = python(aws);
    command.arg("-c").arg(format!(
        "import boto3, json; print(json.dumps(boto3.client('dynamodb').get_item(\
         TableName='hotel-edge-boxes', Key={{'serial': {{'S': '{serial}'}}}}).get('Item')))"
    ));
    let told = finish(command).await;
    serde_json::from_str(&told.said).unwrap()
}

/// Expects a box and makes its claim in a directory.
async fn claim(aws: &Aws, out: &Path) -> Boot {
    claim_of(aws, "NUC-0001", out).await
}

async fn claim_of(aws: &Aws, serial: &str, out: &Path) -> Boot {
    let out = out.display().to_string();
    let mut arguments = vec!["claim", "--serial", serial, "--property", "seaside"];
    arguments.extend(["--box", "box-1", "--days", "30", "--out", &out]);
    cloud(aws, &arguments).await
}

/// What a claim's directory says of it.
fn recorded(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("claim.json")).unwrap()).unwrap()
}

/// How many certificates were made for claims.
async fn made(aws: &Aws) -> usize {
    aws.requests_of("CreateKeysAndCertificate").await.len()
}

/// Lets the next attempt to end a certificate fail, however often it is tried.
async fn end_of_certificates_fails(aws: &Aws) {
    let error = (500, "InternalFailureException");
    aws.fail("UpdateCertificate", error, "not now", 3).await;
}

/// Certificates that were ended so: `INACTIVE` or `REVOKED`.
async fn ended(aws: &Aws, status: &str) -> Vec<String> {
    let mut requests = aws.requests_of("UpdateCertificate").await;
    requests.retain(|request| request.status == 200 && request.input["newStatus"] == status);
    let id = |request: &Request| request.input["certificateId"].as_str().unwrap().to_owned();
    requests.iter().map(id).collect()
}

// provisioning-4.1
#[tokio::test]
async fn a_hotel_is_set_up_once() {
    let aws = Aws::start();
    let looked = set_up(&aws, &["--dry-run"]).await;
    assert_eq!(looked.code, Some(0), "{}", looked.said);
    assert!(looked.said.contains("would be made"));
    assert!(aws.requests_of("CreateThingGroup").await.is_empty());

    let made = set_up(&aws, &[]).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    let groups = aws.requests_of("CreateThingGroup").await;
    let names: Vec<_> = groups
        .iter()
        .map(|request| request.input["thingGroupName"].as_str().unwrap())
        .collect();
    let expected = [
        "hotel-fleet",
        "hotel-seaside",
        "hotel-seaside-main",
        "hotel-seaside-pool",
    ];
    assert_eq!(names, expected);
    assert_eq!(groups[2].input["parentGroupName"], "hotel-seaside");
    let template = aws.requests_of("CreateProvisioningTemplate").await;
    assert!(template[0].input["preProvisioningHook"]["targetArn"].is_string());

    let asked = aws.requests().await.len();
    let again = set_up(&aws, &[]).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
    assert!(!again.said.contains("made"), "{}", again.said);
    assert!(!again.said.contains("DIFFERS"), "{}", again.said);
    let later = &aws.requests().await[asked..];
    let creates = |operation: &Option<String>| {
        operation
            .as_deref()
            .is_some_and(|name| name.starts_with("Create"))
    };
    assert!(!later.iter().any(|request| creates(&request.operation)));
}

/// Runs `tests/python/infra/fleet.py` on this AWS.
async fn fleet(aws: &Aws, act: &str, given: &str) -> Boot {
    let scratch = tempfile::tempdir().unwrap();
    let input = scratch.path().join("given.json");
    fs::write(&input, given).unwrap();
    let mut command = python(aws);
    command
        .args(["-B", "fleet.py", act])
        .current_dir(repository().join("tests/python/infra"))
        .stdin(fs::File::open(input).unwrap());
    finish(command).await
}

// provisioning-4.4
#[tokio::test]
async fn a_setup_makes_what_the_stack_of_the_fleet_makes() {
    let aws = Aws::start();
    let made = set_up(&aws, &[]).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    let asked = aws.asked().await;
    let compared = fleet(&aws, "compare", &asked).await;
    assert_eq!(compared.code, Some(0), "{}", compared.said);
    // It would tell.
    let narrower = asked.replace("greengrass*/health", "greengrass/health");
    assert_ne!(narrower, asked);
    let compared = fleet(&aws, "compare", &narrower).await;
    assert_eq!(compared.code, Some(1), "{}", compared.said);
    assert!(
        compared.said.contains("hotel-edge-core"),
        "{}",
        compared.said
    );
}

// provisioning-4.4
#[tokio::test]
async fn what_the_stack_made_is_taken_for_what_it_is() {
    let aws = Aws::start();
    let made = fleet(&aws, "make", "").await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    let looked = set_up(&aws, &[]).await;
    assert_eq!(looked.code, Some(0), "{}", looked.said);
    assert!(!looked.said.contains("DIFFERS"), "{}", looked.said);
    // The policies were seen, and not only the want of them.
    for policy in ["hotel-edge-core", "hotel-edge-claim"] {
        let mut lines = looked.said.lines();
        let line = lines.find(|line| line.contains(policy)).unwrap();
        assert!(line.contains("exists"), "{line}");
    }
}

// provisioning-4.2
#[tokio::test]
async fn what_is_not_made_here_is_named() {
    let aws = Aws::start();
    let arguments = [
        "setup",
        "--tenant",
        "acme",
        "--property",
        "seaside",
        "--segment",
        "main",
    ];
    let made = cloud(&aws, &arguments).await;
    assert_eq!(made.code, Some(18), "{}", made.said);
    assert!(
        made.said.contains("role alias hotel-edge-token-exchange"),
        "{}",
        made.said
    );
    assert!(
        made.said.contains("provisioning template hotel-edge"),
        "{}",
        made.said
    );
}

// provisioning-4.2
#[tokio::test]
async fn a_right_that_is_missing_is_named_by_its_action() {
    let aws = Aws::start();
    let words = "User: test is not authorized";
    let denied = (403, "AccessDeniedException");
    aws.fail("CreateProvisioningTemplate", denied, words, 9)
        .await;
    let made = set_up(&aws, &[]).await;
    assert_eq!(made.code, Some(14), "{}", made.said);
    let action = "add iot:CreateProvisioningTemplate on hotel-edge to the policy";
    assert!(made.said.contains(action), "{}", made.said);
    // What was made before stays, and the next run goes on.
    let aws_is_kind = set_up(&aws, &["--dry-run"]).await;
    assert!(aws_is_kind.said.contains("hotel-seaside-pool"));
}

// provisioning-4.3
#[tokio::test]
async fn a_claim_is_made_once_and_can_be_revoked() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("claim");
    let first = claim(&aws, &out).await;
    assert_eq!(first.code, Some(0), "{}", first.said);
    let key = fs::read(out.join("key.pem")).unwrap();
    let again = claim(&aws, &out).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
    assert_eq!(fs::read(out.join("key.pem")).unwrap(), key);
    assert_eq!(made(&aws).await, 1);

    let record = recorded(&out);
    let item = listed(&aws, "NUC-0001").await;
    assert_eq!(item["thing"]["S"], "box-1");
    assert_eq!(item["claim"]["S"], record["certificate_id"]);
    assert!(item["expires_at"]["N"].is_string());

    let other = claim(&aws, &scratch.path().join("other")).await;
    assert_eq!(other.code, Some(1), "{}", other.said);
    assert!(
        other.said.contains("NUC-0001 is expected already"),
        "{}",
        other.said
    );
    assert_eq!(made(&aws).await, 1);

    let revoked = cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    assert_eq!(revoked.code, Some(0), "{}", revoked.said);
    assert_eq!(listed(&aws, "NUC-0001").await, Value::Null);
    let ended = aws.requests_of("UpdateCertificate").await;
    assert_eq!(ended[0].input["newStatus"], "REVOKED");
    let again = cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
}

// provisioning-4.3
#[tokio::test]
async fn a_claim_that_has_ended_is_not_used_again_nor_that_of_another_box() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("claim");
    claim(&aws, &out).await;
    let first = recorded(&out);
    cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    let again = claim(&aws, &out).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
    let second = recorded(&out);
    assert_ne!(second["certificate_id"], first["certificate_id"]);
    let item = listed(&aws, "NUC-0001").await;
    assert_eq!(item["claim"]["S"], second["certificate_id"]);

    // One that expired: as the message of `edgectl image` says it.
    let mut expired = second.clone();
    expired["expires"] = "2026-01-01T12:00:00Z".into();
    fs::write(out.join("claim.json"), expired.to_string()).unwrap();
    let refused = claim(&aws, &out).await;
    assert!(
        refused.said.contains("revoke its claim first"),
        "{}",
        refused.said
    );
    cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    let anew = claim(&aws, &out).await;
    assert_eq!(anew.code, Some(0), "{}", anew.said);
    assert_ne!(recorded(&out)["certificate_id"], second["certificate_id"]);
    assert_eq!(made(&aws).await, 3);

    let other = claim_of(&aws, "NUC-0002", &out).await;
    assert_eq!(other.code, Some(1), "{}", other.said);
    let words = "holds the claim of NUC-0001; name another directory";
    assert!(other.said.contains(words), "{}", other.said);
    assert_eq!(listed(&aws, "NUC-0002").await, Value::Null);
    assert_eq!(made(&aws).await, 3);
}

// provisioning-4.3
#[tokio::test]
async fn a_revocation_that_was_cut_short_is_completed_by_the_next() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    claim(&aws, scratch.path()).await;
    end_of_certificates_fails(&aws).await;
    let cut = cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    assert_eq!(cut.code, Some(1), "{}", cut.said);
    let done = cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    assert_eq!(done.code, Some(0), "{}", done.said);
    let claim = recorded(scratch.path())["certificate_id"].clone();
    assert_eq!(
        Value::from(ended(&aws, "REVOKED").await),
        Value::from([claim])
    );
}

// provisioning-4.3
#[tokio::test]
async fn a_claim_that_made_a_member_is_not_revoked() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    claim(&aws, &scratch.path().join("claim")).await;
    // As the hook notes the key that came.
    let mut command = python(&aws);
    command.arg("-c").arg(
        "import boto3; boto3.client('dynamodb').update_item(TableName='hotel-edge-boxes', \
         Key={'serial': {'S': 'NUC-0001'}}, UpdateExpression='SET public_key = :k', \
         ExpressionAttributeValues={':k': {'S': 'digest'}})",
    );
    assert_eq!(finish(command).await.code, Some(0));
    // Asked for again, it is still that key's.
    let again = claim(&aws, &scratch.path().join("claim")).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
    let kept = cloud(&aws, &["revoke-claim", "--serial", "NUC-0001"]).await;
    assert_eq!(kept.code, Some(1), "{}", kept.said);
    assert!(
        kept.said.contains("NUC-0001 is a member by its claim"),
        "{}",
        kept.said
    );
    assert_eq!(listed(&aws, "NUC-0001").await["public_key"]["S"], "digest");
}

/// A thing with two certificates, as after a rotation; returns the id of the newer one.
pub(super) async fn rotated(aws: &Aws) -> String {
    thing_of(aws, "NUC-0001").await
}

/// The thing as the fleet's template makes it of a box with this serial, with two certificates.
async fn thing_of(aws: &Aws, serial: &str) -> String {
    let mut command = python(aws);
    command.env("SERIAL", serial).arg("-c").arg(
        "import boto3, os; iot = boto3.client('iot')\n\
         attributes = {'serial': os.environ['SERIAL'], 'property': 'seaside'}\n\
         iot.create_thing(thingName='box-1', attributePayload={'attributes': attributes})\n\
         iot.add_thing_to_thing_group(thingName='box-1', thingGroupName='hotel-seaside-main')\n\
         for _ in range(2):\n    \
         made = iot.create_keys_and_certificate(setAsActive=True)\n    \
         iot.attach_policy(policyName='hotel-edge-core', target=made['certificateArn'])\n    \
         iot.attach_thing_principal(thingName='box-1', principal=made['certificateArn'])\n\
         print(made['certificateId'])",
    );
    let made = finish(command).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    made.said.trim().to_owned()
}

// provisioning-5.3
#[tokio::test]
async fn certificates_that_have_served_are_retired() {
    let aws = Aws::start();
    set_up(&aws, &[]).await;
    let newer = rotated(&aws).await;
    let wrong = cloud(
        &aws,
        &["retire", "--thing", "box-1", "--keep", "no-such-id"],
    )
    .await;
    assert_eq!(wrong.code, Some(1), "{}", wrong.said);
    assert!(aws.requests_of("UpdateCertificate").await.is_empty());

    let retired = cloud(&aws, &["retire", "--thing", "box-1", "--keep", &newer]).await;
    assert!(
        retired.said.contains("1 certificates retired"),
        "{}",
        retired.said
    );
    let ended = aws.requests_of("UpdateCertificate").await;
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].input["newStatus"], "INACTIVE");
    assert_ne!(ended[0].input["certificateId"], newer);
    let again = cloud(&aws, &["retire", "--thing", "box-1", "--keep", &newer]).await;
    assert!(
        again.said.contains("0 certificates retired"),
        "{}",
        again.said
    );
}

// provisioning-5.3
#[tokio::test]
async fn a_certificate_that_could_not_be_retired_is_by_the_next_run() {
    let aws = Aws::start();
    set_up(&aws, &[]).await;
    let newer = rotated(&aws).await;
    end_of_certificates_fails(&aws).await;
    let cut = cloud(&aws, &["retire", "--thing", "box-1", "--keep", &newer]).await;
    assert_eq!(cut.code, Some(1), "{}", cut.said);
    let done = cloud(&aws, &["retire", "--thing", "box-1", "--keep", &newer]).await;
    assert!(
        done.said.contains("1 certificates retired"),
        "{}",
        done.said
    );
    let ended = ended(&aws, "INACTIVE").await;
    assert!(ended.len() == 1 && ended[0] != newer, "{ended:?}");
}

// provisioning-5.4
#[tokio::test]
async fn a_box_that_is_gone_is_ended_everywhere() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    claim(&aws, &scratch.path().join("claim")).await;
    rotated(&aws).await;
    let record = scratch.path().join("seaside.json");
    fs::write(&record, "{}").unwrap();
    let registration = record.display().to_string();
    let mut arguments = vec!["decommission", "--serial", "NUC-0001", "--thing", "box-1"];
    arguments.extend(["--registration", &registration]);

    // The first try is cut short.
    aws.fail(
        "DeleteThing",
        (500, "InternalFailureException"),
        "not now",
        9,
    )
    .await;
    let cut = cloud(&aws, &arguments).await;
    assert_eq!(cut.code, Some(1), "{}", cut.said);
    let ended = aws.requests_of("UpdateCertificate").await;
    assert!(
        ended
            .iter()
            .all(|request| request.input["newStatus"] == "REVOKED")
    );
    assert_eq!(ended.len(), 3, "the claim's and both of the thing");
    assert!(!record.exists());
    assert_eq!(listed(&aws, "NUC-0001").await, Value::Null);
    let left = aws.requests_of("RemoveThingFromThingGroup").await;
    assert_eq!(left[0].input["thingGroupName"], "hotel-seaside-main");
}

// provisioning-5.4
#[tokio::test]
async fn an_end_that_was_cut_short_at_the_claim_is_completed_by_the_next() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    claim(&aws, scratch.path()).await;
    rotated(&aws).await;
    end_of_certificates_fails(&aws).await;
    let arguments = ["decommission", "--serial", "NUC-0001", "--thing", "box-1"];
    let cut = cloud(&aws, &arguments).await;
    assert_eq!(cut.code, Some(1), "{}", cut.said);
    let done = cloud(&aws, &arguments).await;
    assert_eq!(done.code, Some(0), "{}", done.said);
    let ended = ended(&aws, "REVOKED").await;
    let claim = recorded(scratch.path())["certificate_id"].clone();
    assert_eq!(claim, *ended[0]);
    assert_eq!(ended.len(), 3, "the claim's and both of the thing");
    assert_eq!(listed(&aws, "NUC-0001").await, Value::Null);
}

// provisioning-5.4
#[tokio::test]
async fn a_box_that_has_the_name_by_now_is_not_ended() {
    let aws = Aws::start();
    table(&aws).await;
    set_up(&aws, &[]).await;
    let scratch = tempfile::tempdir().unwrap();
    claim(&aws, scratch.path()).await;
    thing_of(&aws, "NUC-0003").await;
    let arguments = ["decommission", "--serial", "NUC-0001", "--thing", "box-1"];
    let refused = cloud(&aws, &arguments).await;
    assert_eq!(refused.code, Some(1), "{}", refused.said);
    let words = "thing box-1 is box NUC-0003 by now; nothing was ended";
    assert!(refused.said.contains(words), "{}", refused.said);
    assert!(aws.requests_of("UpdateCertificate").await.is_empty());
    assert_eq!(listed(&aws, "NUC-0001").await["thing"]["S"], "box-1");
}
