//! Bundles that are bad in every way: none becomes active, the one that answers goes on.

use std::fs;

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, eventually};
use inference::bundle::{self, SigningKey};

use super::PARTS;
use super::house::{self, House, turn_a_bit};

/// Waits until the log says why a version was refused; the version before answers all the while.
async fn refused(house: &House, version: u32, why: &str, serving: &str) {
    let what = format!("version {version} is refused: {why}");
    let named = format!("\"version\":{version}");
    eventually(&what, LIMIT, || async {
        let (status, answer) = house::infer(&house.address(), &[0.5; 16]).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["model_version"], serving, "{answer}");
        let log = house.log();
        let mut refusals = log.lines().filter(|line| line.contains("bundle refused"));
        let told = refusals.any(|line| line.contains(&named) && line.contains(why));
        told.then_some(())
    })
    .await;
}

// inference-2.2, inference-2.3, inference-2.4
#[tokio::test]
async fn what_is_not_signed_or_was_changed_or_is_older_never_becomes_active() {
    let house = House::up().await;
    house.offer("constant", 10, 0.5);
    house.serves(10).await;

    let unsigned = house.made("constant", 11, 0.5);
    house.put(&unsigned, 11);
    refused(&house, 11, "SHA256SUMS", "10").await;

    let foreign = house.made("constant", 12, 0.5);
    let stranger = SigningKey::read(&SigningKey::generate()).unwrap();
    bundle::sign(&foreign, &stranger).unwrap();
    house.put(&foreign, 12);
    refused(&house, 12, "not signed by a pinned key", "10").await;

    let changed = house.made("constant", 13, 0.5);
    bundle::sign(&changed, &house.key()).unwrap();
    turn_a_bit(&changed.join("model.onnx"));
    house.put(&changed, 13);
    refused(&house, 13, "another digest", "10").await;

    let renamed = house.made("constant", 14, 0.5);
    bundle::sign(&renamed, &house.key()).unwrap();
    house.put(&renamed, 99);
    refused(&house, 99, "its place says otherwise", "10").await;

    let elsewhere = house.made("constant", 15, 0.5);
    bundle::sign(&elsewhere, &house.key()).unwrap();
    let outside = house.hotel.dir().join("outside.onnx");
    fs::rename(elsewhere.join("model.onnx"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, elsewhere.join("model.onnx")).unwrap();
    house.put(&elsewhere, 15);
    refused(&house, 15, "no file within its bound", "10").await;

    // Rightly signed, and older than what was active: not even looked at, also after a restart.
    house.offer("constant", 9, 0.5);
    house.hotel.kill_and_wait("inference").await;
    house.offer("constant", 16, 0.5);
    house.serves(16).await;
    assert!(!house.log().contains("\"version\":9,"), "{}", house.log());
}

// inference-3.1, inference-3.2, inference-3.3
#[tokio::test]
async fn what_fails_its_trial_never_becomes_active_and_is_not_tried_again() {
    let house = House::up().await;
    for (version, kind, number, why) in [
        (2, "nan", 0.0, "not a number"),
        (3, "slow", 4.0, "latency"),
        (4, "huge", 0.0, "the runtime failed"),
        (5, "wrong", 0.5, "answered otherwise"),
        (6, "ports", 0.5, "other outputs"),
        (7, "endless", 0.0, "failed its trial"),
    ] {
        house.offer(kind, version, number);
        refused(&house, version, why, "1").await;
    }
    let model = house.model();
    let quarantined = model["quarantined"].as_array().unwrap();
    assert_eq!(quarantined.len(), 6, "{model}");
    assert!(house.hotel.part("inference").unwrap().ready);

    // Neither after a restart, though the bundles are still offered.
    house.hotel.kill_and_wait("inference").await;
    house.offer("constant", 8, 0.5);
    house.serves(8).await;
    let log = house.log();
    let refusals = log.lines().filter(|line| line.contains("bundle refused"));
    assert_eq!(refusals.count(), 6, "{log}");
}

// inference-2.5
#[tokio::test]
async fn a_bundle_in_the_bucket_is_fetched_and_believed_only_when_signed() {
    let hotel = Hotel::up(hotel_tests::Plan {
        only: &["broker", "inference", "s3"],
        ..PARTS
    });
    let house = House::of(hotel).await;
    house.serves(1).await;
    let changed = house.made("constant", 3, 0.5);
    bundle::sign(&changed, &house.key()).unwrap();
    turn_a_bit(&changed.join("model.onnx"));
    upload(&house, &changed, 3).await;
    refused(&house, 3, "another digest", "1").await;

    let good = house.made("constant", 2, 0.02);
    bundle::sign(&good, &house.key()).unwrap();
    upload(&house, &good, 2).await;
    house.serves(2).await;
    let (_, answer) = house::infer(&house.address(), &[0.5; 16]).await;
    assert_eq!(answer["outputs"][0]["data"][0], 0.02, "{answer}");
}

async fn upload(house: &House, made: &std::path::Path, version: u32) {
    for entry in fs::read_dir(made).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let key = format!("models/room-allocation/{version}/{name}");
        let content = fs::read(entry.path()).unwrap();
        house.hotel.upload(&key, content).await;
    }
}
