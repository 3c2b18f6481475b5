//! Devices that make their own keys: brought in by the book, and on their own from then on.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use hotel_tests::client::Client;
use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::runbook::Runbook;
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::{Retain, Session};
use kit::clock::Clock;
use kit::identity::{Door, Identity, renew};
use wire::registry::Onboarding;
use wire::topic::DeviceSubject;
use wire::{DeviceId, Topic, Version};

/// Types a block, with `edgectl` where people have it.
fn type_block(commands: &str, words: &[(&str, &Path)], id: &str) {
    let path = format!("{}:{}", artifacts().display(), env::var("PATH").unwrap());
    let typed = Command::new("bash")
        .args(["-euo", "pipefail", "-c", commands])
        .current_dir(repository())
        .env("PATH", path)
        .env("ID", id)
        .envs(words.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&typed.stderr).into_owned();
    assert!(typed.status.success(), "{commands}\n{said}");
}

// provisioning-9.1, provisioning-9.2, provisioning-9.3
#[tokio::test]
async fn a_device_that_makes_its_own_key_joins_by_the_book() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "authority"],
    });
    eventually("the authority is ready", LIMIT, || async {
        hotel.part("authority")?.ready.then_some(())
    })
    .await;
    let (device, desk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let words = [
        ("DEVICE", device.path()),
        ("OUT", desk.path()),
        ("DIR", hotel.dir()),
    ];
    let (id, mut book) = ("pool-thermostat", Runbook::read("devices.md"));
    for block in ["device-key", "device-add", "device-join"] {
        type_block(&book.take(block), &words, id);
    }
    book.is_done();
    assert!(desk.path().join("pool-thermostat.png").exists());
    let kept = hotel.identity_dir(id);
    assert!(
        !kept.join("key.pem").exists(),
        "the key stays with the device"
    );

    let text = fs::read(desk.path().join("pool-thermostat.json")).unwrap();
    let onboarding: Onboarding = wire::decode(&text).unwrap();
    assert_eq!(onboarding.broker, hotel.places.broker.to_string());
    let authority = hotel.listener("authority", "tls_listener");
    assert_eq!(onboarding.authority, authority.to_string());

    let client = Client::new(&hotel, device.path(), Session::Clean, None);
    let client = client.connected().await;
    let id: DeviceId = id.parse().unwrap();
    let topic = Topic::device(&hotel.places.property, &id, DeviceSubject::Online);
    let body = wire::device::Online {
        v: Version,
        online: true,
        boot: 1.into(),
    };
    client
        .bus
        .publish(&topic, &body, Retain::Yes)
        .await
        .unwrap();

    let present = Identity::load(device.path()).unwrap();
    let (door, clock) = (Door::at(authority), Clock::system());
    let next = renew(device.path(), &present, &door, &clock).await.unwrap();
    assert_eq!(next.spiffe, present.spiffe);
    assert_ne!(next.chain, present.chain);
}
