//! A release on its way to the cloud.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotel_tests::Aws;
use hotel_tests::releases::{Workshop, delivery, said_json, told};
use serde_json::{Value, json};

/// A workshop with one release, and a cloud with the bucket.
pub(super) async fn start() -> (Workshop, PathBuf, Aws) {
    let (workshop, aws) = (Workshop::new(), Aws::start());
    let set = workshop.pack("0.2.0", &workshop.stand_ins("a"), &[]);
    aws.make_bucket().await;
    aws.forget().await;
    (workshop, set, aws)
}

async fn count(aws: &Aws, operation: &str) -> usize {
    aws.requests_of(operation).await.len()
}

/// What of a publication changes anything.
async fn changes(aws: &Aws) -> [usize; 2] {
    [
        count(aws, "PutObject").await,
        count(aws, "CreateComponentVersion").await,
    ]
}

// delivery-2.1
#[tokio::test]
async fn a_release_is_published_once_and_an_interrupted_publication_goes_on() {
    let (workshop, set, aws) = start().await;
    let printed = said_json(&workshop.publish(&aws, &set, &["--dry-run"]));
    let objects = printed["objects"].as_array().unwrap().len();
    aws.fail(
        "CreateComponentVersion",
        (500, "InternalServerException"),
        "x",
        3,
    )
    .await;
    let failed = workshop.publish(&aws, &set, &[]);
    assert_eq!(failed.status.code(), Some(1), "{}", told(&failed));
    assert_eq!(changes(&aws).await, [objects, 3]);

    let published = workshop.publish(&aws, &set, &[]);
    assert!(published.status.success(), "{}", told(&published));
    assert_eq!(changes(&aws).await, [objects, 5]);

    aws.forget().await;
    let again = workshop.publish(&aws, &set, &[]);
    assert!(again.status.success(), "{}", told(&again));
    assert_eq!(changes(&aws).await, [0, 0]);
}

// delivery-2.1
#[tokio::test]
async fn an_object_whose_answer_was_lost_is_our_own() {
    let (workshop, set, aws) = start().await;
    aws.lose_answer("PutObject").await;
    let published = workshop.publish(&aws, &set, &[]);
    assert!(published.status.success(), "{}", told(&published));
    let put = aws.requests_of("PutObject").await;
    let codes: Vec<_> = put[..2].iter().map(|request| request.status).collect();
    assert_eq!(codes, [500, 412]);
    assert_eq!(put[0].path, put[1].path);
}

// delivery-2.2
#[tokio::test]
async fn a_dry_run_prints_what_is_sent() {
    let (workshop, set, aws) = start().await;
    let printed = said_json(&workshop.publish(&aws, &set, &["--dry-run"]));
    assert!(aws.requests().await.is_empty());
    let published = workshop.publish(&aws, &set, &[]);
    assert!(published.status.success(), "{}", told(&published));

    let put: Vec<_> = aws.requests_of("PutObject").await;
    let put: Vec<_> = put.iter().map(|request| request.path.as_str()).collect();
    let expected = printed["objects"].as_array().unwrap().iter();
    let expected: Vec<_> = expected
        .map(|object| {
            let [bucket, key] = ["bucket", "key"].map(|name| object[name].as_str().unwrap());
            format!("/{bucket}/{key}")
        })
        .collect();
    assert_eq!(put, expected);

    let made = aws.requests_of("CreateComponentVersion").await;
    let made: Vec<Value> = made
        .into_iter()
        .map(|request| plain(request.input))
        .collect();
    assert_eq!(Value::from(made), printed["componentVersions"]);
    let recipe = printed["componentVersions"][1]["inlineRecipe"]
        .as_str()
        .unwrap();
    assert!(
        recipe.contains("URI: s3://releases/uplink/0.2.0/uplink"),
        "{recipe}"
    );
}

/// A recipe travels as base64.
fn plain(mut input: Value) -> Value {
    let recipe = STANDARD
        .decode(input["inlineRecipe"].as_str().unwrap())
        .unwrap();
    input["inlineRecipe"] = json!(String::from_utf8(recipe).unwrap());
    input
}

// delivery-2.3
#[tokio::test]
async fn nothing_is_sent_of_a_release_that_was_changed_or_that_a_stranger_signed() {
    let (workshop, set, aws) = start().await;
    let mut stranger = Workshop::new();
    let like_an_option = format!("-{}", "A".repeat(42));
    for key in [stranger.key.clone(), like_an_option] {
        stranger.key = key;
        let refused = told(&stranger.publish(&aws, &set, &[]));
        assert!(refused.contains("signed by none of the keys"), "{refused}");
    }

    fs::write(workshop.place("dist/uplink/0.2.0/uplink"), "evil").unwrap();
    let changed = workshop.publish(&aws, &set, &[]);
    assert_eq!(changed.status.code(), Some(1));
    let complaint = told(&changed);
    assert!(
        complaint.contains("uplink/0.2.0/uplink was changed after it was signed"),
        "{complaint}"
    );
    assert!(aws.requests().await.is_empty());
}

// delivery-2.4
#[tokio::test]
async fn what_is_in_the_cloud_is_never_replaced() {
    let (workshop, set, aws) = start().await;
    assert!(workshop.publish(&aws, &set, &[]).status.success());
    let other = Workshop::new();
    let recipes = other.recipes("uplink", ("\"4194304\"", "\"4194305\""));
    let recipes = ["--recipes", recipes.to_str().unwrap()];

    let program = other.pack("0.2.0", &other.stand_ins("b"), &[]);
    let taken = told(&other.publish(&aws, &program, &[]));
    assert!(
        taken.contains("s3://releases/uplink/0.2.0/uplink is there with other contents"),
        "{taken}"
    );

    // The same program with another recipe, past its papers, which are others, too.
    for paper in ["set-0.2.0.json", "set-0.2.0.json.sig"] {
        aws.remove(&format!("releases/releases/{paper}")).await;
    }
    let same = Workshop::new();
    let recipe = same.pack("0.2.0", &same.stand_ins("a"), &recipes);
    let taken = told(&same.publish(&aws, &recipe, &[]));
    assert!(
        taken.contains("component uplink 0.2.0 is in Greengrass with another recipe"),
        "{taken}"
    );
}

// delivery-2.5
#[tokio::test]
async fn a_component_that_greengrass_cannot_use_ends_the_publication() {
    let (workshop, set, aws) = start().await;
    assert!(workshop.publish(&aws, &set, &[]).status.success());
    let failed = json!([{"componentState": "FAILED", "message": "the recipe is odd"}]);
    aws.describe_as("uplink", "0.2.0", &failed).await;
    let told = told(&workshop.publish(&aws, &set, &[]));
    assert!(
        told.contains("cannot deploy uplink 0.2.0: FAILED: the recipe is odd"),
        "{told}"
    );
}

// delivery-2.6
#[tokio::test]
async fn a_policy_that_is_too_narrow_is_told_by_the_action_it_lacks() {
    let (workshop, set, aws) = start().await;
    let denied = (403, "AccessDenied");
    for (operation, action) in [
        ("HeadObject", "s3:GetObject and s3:ListBucket"),
        ("PutObject", "s3:PutObject"),
        ("DescribeComponent", "greengrass:DescribeComponent"),
        (
            "CreateComponentVersion",
            "greengrass:CreateComponentVersion",
        ),
    ] {
        aws.fail(operation, denied, "Access Denied", 1).await;
        let refused = workshop.publish(&aws, &set, &[]);
        assert_eq!(refused.status.code(), Some(1));
        let told = told(&refused);
        assert!(
            told.contains(&format!("access denied; allow {action} to")),
            "{told}"
        );
    }
}

// delivery-2.7
#[tokio::test]
async fn what_nobody_can_make_again_is_published_only_as_a_rehearsal() {
    let (workshop, set, aws) = start().await;
    let set = set.to_str().unwrap();
    let arguments = [
        "publish",
        "--bucket",
        "releases",
        "--set",
        set,
        "--trust",
        &workshop.key,
    ];
    let refused = hotel_tests::releases::delivery(Some(&aws), &arguments);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told(&refused).contains("say --rehearsal"),
        "{}",
        told(&refused)
    );
    assert!(aws.requests().await.is_empty());
}

// delivery-1.1
#[test]
fn components_that_did_not_change_keep_their_version_and_versions_never_change() {
    let workshop = Workshop::new();
    let programs = workshop.stand_ins("a");
    let first = workshop.pack("0.1.0", &programs, &[]);
    assert_eq!(workshop.pack("0.1.0", &programs, &[]), first);

    let recipes = workshop.recipes("uplink", ("\"4194304\"", "\"4194305\""));
    let recipes = recipes.to_str().unwrap();
    let since = ["--since", first.to_str().unwrap(), "--recipes", recipes];
    let second = workshop.pack("0.2.0", &programs, &since);
    let set: Value = serde_json::from_slice(&fs::read(second).unwrap()).unwrap();
    assert_eq!(set["components"]["broker"]["version"], "0.1.0");
    assert_eq!(set["components"]["uplink"]["version"], "0.2.0");

    let changed = workshop.try_pack("0.1.0", &workshop.stand_ins("b"), &[]);
    assert_eq!(changed.status.code(), Some(1));
    assert!(
        told(&changed).contains("versions never change"),
        "{}",
        told(&changed)
    );
}

// delivery-1.1
#[test]
fn a_package_that_is_refused_leaves_the_release_before_it_whole() {
    let workshop = Workshop::new();
    let programs = workshop.stand_ins("a");
    workshop.pack("0.1.0", &programs, &[]);
    let (dist, key) = (workshop.place("dist"), workshop.place("release.key"));
    let bill = dist.join("sbom-0.1.0.cdx.json");
    let before = fs::read(&bill).unwrap();
    // Its component is the same, its bill of materials is not.
    let refused = delivery(
        None,
        &[
            "package",
            "--version",
            "0.1.0",
            "--only",
            "broker",
            "--out",
            dist.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
            "--programs",
            programs.to_str().unwrap(),
        ],
    );
    assert_eq!(refused.status.code(), Some(1));
    let words = "versions never change";
    assert!(told(&refused).contains(words), "{}", told(&refused));
    assert!(fs::read(&bill).unwrap() == before, "the bill was replaced");
}
