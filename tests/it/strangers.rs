//! Whoever keeps to the pages of the specification takes part: a peer on another WebRTC stack,
//! `tests/peers/stranger.mjs`, that shares no code with ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::Value;

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "signaling", "device-proxy", "hotel-vprinter"],
};

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    let parts = ["signaling", "device-proxy", "hotel-vprinter"];
    hotel.ready(&parts, LIMIT).await;
    hotel
}

/// What became of a stranger with that identity, who may do something wrong.
fn stranger(hotel: &Hotel, identity: &Path, wrong: Option<&str>) -> Output {
    let signaling = hotel.listener("signaling", "listener");
    Command::new("node")
        .arg(repository().join("tests/peers/stranger.mjs"))
        .args(["--signaling", &format!("ws://{signaling}")])
        .arg("--identity")
        .arg(identity)
        .args(["--property", &hotel.places.property.to_string()])
        .args(["--route", "kitchen"])
        .args(wrong.iter().flat_map(|wrong| ["--wrong", wrong]))
        .output()
        .expect("node is installed; tests/run.sh says how")
}

// peer-5.1, peer-3.3, peer-4.1
#[tokio::test]
async fn another_stack_joins_by_the_specification_and_prints_a_ticket() {
    let hotel = up().await;
    let output = stranger(&hotel, &hotel.identity_dir("console"), None);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["caller"], "device-proxy");
    assert_eq!(told["printers"]["printers"][0]["printer"], "pass");
    assert_eq!(
        (&told["is_png"], &told["taken"]),
        (&true.into(), &true.into())
    );
    assert_eq!(told["done"], "done");
    assert_eq!(told["problem"], "not-found");
    let ticket = hotel.places.printer.tickets.join("0001.txt");
    // The printer says that it has printed before it keeps what it printed.
    eventually("the ticket is kept", LIMIT, || async {
        let ticket = fs::read_to_string(&ticket).ok()?;
        ticket.contains("Tomato soup").then_some(())
    })
    .await;
}

// peer-1.1, signaling-1.1
#[tokio::test]
async fn a_stranger_with_somebody_elses_key_is_not_let_in() {
    let hotel = up().await;
    let mixed = tempfile::tempdir().unwrap();
    for (file, owner) in [
        ("ca.pem", "console"),
        ("cert.pem", "console"),
        ("key.pem", "uplink"),
    ] {
        let from = hotel.identity_dir(owner).join(file);
        fs::copy(from, mixed.path().join(file)).unwrap();
    }
    let output = stranger(&hotel, mixed.path(), None);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    assert!(complaints.contains("\"forbidden\""), "{complaints}");
}

// peer-3.7, peer-4.2, peer-4.3, peer-4.4, peer-4.5, peer-4.9
#[tokio::test]
async fn whoever_breaks_the_rules_hears_why_and_nobody_else_notices() {
    let hotel = up().await;
    for (wrong, code, detail) in [
        ("fingerprint", "forbidden", "fingerprint of the hello"),
        ("kind", "malformed", "unknown kind 77"),
        ("hello", "forbidden", "the handshake is over"),
        ("inflation", "malformed", "larger than 8388608"),
        ("envelope", "malformed", ""),
        ("flood", "malformed", "are unfinished"),
    ] {
        let output = stranger(&hotel, &hotel.identity_dir("console"), Some(wrong));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{wrong}: {complaints}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let last_word = &told["last_word"];
        assert_eq!(last_word["code"], code, "{wrong}: {told}");
        let said = last_word["detail"].as_str().unwrap();
        assert!(said.contains(detail), "{wrong}: {told}");
    }
    let output = stranger(&hotel, &hotel.identity_dir("console"), None);
    assert!(output.status.success(), "{output:?}");
}
