//! A hotel's second box gets the hotel's authority from the first.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Child, Command, Stdio};

use hotel_tests::fleet::{Claims, Fleet};
use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::{Hotel, Plan, eventually};
use kit::ca::{ChainRoot, Key, Predecessors, public_sha256};
use kit::identity::Identity;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use tempfile::TempDir;
use time::OffsetDateTime;
use wire::Filter;
use wire::topic::DeviceWord;

use super::site::{Boot, Site, finish};

const FIRST: &str = "NUC-0001";
const SECOND: &str = "NUC-0002";
const THIRD: &str = "NUC-0003";
/// Devices of a local hotel: one that is revoked, and another.
const REVOKED: &str = "room-101-thermostat";
const OTHER: &str = "room-101-lock";
/// An authority that nobody has.
const NOBODY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A hotel with one box, and where people carry files.
struct House {
    fleet: Fleet,
    first: Site,
    desk: TempDir,
}

impl House {
    async fn new() -> Self {
        let fleet = Fleet::with(&[FIRST, SECOND], Claims { days: 30 }).await;
        let first = Site::new(&fleet, FIRST).await;
        let boot = first.boot().await;
        assert_eq!(boot.code, Some(0), "{}", boot.said);
        let desk = tempfile::tempdir().unwrap();
        Self { fleet, first, desk }
    }

    /// The authority as the report of the first box shows it.
    fn ca(&self) -> String {
        let report = self.first.report();
        let steps = report["steps"].as_array().unwrap();
        let property = steps.iter().find(|step| step["step"] == "property");
        let detail = property.unwrap()["detail"].as_str().unwrap();
        let (_, ca) = detail.split_once("CA ").unwrap();
        ca.chars().take(64).collect()
    }

    /// The second box.
    async fn second(&self, ca: &str) -> Site {
        Site::new(&self.fleet, SECOND).await.joining(ca)
    }

    fn file(&self, name: &str) -> String {
        self.desk.path().join(name).display().to_string()
    }

    /// The second box asks and waits; also the code that it shows.
    fn ask(&self, second: &Site, wait_s: &str) -> (Child, String) {
        let (out, answer) = (self.file("request.json"), self.file("answer.json"));
        let mut command = second.command(&["join", "request"]);
        command.args(["--out", &out, "--answer", &answer, "--wait-s", wait_s]);
        asking(command)
    }

    /// Somebody at the first box types the code in.
    async fn approve(&self, code: &str) -> Boot {
        self.approve_with(code, "answer.json", &[]).await
    }

    /// Nobody asks who is revoked: no broker runs here.
    async fn approve_with(&self, code: &str, answer: &str, more: &[&str]) -> Boot {
        let (request, answer) = (self.file("request.json"), self.file(answer));
        let mut command = Command::new(artifacts().join("edgectl"));
        command
            .args(["join", "approve", &request, "--offline"])
            .args(["--code", code, "--out", &answer])
            .args(more)
            .arg("--dir")
            .arg(self.first.dir());
        finish(command).await
    }

    /// The first box answers a box of this serial and name, or not.
    async fn answers(&self, serial: &str, name: &str, more: &[&str]) -> Boot {
        let mut site = Site::new(&self.fleet, serial).await.joining(&self.ca());
        site.set("/box", name);
        let (mut waiting, code) = self.ask(&site, "60");
        waiting.kill().unwrap();
        waiting.wait().unwrap();
        self.approve_with(&code, "answer.json", more).await
    }
}

/// Starts the asking, and reads the code that it shows.
fn asking(mut command: Command) -> (Child, String) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = said.find_map(|line| Some(line.unwrap().strip_prefix("code: ")?.to_owned()));
    (child, line.unwrap())
}

impl House {
    /// Types commands at a box, where `edgectl` works in places of its own.
    fn typing(&self, commands: &str, at: &str, places: &str) -> Command {
        let program = self.desk.path().join(at);
        let real = artifacts().join("edgectl");
        let script = format!("#!/bin/sh\nexec {} \"$@\" {places}\n", real.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(self.desk.path())
            .env("HOTEL_EDGECTL", program)
            .stdin(Stdio::null());
        command
    }
}

/// A second box joins by the commands of the book: those of its own, and those of the first box.
pub(super) async fn joins_by(request: &str, approve: &str) {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    fs::create_dir(house.file("usb")).unwrap();
    symlink(
        repository().join("provisioning"),
        house.file("provisioning"),
    )
    .unwrap();
    let (plan, dir) = (second.plan(), second.dir());
    let own = format!("--plan {} --dir {}", plan.display(), dir.display());
    let request = house.typing(request, "second", &own);
    let (asking, code) = asking(request);
    let first = format!("--offline --dir {}", house.first.dir().display());
    let mut approve = house.typing(approve, "first", &first);
    approve.env("CODE", code);
    let approved = finish(approve).await;
    assert_eq!(approved.code, Some(0), "{}", approved.said);
    let answered = asking.wait_with_output().unwrap();
    assert!(answered.status.success(), "{answered:?}");
    let boot = second.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);
    assert!(boot.said.contains("handed over"), "{}", boot.said);
}

impl House {
    /// The hotel has a chain root, and had another authority before; the root's certificate.
    fn is_succeeded(&self) -> String {
        let root = ChainRoot::create(Key::generate(), OffsetDateTime::now_utc()).unwrap();
        let place = |name: &str| self.first.path(&format!("property/{name}"));
        fs::write(place("chain/root.pem"), root.certificate()).unwrap();
        let ca = fs::read_to_string(place("ca.pem")).unwrap();
        let known = Predecessors {
            cas: vec![ca.clone()],
            ..Predecessors::default()
        };
        fs::write(place("predecessors.json"), wire::encode(&known)).unwrap();
        let leaf = Identity::load(&self.first.path("uplink/identity")).unwrap();
        let ca = CertificateDer::from_pem_slice(ca.as_bytes()).unwrap();
        let notice = root.announce(&leaf.spiffe.realm(), &ca, 7.into(), 0.into());
        fs::write(place("ca-replacement.json"), wire::encode(&notice.unwrap())).unwrap();
        root.certificate().to_owned()
    }
}

// provisioning-3.6
#[tokio::test]
async fn a_box_with_another_chain_root_than_its_hotel_does_not_join() {
    let house = House::new().await;
    let root = house.is_succeeded();
    let foreign = ChainRoot::create(Key::generate(), OffsetDateTime::now_utc()).unwrap();
    let own = house.desk.path().join("root.pem");
    for (pem, expected) in [(foreign.certificate(), Some(20)), (&root, Some(0))] {
        // As text it differs; as a certificate it is what it was.
        fs::write(&own, format!("The chain root\n{pem}")).unwrap();
        let second = house.second(&house.ca()).await.with_chain_root(&own);
        // The answer to an earlier request, if there was one.
        fs::remove_file(house.file("answer.json")).ok();
        let (waiting, code) = house.ask(&second, "60");
        assert_eq!(house.approve(&code).await.code, Some(0));
        let end = waiting.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&end.stderr).into_owned();
        assert_eq!(end.status.code(), expected, "{said}");
        let is_heir = second.path("property/ca.key").exists();
        assert_eq!(is_heir, expected == Some(0));
        assert!(is_heir || said.contains("another chain root"), "{said}");
        if is_heir {
            let boot = second.boot().await;
            assert_eq!(boot.code, Some(0), "{}", boot.said);
        }
    }
}

// provisioning-7.1 provisioning-7.2
#[tokio::test]
async fn a_second_box_joins_by_two_people_and_a_code() {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    let boot = second.boot().await;
    assert_eq!(boot.code, Some(15), "{}", boot.said);
    assert!(
        boot.said.contains("has not been handed over"),
        "{}",
        boot.said
    );
    assert!(!second.path("property/ca.key").exists());

    let root = house.is_succeeded();
    let (mut waiting, code) = house.ask(&second, "60");
    let wrong = house.approve("0000-0000-0000-0000").await;
    assert_eq!(wrong.code, Some(20), "{}", wrong.said);
    assert!(!house.desk.path().join("answer.json").exists());
    let approved = house.approve(&code).await;
    assert_eq!(approved.code, Some(0), "{}", approved.said);
    assert!(waiting.wait().unwrap().success());

    let ca = |site: &Site| fs::read_to_string(site.path("property/ca.pem")).unwrap();
    assert_eq!(ca(&second), ca(&house.first));
    // As if somebody had been asked who is revoked.
    let revoked = "inherited-revocations.json";
    fs::write(second.path(&format!("property/{revoked}")), "{}").unwrap();
    let boot = second.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);
    let leaf = second.path("uplink/identity");
    Identity::load(&leaf).unwrap();
    let text = |name: &str| fs::read_to_string(second.path(name)).unwrap();
    let record = text("property/property.json");
    assert!(record.contains("box-2"), "{record}");
    assert_eq!(text("property/chain/root.pem"), root);
    assert_eq!(text(&format!("authority/ca/{revoked}")), "{}");
    for name in ["predecessors.json", "ca-replacement.json"] {
        let inherited: Value =
            serde_json::from_str(&text(&format!("authority/ca/{name}"))).unwrap();
        let own = fs::read(house.first.path(&format!("property/{name}"))).unwrap();
        assert_eq!(inherited, serde_json::from_slice::<Value>(&own).unwrap());
    }
}

// provisioning-7.5, authority-5.8
#[tokio::test]
async fn a_further_box_refuses_whom_the_first_refuses() {
    let plan = Plan {
        rooms: 1,
        only: &["broker", "authority"],
    };
    let first = Hotel::up(plan);
    first.ready(plan.only, LIMIT).await;
    first.edgectl(&["authority", "revoke", REVOKED]);
    let fleet = Fleet::with(&[SECOND], Claims { days: 30 }).await;
    let ca = fs::read(first.places.property_dir.join("ca.pem")).unwrap();
    let ca = CertificateDer::from_pem_slice(&ca).unwrap();
    let ca = public_sha256(&ca).unwrap().to_string();
    let mut second = Site::new(&fleet, SECOND).await.joining(&ca);
    second.set("/tenant", "local");
    second.set("/property", "local-hotel");
    let (request, answer) = (second.path("request.json"), second.path("answer.json"));
    let [request, answer] = [request, answer].map(|file| file.display().to_string());
    let mut ask = second.command(&["join", "request"]);
    ask.args(["--out", &request, "--answer", &answer]);
    let (mut waiting, code) = asking(ask);

    // Whoever cannot be asked names nobody; the request is not used up by that.
    let approve = |more: &[&str]| {
        let mut command = Command::new(artifacts().join("edgectl"));
        command
            .args(["join", "approve", &request, "--code", &code])
            .args(["--out", &answer, "--dir"])
            .arg(first.dir())
            .args(more);
        finish(command)
    };
    let silent = approve(&["--broker", "127.0.0.1:1"]).await;
    assert_eq!(silent.code, Some(20), "{}", silent.said);
    assert!(silent.said.contains("who is revoked"), "{}", silent.said);
    let approved = approve(&[]).await;
    assert_eq!(approved.code, Some(0), "{}", approved.said);
    assert!(waiting.wait().unwrap().success());

    // Hotels on this machine have boxes of one name, and their chain root with them.
    let record = second.path("property/property.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("box-2", "local-box")).unwrap();
    for name in ["root.key", "cross.pem", "registration.json"] {
        let name = format!("chain/{name}");
        let from = first.places.property_dir.join(&name);
        fs::copy(from, second.path("property").join(&name)).unwrap();
    }
    let second = Hotel::up_at(second.into_directory(), plan);
    second.ready(plan.only, LIMIT).await;
    let named = second.edgectl(&["authority", "principals"]);
    let is_revoked = |name| {
        let line = named.lines().find(|line| line.starts_with(name)).unwrap();
        line.contains("revoked")
    };
    assert!(is_revoked(REVOKED) && !is_revoked(OTHER), "{named}");
    for (name, is_let_in) in [(OTHER, true), (REVOKED, false)] {
        let device = second.client(name).await;
        let id = name.parse().unwrap();
        let heard = Filter::device(&second.places.property, Some(&id), DeviceWord::Delta);
        eventually("the broker has its rules", LIMIT, || async {
            let granted = device.bus.subscribe([heard.clone()]).await.granted().await;
            (granted.is_ok() == is_let_in).then_some(())
        })
        .await;
    }
}

// provisioning-7.2
#[tokio::test]
async fn a_request_is_answered_once_and_the_answer_is_sealed() {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    let (mut waiting, code) = house.ask(&second, "60");
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    assert_eq!(house.approve(&code).await.code, Some(0));
    let answer = fs::read_to_string(house.file("answer.json")).unwrap();
    let key = fs::read_to_string(house.first.path("property/ca.key")).unwrap();
    assert!(!answer.contains(key.lines().nth(1).unwrap()));
    let again = house.approve(&code).await;
    assert_eq!(again.code, Some(20), "{}", again.said);
    assert!(again.said.contains("answered before"), "{}", again.said);
    // Whoever finds the answer can do nothing with it: its key went with the process that waited.
    let (waiting, _) = house.ask(&second, "60");
    let end = waiting.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&end.stderr).into_owned();
    assert_eq!(end.status.code(), Some(20));
    assert!(said.contains("not for this request"), "{said}");
}

// provisioning-7.4
#[tokio::test]
async fn a_name_goes_on_to_another_box_only_when_somebody_says_whose_it_was() {
    let house = House::new().await;
    let own = house.answers(SECOND, "box-1", &[]).await;
    assert_eq!(own.code, Some(20), "{}", own.said);
    assert!(own.said.contains("box-1 is this box"), "{}", own.said);
    assert_eq!(house.answers(SECOND, "box-2", &[]).await.code, Some(0));
    // It was set up anew.
    assert_eq!(house.answers(SECOND, "box-2", &[]).await.code, Some(0));

    let taken = house.answers(THIRD, "box-2", &[]).await;
    assert_eq!(taken.code, Some(20), "{}", taken.said);
    let words = "a box box-2 already, NUC-0002; say --replaces NUC-0002";
    assert!(taken.said.contains(words), "{}", taken.said);
    let other = house
        .answers(THIRD, "box-2", &["--replaces", "NUC-0009"])
        .await;
    assert_eq!(other.code, Some(20), "{}", other.said);
    let replaces = ["--replaces", SECOND];
    assert_eq!(house.answers(THIRD, "box-2", &replaces).await.code, Some(0));
    // The old one has the name no more.
    let old = house.answers(SECOND, "box-2", &[]).await;
    assert!(old.said.contains("already, NUC-0003"), "{}", old.said);
}

// provisioning-7.3
#[tokio::test]
async fn an_answer_that_is_half_copied_is_waited_for() {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    let answer = house.file("answer.json");
    // A pipe, so that it is known when the box has read the half.
    let made = Command::new("mkfifo").arg(&answer).status().unwrap();
    assert!(made.success());
    let (mut waiting, code) = house.ask(&second, "60");
    let approved = house.approve_with(&code, "whole.json", &[]).await;
    assert_eq!(approved.code, Some(0), "{}", approved.said);
    let whole = fs::read(house.file("whole.json")).unwrap();
    // Opens when the box does.
    let mut pipe = fs::OpenOptions::new().write(true).open(&answer).unwrap();
    fs::rename(house.file("whole.json"), &answer).unwrap();
    pipe.write_all(&whole[..whole.len() / 2]).unwrap();
    drop(pipe);
    assert!(waiting.wait().unwrap().success());
    assert!(second.path("property/ca.key").exists());
}

// provisioning-7.3
#[tokio::test]
async fn an_answer_that_never_becomes_whole_is_told_as_that() {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    fs::write(house.file("answer.json"), "{\"v\": 1, \"se").unwrap();
    let (waiting, _) = house.ask(&second, "1");
    let end = waiting.wait_with_output().unwrap();
    assert_eq!(end.status.code(), Some(20));
    let said = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(said.contains("was damaged on its way"), "{said}");
}

// provisioning-7.3
#[tokio::test]
async fn an_authority_that_the_image_does_not_name_is_not_taken() {
    let house = House::new().await;
    let second = house.second(NOBODY).await;
    let (waiting, code) = house.ask(&second, "60");
    assert_eq!(house.approve(&code).await.code, Some(0));
    let end = waiting.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&end.stderr).into_owned();
    assert_eq!(end.status.code(), Some(20), "{said}");
    assert!(said.contains("do not trust who gave it"), "{said}");
    assert!(!second.path("property").exists());
}

// provisioning-7.3
#[tokio::test]
async fn a_box_that_gets_no_answer_gives_up() {
    let house = House::new().await;
    let second = house.second(&house.ca()).await;
    let (waiting, _) = house.ask(&second, "1");
    let end = waiting.wait_with_output().unwrap();
    assert_eq!(end.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&end.stderr).contains("ask again"));
}
