//! Models on real parts: the library, the broker, bundles that are good, bad and hostile.

use std::process::Command;
use std::time::Duration;

use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::{Value, json};

mod asking;
mod bundles;
mod house;

use house::House;

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "inference"],
};

// inference-1.1, inference-1.2, inference-4.1
#[tokio::test]
async fn an_independent_client_gets_what_pythons_runtime_computes() {
    let house = House::up().await;
    let output = Command::new(Hotel::python())
        .arg(repository().join("tests/python/agree.py"))
        .arg(house.address().to_string())
        .arg(artifacts().join("models"))
        .arg("1000")
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    for model in ["guest-message", "room-allocation"] {
        let difference = told[model]["largest_difference"].as_f64().unwrap();
        assert!(difference <= 1e-6, "{told}");
    }
}

#[tokio::test]
async fn training_again_gives_the_same_bytes() {
    let again = tempfile::tempdir().unwrap();
    let output = Command::new(Hotel::python())
        .arg("-B")
        .arg(repository().join("components/inference/models/train.py"))
        .arg(again.path())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    for model in ["guest-message", "room-allocation"] {
        for file in [
            "model.onnx",
            "manifest.json",
            "golden.jsonl",
            "model-card.md",
        ] {
            let read = |dir: &std::path::Path| std::fs::read(dir.join(model).join("1").join(file));
            let (first, second) = (read(&artifacts().join("models")), read(again.path()));
            assert!(first.unwrap() == second.unwrap(), "{model}/{file} differs");
        }
    }
}

// inference-4.2
#[tokio::test]
async fn a_swap_loses_no_request_and_every_answer_is_of_the_version_it_names() {
    let house = House::up().await;
    house.offer("constant", 2, 0.02);
    house.serves(2).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let asking = (0..2).map(|_| {
        let (stopped, address) = (stopped.clone(), house.address());
        tokio::spawn(async move {
            let mut answers = 0_u32;
            while !*stopped.borrow() {
                let (status, answer) = house::infer(&address, &[0.5; 16]).await;
                assert_eq!(status, 200, "{answer}");
                let version: f64 = answer["model_version"].as_str().unwrap().parse().unwrap();
                let score = answer["outputs"][0]["data"][0].as_f64().unwrap();
                assert!((score - version / 100.0).abs() < 1e-6, "{answer}");
                answers += 1;
            }
            answers
        })
    });
    let asking: Vec<_> = asking.collect();
    for version in 3..=8_u32 {
        house.offer("constant", version, f64::from(version) / 100.0);
        house.serves(version).await;
    }
    stop.send(true).unwrap();
    for task in asking {
        assert!(task.await.unwrap() > 20);
    }
}

// inference-3.4
#[tokio::test]
async fn a_model_that_goes_bad_gives_way_to_the_one_before() {
    let house = House::up().await;
    house.offer("later-nan", 2, 0.0);
    house.serves(2).await;
    for _ in 0..4 {
        let (status, answer) = house::infer(&house.address(), &[0.5; 16]).await;
        assert_eq!(
            (status, &answer["code"]),
            (500, &json!("internal")),
            "{answer}"
        );
    }
    house.serves(1).await;
    let model = house.model();
    assert_eq!(model["quarantined"][0]["version"], 2, "{model}");
    // It is not taken up again, also not after a restart.
    house.hotel.kill_and_wait("inference").await;
    house.serves(1).await;
    let (status, _) = house::infer(&house.address(), &[0.5; 16]).await;
    assert_eq!(status, 200);
}

// inference-3.5, inference-5.3
#[tokio::test]
async fn without_a_healthy_version_rules_answer_and_say_so() {
    let house = House::up().await;
    house.offer("constant", 2, 0.5);
    house.serves(2).await;
    // What was active is damaged on the disk: the one before answers at the next start.
    house.damage(2, "model.onnx");
    house.hotel.kill("inference").await;
    house.serves(1).await;
    // Now that one as well.
    house.damage(1, "model.onnx");
    house.hotel.kill("inference").await;
    eventually("rules answer", LIMIT, || async {
        let answer = house.ask("allocate", house::reservation()).await.ok()?;
        (answer["degraded"] == true && answer.get("version").is_none()).then_some(())
    })
    .await;
    let answer = house.ask("allocate", house::reservation()).await.unwrap();
    assert_eq!(answer["rooms"][0]["room"], "room-102", "{answer}");
    let (status, _) = house::http(&house.address(), "GET", "/v2/health/ready", "").await;
    assert_eq!(status, 503);
    let (status, answer) = house::infer(&house.address(), &[0.5; 16]).await;
    assert_eq!(
        (status, &answer["code"]),
        (503, &json!("unavailable")),
        "{answer}"
    );
    // The other model is not concerned.
    eventually("the other model answers", LIMIT, || async {
        let read = house.ask("message", json!({ "text": "lovely room" }));
        (read.await.ok()?["degraded"] == false).then_some(())
    })
    .await;
    let answer = house.ask("allocate", house::reservation()).await.unwrap();
    assert_eq!(answer["degraded"], true, "{answer}");
}

// inference-2.1
#[tokio::test]
async fn another_library_than_the_pinned_one_is_not_loaded_and_rules_answer() {
    let hotel = Hotel::up(PARTS);
    let house = House::of(hotel).await;
    house.serves(1).await;
    let digest = "0".repeat(64);
    house
        .hotel
        .reconfigure("inference", "/runtime/sha256", digest.as_str());
    house.hotel.kill("inference").await;
    eventually("rules answer", LIMIT, || async {
        let read = house.ask("message", json!({ "text": "the soup was terrible" }));
        let read = read.await.ok()?;
        let rules = read["degraded"] == true && read["sentiment"] == "negative";
        (rules && read["topic"] == "food").then_some(())
    })
    .await;
    assert!(!house.hotel.part("inference").unwrap().ready);
}

// inference-3.6
#[tokio::test]
async fn a_program_killed_at_any_moment_of_an_activation_starts_with_a_version_that_works() {
    let house = House::up().await;
    for round in 0..hotel_tests::faults::rounds(4, 40) {
        let version = round + 2;
        house.offer("constant", version, f64::from(version) / 1000.0);
        let pause = u64::from(round % 8) * 90 + 300;
        tokio::time::timeout(Duration::from_millis(pause), house.serves(version))
            .await
            .ok();
        house.hotel.kill("inference").await;
        eventually("a version answers", LIMIT, || async {
            let (status, answer) = house::try_infer(&house.address(), &[0.5; 16]).await?;
            let works = status == 200 && answer["outputs"][0]["data"][0].is_number();
            works.then_some(())
        })
        .await;
        house.serves(version).await;
    }
}
