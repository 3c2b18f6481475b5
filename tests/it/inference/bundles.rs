//! Bundles that are bad in every way: none becomes active, the one that answers goes on.

use std::fs;

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, eventually};
use inference::bundle;
use kit::signing::SigningKey;

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
        (4, "huge", 0.0, "the runtime failed"),
        (5, "wrong", 0.5, "answered otherwise"),
        (6, "ports", 0.5, "other outputs"),
    ] {
        house.offer(kind, version, number);
        refused(&house, version, why, "1").await;
    }
    let model = house.model();
    let quarantined = model["quarantined"].as_array().unwrap();
    assert_eq!(quarantined.len(), 4, "{model}");
    assert!(house.hotel.part("inference").unwrap().ready);

    // Neither after a restart, though the bundles are still offered.
    house.hotel.kill_and_wait("inference").await;
    house.offer("constant", 8, 0.5);
    house.serves(8).await;
    let log = house.log();
    let refusals = log.lines().filter(|line| line.contains("bundle refused"));
    assert_eq!(refusals.count(), 4, "{log}");
}

// inference-3.1
#[tokio::test]
async fn a_model_that_never_answers_never_becomes_active() {
    let house = House::up().await;
    house.offer("endless", 2, 0.0);
    // Its processor time is over, or on a machine that gives it little of that, its time.
    refused(&house, 2, "failed its trial", "1").await;
}

// inference-3.2, inference-3.3
#[tokio::test]
async fn what_is_too_slow_is_tried_some_times_and_never_quarantined() {
    let house = House::up().await;
    house.offer("slow", 2, 4.0);
    for left in (0..5).rev() {
        refused(&house, 2, &format!("\"tries_left\":{left}"), "1").await;
    }
    // Another refusal comes at a later look: version 2 is let alone by then.
    house.offer("nan", 3, 0.0);
    refused(&house, 3, "not a number", "1").await;
    let log = house.log();
    let refusals = log.lines().filter(|line| line.contains("bundle refused"));
    let slow = refusals.filter(|line| line.contains("latency"));
    assert_eq!(slow.count(), 5, "{log}");
    let model = house.model();
    let quarantined = model["quarantined"].as_array().unwrap();
    assert_eq!(quarantined.len(), 1, "{model}");
    assert_eq!(quarantined[0]["version"], 3, "{model}");
}

// inference-3.2, inference-3.5
#[tokio::test]
async fn a_version_that_is_too_slow_at_a_start_gives_way_and_answers_when_it_is_not() {
    let house = House::up().await;
    house.offer("busy", 2, 4.0);
    house.serves(2).await;
    // The same model under a budget that it cannot keep, as on a machine that has too much to do.
    let slow = house.made("slow", 2, 4.0);
    bundle::sign(&slow, &house.key()).unwrap();
    house.exchange(&slow, 2);
    house.hotel.kill_and_wait("inference").await;
    house.serves(1).await;
    // While a trial goes on nobody else reads the bundle.
    house.on_trial(2).await;
    house.exchange(&slow, 2);
    house.serves(2).await;
    let model = house.model();
    assert_eq!(model["quarantined"], serde_json::json!([]), "{model}");
    assert_eq!(
        (&model["version"], &model["previous"]),
        (&2.into(), &1.into()),
        "{model}"
    );
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
