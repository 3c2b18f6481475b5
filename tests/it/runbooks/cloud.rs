//! The cloud by the book: AWS's own command, at a stand-in that judges stacks and at moto.

use std::process::Command;

use hotel_tests::hotel::repository;
use hotel_tests::runbook::{Desk, Runbook};
use hotel_tests::{Aws, Hotel};

/// An operator with rights in AWS.
fn desk(aws: &Aws) -> Desk {
    let mut desk = Desk::new();
    for (name, value) in aws.words() {
        desk.word(name, value);
    }
    for (name, value) in [
        ("PREFIX", "acme-hotels"),
        ("TENANT", "acme"),
        ("PROPERTY", "seaside"),
        ("HUB_NAME", "hub.example.com"),
        ("SIGNALING_NAME", "signaling.example.com"),
        ("HUB_IMAGE", "example/hub:0.1.0"),
        ("SIGNALING_IMAGE", "example/signaling:0.1.0"),
        ("EMAIL", "night@example.com"),
        ("RUNBOOKS", "https://example.com/runbooks"),
        ("PROPERTIES", "seaside"),
        ("BOXES", "seaside-1"),
        ("TURN", "2"),
    ] {
        desk.word(name, value);
    }
    desk
}

/// What the stacks would have made.
fn make(aws: &Aws) {
    let mut command = Command::new(Hotel::python());
    command
        .args(["-B", "made.py", "acme-hotels"])
        .current_dir(repository().join("tests/python/infra"));
    aws.introduce(&mut command);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// The stacks that were brought to what their templates say, in order.
async fn stacks(aws: &Aws) -> Vec<String> {
    let name = |request: &hotel_tests::aws::Request| {
        request.input["StackName"].as_str().unwrap().to_owned()
    };
    aws.requests_of("ExecuteChangeSet")
        .await
        .iter()
        .map(name)
        .collect()
}

// provisioning-8.1, infra-1.2
#[tokio::test]
async fn a_companys_cloud_is_set_up_and_kept_by_the_book() {
    let aws = Aws::start();
    let (desk, mut book) = (desk(&aws), Runbook::read("cloud.md"));
    let programs = book.take("programs");
    let early = desk.types(&programs);
    let told = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(
        !early.status.success() && told.contains("No export named"),
        "{told}"
    );

    desk.follows(&mut book, "stacks");
    make(&aws);
    for block in ["root", "keys", "send-keys", "programs", "hotel"] {
        desk.follows(&mut book, block);
    }
    let expected = [
        "edge-fleet",
        "edge-data",
        "edge-cloud",
        "edge-programs",
        "edge-watch",
        "seaside",
    ];
    assert_eq!(
        stacks(&aws).await,
        expected.map(|name| format!("hotel-{name}"))
    );
    kept(&desk, "hub/server/cert", "hub-server/cert");
    kept(
        &desk,
        "signaling/identity/key",
        "cloud/identity/signaling/key",
    );

    desk.follows(&mut book, "password");
    assert_eq!(stacks(&aws).await[6..], ["hotel-edge-cloud"]);
    let before = std::fs::read(desk.path("hub-server/cert.pem")).unwrap();
    desk.follows(&mut book, "renew");
    desk.follows(&mut book, "send-keys");
    assert_ne!(
        std::fs::read(desk.path("hub-server/cert.pem")).unwrap(),
        before
    );
    kept(&desk, "hub/server/cert", "hub-server/cert");
}

/// Compares a parameter with the file that it is of.
#[track_caller]
fn kept(desk: &Desk, parameter: &str, file: &str) {
    let ask = format!(
        "aws ssm get-parameter --with-decryption --name /hotel-edge/{parameter}.pem \
         --query Parameter.Value --output text"
    );
    let found = String::from_utf8(desk.types(&ask).stdout).unwrap();
    let sent = std::fs::read_to_string(desk.path(&format!("{file}.pem"))).unwrap();
    assert_eq!(found.trim(), sent.trim());
}
