//! Devices that make their own keys: brought in by the book, and on their own from then on.

use std::fs;

use hotel_tests::client::Client;
use hotel_tests::hotel::LIMIT;
use hotel_tests::runbook::{Desk, Runbook};
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::{Retain, Session};
use kit::clock::Clock;
use kit::identity::{Door, ROOT_FILE, load_device, renew};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use wire::registry::Onboarding;
use wire::topic::DeviceSubject;
use wire::{DeviceId, Topic, Version};

// provisioning-9.1, provisioning-9.2, provisioning-9.3
#[tokio::test]
async fn a_device_that_makes_its_own_key_joins_by_the_book() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "authority"],
    });
    hotel.ready(&["authority"], LIMIT).await;
    let (device, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (id, mut book) = ("pool-thermostat", Runbook::read("devices.md"));
    let mut desk = Desk::beside(&hotel);
    desk.word("ID", id);
    desk.word("DEVICE", device.path());
    desk.word("OUT", out.path());
    let root = hotel.places.property_dir.join("chain/root.pem");
    desk.word("ROOT", &root);
    for block in ["device-key", "pin-root", "device-add", "device-join"] {
        desk.follows(&mut book, block);
    }
    assert!(out.path().join("pool-thermostat.png").exists());
    let kept = hotel.identity_dir(id);
    assert!(
        !kept.join("key.pem").exists(),
        "the key stays with the device"
    );

    let text = fs::read(out.path().join("pool-thermostat.json")).unwrap();
    let onboarding: Onboarding = wire::decode(&text).unwrap();
    assert_eq!(onboarding.broker, hotel.places.broker.to_string());
    let authority = hotel.listener("authority", "tls_listener");
    assert_eq!(onboarding.authority, authority.to_string());
    let root = CertificateDer::from_pem_file(root).unwrap();
    assert_eq!(onboarding.root.unwrap().as_slice(), root.as_ref());

    let client = Client::new(&hotel, device.path(), Session::Clean, None);
    let client = client.connected().await;
    let id: DeviceId = id.parse().unwrap();
    let topic = Topic::device(&hotel.places.property, &id, DeviceSubject::Online);
    let body = wire::device::Online {
        v: Version,
        online: true,
        boot: 1.into(),
    };
    // The authority brings the broker to it.
    eventually("the device is let in", LIMIT, || async {
        client.bus.publish(&topic, &body, Retain::Yes).await.ok()
    })
    .await;

    assert!(device.path().join(ROOT_FILE).exists());
    let present = load_device(device.path()).unwrap();
    let (door, clock) = (Door::at(authority), Clock::system());
    let next = renew(device.path(), &present, &door, &clock).await.unwrap();
    assert_eq!(next.spiffe, present.spiffe);
    assert_ne!(next.chain, present.chain);
}
