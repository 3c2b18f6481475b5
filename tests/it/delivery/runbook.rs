//! Runs what the runbook about releases tells people to type.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use hotel_tests::Aws;
use hotel_tests::hotel::{artifacts, repository};
use hotel_tests::releases::{Workshop, delivery, deployed, reported, said, said_json, told};
use hotel_tests::runbook::Runbook;
use serde_json::json;

/// An operator at their desk.
struct Desk {
    workshop: Workshop,
    aws: Aws,
    book: Runbook,
}

impl Desk {
    async fn new() -> Self {
        let desk = Self {
            workshop: Workshop::new(),
            aws: Aws::start(),
            book: Runbook::read("deploying.md"),
        };
        desk.aws.make_bucket().await;
        desk.install();
        desk
    }

    /// `cargo x`, which packs stand-ins instead of building, and does not wait long.
    fn install(&self) {
        let (program, programs) = (artifacts().join("delivery"), self.workshop.stand_ins("a"));
        let (program, programs) = (program.display(), programs.display());
        let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let script = format!(
            "#!/bin/sh\nexport CARGO={cargo}\nshift\nchore=$1\nshift\ncase $chore in\n\
             package) exec {program} package --programs {programs} --only broker,uplink \"$@\";;\n\
             publish) exec {program} publish --rehearsal \"$@\";;\n\
             deploy|rollback) exec {program} $chore --wait 0 \"$@\";;\n\
             *) exec {program} $chore \"$@\";;\nesac\n"
        );
        let shim = self.workshop.place("bin/cargo");
        fs::create_dir_all(shim.parent().unwrap()).unwrap();
        fs::write(&shim, script).unwrap();
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Types a block.
    fn types(&mut self, block: &str, words: &[(&str, &str)]) -> Output {
        let path = env::var("PATH").unwrap();
        let bin = self.workshop.place("bin").display().to_string();
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", &self.book.take(block)])
            .current_dir(repository())
            .env("PATH", format!("{bin}:{path}"))
            .env("KEY", self.workshop.place("own.key"))
            .env("DIST", self.workshop.place("dist"))
            .env("BUCKET", "releases")
            .env("VERSION", "0.1.0")
            .env("WISHES", repository().join("infra/deployment.yaml"))
            .env("CANARY", "canary")
            .env("TARGET", "hotels")
            .envs(words.iter().copied());
        self.aws.introduce(&mut command);
        command.output().unwrap()
    }

    /// Lets the one box of a group report that it runs what was deployed last.
    async fn runs(&self, group: &str, version: &str) {
        let status = delivery(Some(&self.aws), &["status", "--json", "--target", group]);
        let id = said_json(&status)["deployment_id"].clone();
        let components = deployed(&self.aws, group).await;
        assert_eq!(reported(&components, "uplink"), version);
        let deployment = json!({"deploymentId": id, "coreDeviceExecutionStatus": "SUCCEEDED"});
        let name = format!("box-of-{group}");
        let told = json!({
            "thing": name, "groups": [group], "components": components,
            "deployments": [deployment]
        });
        self.aws.report(&told).await;
    }
}

#[track_caller]
fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
}

// delivery-3.6
#[tokio::test]
async fn a_release_reaches_the_hotels_and_is_taken_back_by_the_book() {
    let mut desk = Desk::new().await;
    let made = desk.types("key", &[]);
    ends_with(&made, 0);
    let key = said(&made).trim().to_owned();
    let first = [("TRUST", key.as_str())];
    ends_with(&desk.types("package", &first), 0);
    ends_with(&desk.types("publish", &first), 0);

    ends_with(&desk.types("deploy", &first), 3);
    let sent = &desk.aws.requests_of("CreateDeployment").await[0].input;
    let merged = &sent["components"]["uplink"]["configurationUpdate"]["merge"];
    // A fleet's batches leave by the quarter of an hour.
    let batches = r#""batch":{"age_ms":"900000"}"#;
    assert!(merged.as_str().unwrap().contains(batches), "{merged}");
    desk.runs("canary", "0.1.0").await;
    ends_with(&desk.types("deploy", &first), 3);
    desk.runs("hotels", "0.1.0").await;
    ends_with(&desk.types("status", &first), 0);

    let next = [
        ("TRUST", key.as_str()),
        ("BEFORE", "0.1.0"),
        ("VERSION", "0.2.0"),
    ];
    desk.workshop.stand_ins("b");
    ends_with(&desk.types("package-next", &next), 0);
    ends_with(&desk.types("publish", &next), 0);
    ends_with(&desk.types("deploy", &next), 3);
    desk.runs("canary", "0.2.0").await;
    ends_with(&desk.types("deploy", &next), 3);
    ends_with(&desk.types("rollback", &next), 3);
    desk.runs("hotels", "0.1.0").await;
    ends_with(&desk.types("status", &next), 0);
    desk.book.is_done();
}
