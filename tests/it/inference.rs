//! Models on real parts: the library, the broker, bundles that are good, bad and hostile.

use std::process::Command;

use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::{Hotel, Plan, eventually};
use serde_json::Value;

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "inference"],
};

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel
}

async fn ready(hotel: &Hotel) -> u32 {
    eventually("inference is ready", LIMIT, || async {
        let part = hotel.part("inference")?;
        part.pid.filter(|_| part.ready)
    })
    .await
}

#[tokio::test]
async fn an_independent_client_gets_what_pythons_runtime_computes() {
    let hotel = up().await;
    let address = hotel.listener("inference", "listener");
    let output = Command::new(Hotel::python())
        .arg(repository().join("tests/python/agree.py"))
        .arg(address.to_string())
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
