//! Runs what the runbooks tell people to type.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use axum::http::StatusCode;
use hotel_tests::fleet::Fleet;
use hotel_tests::hotel::{artifacts, repository};
use hotel_tests::runbook::Runbook;
use hotel_tests::{Aws, Hotel};
use kit::ca::Registration;
use tempfile::TempDir;

use super::cloud::{bucket, rotated, set_up, table};
use super::join::joins_by;
use super::site::{Boot, Site, finish, page};

/// An operator at their desk, and a box in its hotel.
pub(super) struct World {
    pub(super) aws: Aws,
    pub(super) fleet: Fleet,
    site: Site,
    pub(super) desk: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        let aws = Aws::start();
        table(&aws).await;
        // The stack of the fleet.
        let stack = set_up(&aws, &[]).await;
        assert_eq!(stack.code, Some(0), "{}", stack.said);
        let fleet = Fleet::of(&aws, &["NUC-0001"]).await;
        let mut site = Site::new(&fleet, "NUC-0001").await;
        site.set("/deployment/broker/port", page(StatusCode::OK, "").await);
        let desk = tempfile::tempdir().unwrap();
        fs::write(desk.path().join("roots.pem"), "ROOTS").unwrap();
        let world = Self {
            aws,
            fleet,
            site,
            desk,
        };
        world.install();
        // The company has its chain root before its first hotel.
        let root = Runbook::read("cloud.md").take("root");
        let made = world.types(&root, &[]).await;
        assert_eq!(made.code, Some(0), "{}", made.said);
        world
    }

    /// `edgectl` as it is on a box: its plan and its directory are where they always are. The seed
    /// gets a small program instead of this large one.
    fn install(&self) {
        let (real, plan) = (artifacts().join("edgectl"), self.site.plan());
        let (real, plan, dir) = (real.display(), plan.display(), self.site.dir().display());
        let script = format!(
            "#!/bin/sh\ncase $1 in\n\
             first-boot|doctor|rotate|wipe|support-bundle) exec {real} \"$@\" --plan {plan} --dir {dir};;\n\
             image) exec {real} \"$@\" --edgectl /bin/true;;\n\
             *) exec {real} \"$@\";;\nesac\n"
        );
        let program = self.program();
        fs::create_dir(program.parent().unwrap()).unwrap();
        fs::write(&program, script).unwrap();
        let file = |name: &str| self.desk.path().join(name);
        symlink(Hotel::python().with_file_name("aws"), file("bin/aws")).unwrap();
        symlink(repository().join("provisioning"), file("provisioning")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn program(&self) -> PathBuf {
        self.desk.path().join("bin/edgectl")
    }

    /// Types a block.
    async fn types(&self, commands: &str, words: &[(&str, &str)]) -> Boot {
        let path = env::var("PATH").unwrap();
        let bin = self.desk.path().join("bin").display().to_string();
        let file = |name: &str| self.desk.path().join(name);
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(self.desk.path())
            .env("PATH", format!("{bin}:{path}"))
            .env("HOTEL_EDGECTL", self.program())
            .env("OUT", file("out"))
            .env("ROOTS", file("roots.pem"))
            .env("REQUEST", self.site.path("property/chain/request.json"))
            .envs([
                ("TENANT", "acme"),
                ("PROPERTY", "seaside"),
                ("SEGMENT", "main"),
                ("BOX", "box-1"),
                ("SERIAL", "NUC-0001"),
                ("DATA_ENDPOINT", "data.example"),
                ("CREDENTIALS_ENDPOINT", "credentials.example"),
                ("HOTEL_NETWORK", "192.168.10.0/24"),
                ("PREFIX", "acme-hotels"),
            ])
            .envs(words.iter().copied());
        self.aws.introduce(&mut command);
        finish(command).await
    }

    /// Types blocks one after the other; each does what the page says.
    pub(super) async fn follows(
        &self,
        book: &mut Runbook,
        blocks: &[&str],
        words: &[(&str, &str)],
    ) {
        for block in blocks {
            let typed = self.types(&book.take(block), words).await;
            assert_eq!(typed.code, Some(0), "{block}: {}", typed.said);
        }
    }
}

impl World {
    /// The number of the authority, as the box's report shows it.
    fn ca(&self) -> String {
        let report = self.site.report().to_string();
        let (_, rest) = report.split_once("CA ").unwrap();
        rest.chars().take_while(char::is_ascii_hexdigit).collect()
    }

    /// What S3 has under a name.
    async fn stored(&self, place: &str) -> Vec<u8> {
        let fetch = format!("aws s3 cp --only-show-errors s3://{place} fetched");
        let fetched = self.types(&fetch, &[]).await;
        assert_eq!(fetched.code, Some(0), "{}", fetched.said);
        fs::read(self.desk.path().join("fetched")).unwrap()
    }
}

/// Lets the chain root vouch for the hotel, and the cloud's servers know of it.
async fn is_vouched_for(world: &World, book: &mut Runbook) {
    bucket(&world.aws, "acme-hotels-registry").await;
    let another = "0".repeat(64);
    let vouch = book.take("vouch");
    let refused = world.types(&vouch, &[("CA", &another)]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.said);
    assert!(
        refused.said.contains("it is not that box's"),
        "{}",
        refused.said
    );
    world
        .follows(book, &["vouch", "register"], &[("CA", &world.ca())])
        .await;

    let record = world
        .stored("acme-hotels-registry/properties/acme.seaside.json")
        .await;
    let record = Registration::parse(&record).unwrap();
    assert_eq!(record.ca_sha256.to_string(), world.ca());
    fs::write(world.desk.path().join("cross.pem"), record.cross_signed).unwrap();
    let verified = world
        .types("openssl verify -CAfile root.pem cross.pem", &[])
        .await;
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}

// provisioning-8.1
#[tokio::test]
async fn a_box_is_provisioned_by_the_book() {
    let (world, mut book) = (World::new().await, Runbook::read("provisioning.md"));
    let blocks = ["cloud-setup", "make-image", "first-boot"];
    world.follows(&mut book, &blocks, &[]).await;
    is_vouched_for(&world, &mut book).await;
    let blocks = ["doctor", "support-bundle", "rotate"];
    world.follows(&mut book, &blocks, &[]).await;
    let keep = rotated(&world.aws).await;
    world
        .follows(&mut book, &["retire"], &[("KEEP", &keep)])
        .await;
    world.follows(&mut book, &["revoke-claim"], &[]).await;
    joins_by(&book.take("join-request"), &book.take("join-approve")).await;
    book.is_done();
}

// provisioning-8.1
#[tokio::test]
async fn a_stolen_box_is_ended_by_the_book() {
    let (world, mut book) = (World::new().await, Runbook::read("lost-box.md"));
    rotated(&world.aws).await;
    bucket(&world.aws, "acme-hotels-registry").await;
    let place = "acme-hotels-registry/properties/acme.seaside.json";
    let upload = format!("echo '{{}}' | aws s3 cp --only-show-errors - s3://{place}");
    let sent = world.types(&upload, &[]).await;
    assert_eq!(sent.code, Some(0), "{}", sent.said);
    world.follows(&mut book, &["record", "end"], &[]).await;
    let fetched = world.types(&format!("aws s3 cp s3://{place} -"), &[]).await;
    assert!(fetched.said.contains("404"), "{}", fetched.said);
    book.is_done();
}

// provisioning-8.1
#[tokio::test]
async fn a_box_is_replaced_by_the_book() {
    let (world, mut book) = (World::new().await, Runbook::read("replacing-a-box.md"));
    rotated(&world.aws).await;
    let words = [("OLD_SERIAL", "NUC-0001"), ("SERIAL", "NUC-0003")];
    world.follows(&mut book, &["replace", "wipe"], &words).await;
    assert_eq!(fs::read_dir(world.site.dir()).unwrap().count(), 0);
    Runbook::read("doctor.md").is_done();
    book.is_done();
}
