//! Runs what the runbooks tell people to type.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use axum::http::StatusCode;
use hotel_tests::Aws;
use hotel_tests::fleet::Fleet;
use hotel_tests::hotel::{artifacts, repository};
use hotel_tests::runbook::Runbook;
use tempfile::TempDir;

use super::cloud::{rotated, set_up, table};
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
        fs::write(desk.path().join("registration.json"), "{}").unwrap();
        let world = Self {
            aws,
            fleet,
            site,
            desk,
        };
        world.install();
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
            .current_dir(repository())
            .env("PATH", format!("{bin}:{path}"))
            .env("HOTEL_EDGECTL", self.program())
            .env("OUT", file("out"))
            .env("ROOTS", file("roots.pem"))
            .env("REGISTRATION", file("registration.json"))
            .envs([
                ("TENANT", "acme"),
                ("PROPERTY", "seaside"),
                ("SEGMENT", "main"),
                ("BOX", "box-1"),
                ("SERIAL", "NUC-0001"),
                ("DATA_ENDPOINT", "data.example"),
                ("CREDENTIALS_ENDPOINT", "credentials.example"),
                ("HOTEL_NETWORK", "192.168.10.0/24"),
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

// provisioning-8.1
#[tokio::test]
async fn a_box_is_provisioned_by_the_book() {
    let (world, mut book) = (World::new().await, Runbook::read("provisioning.md"));
    let blocks = [
        "cloud-setup",
        "make-image",
        "first-boot",
        "doctor",
        "support-bundle",
        "rotate",
    ];
    world.follows(&mut book, &blocks, &[]).await;
    let keep = rotated(&world.aws).await;
    world
        .follows(&mut book, &["retire"], &[("KEEP", &keep)])
        .await;
    world.follows(&mut book, &["revoke-claim"], &[]).await;
    book.is_done();
}

// provisioning-8.1
#[tokio::test]
async fn a_stolen_box_is_ended_by_the_book() {
    let (world, mut book) = (World::new().await, Runbook::read("lost-box.md"));
    rotated(&world.aws).await;
    world.follows(&mut book, &["end"], &[]).await;
    assert!(!world.desk.path().join("registration.json").exists());
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
