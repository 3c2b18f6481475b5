//! The doctor, and what is sent to somebody who helps.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use hotel_tests::fleet::{Claims, Fleet};
use hotel_tests::hotel::artifacts;
use serde_json::{Value, json};

use super::site::{Site, finish};

const SERIAL: &str = "NUC-0001";

async fn member() -> (Fleet, Site) {
    let fleet = Fleet::with(&[SERIAL], Claims { days: 30 }).await;
    let site = Site::new(&fleet, SERIAL).await;
    let boot = site.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);
    (fleet, site)
}

/// What the doctor finds, by check.
async fn findings(site: &Site) -> Vec<Value> {
    let mut command = site.command(&["doctor", "--json"]);
    let diagnosis = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let diagnosis: Value = serde_json::from_slice(&diagnosis.stdout).unwrap();
    diagnosis["findings"].as_array().unwrap().clone()
}

#[track_caller]
fn check(findings: &[Value], check: &str, health: &str) {
    let found = findings.iter().find(|found| found["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check} in {findings:?}"));
    assert_eq!(found["health"], health, "{found}");
    assert_eq!(found["advice"].is_string(), health != "well", "{found}");
}

// provisioning-6.1
#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let (fleet, mut site) = member().await;
    let well = findings(&site).await;
    for name in [
        "network and clock",
        "membership",
        "keys",
        "component uplink",
    ] {
        check(&well, name, "well");
    }
    check(&well, "certificate uplink", "well");
    check(&well, "broker", "wrong");

    let key = site.path("provisioning/thing/key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    site.set("/cloud/data/host", "no-such-endpoint.invalid");
    site.set("/deployment/components/uplink/port", 1);
    let ill = findings(&site).await;
    for name in [
        "network and clock",
        "membership",
        "keys",
        "component uplink",
    ] {
        check(&ill, name, "wrong");
    }
    let told = finish(site.command(&["doctor"])).await;
    assert_eq!(told.code, Some(19), "{}", told.said);
    assert!(told.said.contains("do: see that DNS"), "{}", told.said);
    drop(fleet);
}

// provisioning-6.1
#[tokio::test]
async fn the_doctor_does_not_push_the_nucleus_off_its_connection() {
    let (fleet, site) = member().await;
    let connections = || {
        let log = fs::read_to_string(fleet.file("broker.log")).unwrap();
        log.matches("New client connected").count()
    };
    let before = connections();
    check(&findings(&site).await, "membership", "well");
    assert_eq!(connections(), before);
}

// provisioning-6.1
#[tokio::test]
async fn a_machine_that_is_no_box_is_told_so() {
    let fleet = Fleet::with(&[], Claims { days: 30 }).await;
    let site = Site::new(&fleet, SERIAL).await;
    let mut command = Command::new(artifacts().join("edgectl"));
    command.arg("doctor").arg("--dir").arg(site.dir());
    command.arg("--plan").arg(site.path("none.json"));
    let told = finish(command).await;
    assert_eq!(told.code, Some(19), "{}", told.said);
    assert!(told.said.contains("WRONG  plan"), "{}", told.said);
}

// provisioning-6.2
#[tokio::test]
async fn what_is_sent_to_somebody_who_helps_holds_no_secret() {
    let (_fleet, site) = member().await;
    let planted = [
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        "hunter2",
        "Anna Schmidt complains",
        "room service was late",
    ];
    let logs = site.path("logs");
    fs::create_dir(&logs).unwrap();
    let lines = [
        json!({ "level": "INFO", "message": format!("got {}", planted[0]) }).to_string(),
        json!({ "level": "INFO", "fields": { "access": planted[1] } }).to_string(),
        json!({ "level": "WARN", "message": format!("retry {}", planted[2]) }).to_string(),
        json!({ "level": "INFO", "password": planted[3], "url": "http://a:hunter2@b" }).to_string(),
        format!("thread panicked: {}", planted[4]),
        json!({ "level": "INFO", "remark": planted[5], "bytes": 42 }).to_string(),
        json!({ "level": "INFO", "message": "batch is uploaded", "stream": "p0" }).to_string(),
    ];
    fs::write(logs.join("uplink.log"), lines.join("\n")).unwrap();
    let out = site.path("bundle.tar");
    let mut command = site.command(&["support-bundle"]);
    command.arg("--logs").arg(&logs).arg("--out").arg(&out);
    let packed = finish(command).await;
    assert_eq!(packed.code, Some(0), "{}", packed.said);

    let bundle = String::from_utf8_lossy(&fs::read(&out).unwrap()).into_owned();
    for secret in planted {
        assert!(!bundle.contains(secret), "{secret}");
    }
    for file in [
        "provisioning/thing/key.pem",
        "property/ca.key",
        "uplink/identity/key.pem",
    ] {
        let key = fs::read_to_string(site.path(file)).unwrap();
        let line = key.lines().nth(1).unwrap();
        assert!(!bundle.contains(line), "{file}");
    }
    assert!(!bundle.contains("PRIVATE KEY"));
    assert!(bundle.contains("batch is uploaded"));
    let mode = fs::metadata(&out).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    let mut command = Command::new("tar");
    command.arg("-tf").arg(&out);
    let listed = finish(command).await;
    assert_eq!(listed.code, Some(0), "{}", listed.said);
    for name in ["doctor.json", "logs/uplink.log", "provisioning-report.json"] {
        assert!(listed.said.contains(name), "{}", listed.said);
    }
}
