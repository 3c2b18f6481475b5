//! Whoever is revoked is out within seconds, wherever they are, and stays out; nobody else notices.

use std::time::Duration;

use hotel_tests::client::{Client, next};
use hotel_tests::hotel::LIMIT;
use hotel_tests::page::Page;
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::{PublishError, Reach, Retain};
use kit::policy::EDGECTL;
use serde_json::json;
use tokio::time::timeout;
use wire::credential::Role;
use wire::device::Online;
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{DeviceId, Filter, Topic, Version};

const PARTS: Plan<'static> = Plan {
    rooms: 2,
    only: &["broker", "authority"],
};
const THERMOSTAT: &str = "room-101-thermostat";
const LOCK: &str = "room-101-lock";

/// How long a session of somebody who is revoked may last.
const OUT: Duration = Duration::from_secs(5);

async fn ready(hotel: &Hotel, parts: &[&str]) {
    hotel.ready(parts, LIMIT).await;
}

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    hotel
}

fn id(device: &str) -> DeviceId {
    device.parse().unwrap()
}

fn online(hotel: &Hotel, device: &str) -> Topic {
    Topic::device(&hotel.places.property, &id(device), DeviceSubject::Online)
}

/// A device says its word, with a number.
async fn says(
    hotel: &Hotel,
    device: &Client,
    name: &str,
    number: u32,
) -> Result<Reach, PublishError> {
    let body = Online {
        v: Version,
        online: true,
        boot: number.into(),
    };
    let topic = online(hotel, name);
    let said = device.bus.publish(&topic, &body, Retain::Yes);
    timeout(LIMIT, said).await.expect("the broker answers")
}

async fn check_denied(hotel: &Hotel, device: &Client, name: &str) {
    let denied = says(hotel, device, name, 9).await;
    assert!(
        matches!(denied, Err(PublishError::Denied { .. })),
        "{denied:?}"
    );
    let heard = Filter::device(&hotel.places.property, Some(&id(name)), DeviceWord::Delta);
    let denied = device.bus.subscribe([heard]).await.granted().await;
    assert!(denied.is_err());
}

async fn is_let_in(hotel: &Hotel, device: &Client, name: &str, within: Duration) {
    eventually("the device is let in", within, || async {
        says(hotel, device, name, 1).await.ok()
    })
    .await;
}

// authority-8.1
#[tokio::test]
async fn a_revoked_device_is_thrown_out_and_stays_out() {
    let hotel = up().await;
    let (device, other) = (hotel.client(THERMOSTAT).await, hotel.client(LOCK).await);
    says(&hotel, &device, THERMOSTAT, 1).await.unwrap();
    let (mut link, mut others) = (device.bus.link(), other.bus.link());
    link.mark_unchanged();
    others.mark_unchanged();

    hotel.edgectl(&["authority", "revoke", THERMOSTAT]);
    timeout(OUT, link.changed()).await.unwrap().unwrap();
    check_denied(&hotel, &device, THERMOSTAT).await;
    says(&hotel, &other, LOCK, 1).await.unwrap();
    assert!(!others.has_changed().unwrap(), "the lock was disturbed");

    hotel.kill_and_wait("broker").await;
    check_denied(&hotel, &device, THERMOSTAT).await;
    hotel.kill_and_wait("authority").await;
    check_denied(&hotel, &device, THERMOSTAT).await;
    // Not even provisioning, which knows of no list, brings it back.
    hotel.edgectl(&["policy", "apply"]);
    check_denied(&hotel, &device, THERMOSTAT).await;
    says(&hotel, &other, LOCK, 2).await.unwrap();
}

// iot-gateway-2.4
#[tokio::test]
async fn a_revoked_device_is_offline_for_everybody() {
    let parts = ["broker", "authority", "iot-gateway", "hotel-sim"];
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &parts,
    });
    let online = async |expected| {
        eventually("so many devices are online", LIMIT, || async {
            (hotel.status()?.devices.online == Some(expected)).then_some(())
        })
        .await;
    };
    online(4).await;
    hotel.edgectl(&["authority", "revoke", THERMOSTAT]);
    online(3).await;
}

// authority-8.2, bus-3.6
#[tokio::test]
async fn a_device_that_provisioning_adds_is_let_in_by_itself() {
    let hotel = up().await;
    let name = "pool-thermostat";
    let add = ["device", "add", name, "--kind", "thermostat"];
    hotel.edgectl(&[&add[..], &["--room", "pool"]].concat());
    let device = hotel.client(name).await;
    is_let_in(&hotel, &device, name, OUT).await;
}

// authority-8.3
#[tokio::test]
async fn rules_that_somebody_changed_are_put_right() {
    let hotel = up().await;
    let (operator, device) = (hotel.client(EDGECTL).await, hotel.client(LOCK).await);
    let meddle = || async {
        let answer = operator.bus.control(vec![
            json!({ "command": "deleteRole", "rolename": LOCK }),
            json!({ "command": "createClient", "username": "stranger" }),
        ]);
        answer.await.unwrap();
    };
    meddle().await;
    check_denied(&hotel, &device, LOCK).await;
    hotel.kill_and_wait("authority").await;
    is_let_in(&hotel, &device, LOCK, LIMIT).await;
    let list = json!({ "command": "listClients" });
    let known = operator.bus.control(vec![list]).await.unwrap();
    assert!(!known.to_string().contains("stranger"), "{known}");

    meddle().await;
    check_denied(&hotel, &device, LOCK).await;
    hotel.kill_and_wait("broker").await;
    is_let_in(&hotel, &device, LOCK, LIMIT).await;
}

// authority-8.4
#[tokio::test]
async fn revoking_many_under_load_loses_no_message_of_others() {
    let hotel = up().await;
    let (device, gateway) = (hotel.client(LOCK).await, hotel.client("iot-gateway").await);
    let heard = Filter::device(&hotel.places.property, Some(&id(LOCK)), DeviceWord::Online);
    let mut heard = gateway.bus.subscribe([heard]).await;
    heard.granted().await.unwrap();
    let (mut link, mut gateways) = (device.bus.link(), gateway.bus.link());
    link.mark_unchanged();
    gateways.mark_unchanged();
    let gone = [
        "room-101-thermostat",
        "room-102-thermostat",
        "room-102-lock",
    ];
    let mut out = Vec::new();
    for name in gone {
        out.push((name, hotel.client(name).await));
    }

    let count = 2_000;
    let talking = async {
        for number in 1..=count {
            says(&hotel, &device, LOCK, number).await.unwrap();
        }
    };
    let hearing = async {
        let mut next_number = 1;
        while next_number <= count {
            let delivery = next(&mut heard).await;
            let body: Online = wire::decode(&delivery.body).unwrap();
            delivery.acknowledge();
            assert_eq!(body.boot, next_number.into(), "in order, each once");
            next_number += 1;
        }
    };
    let revoking = tokio::task::spawn_blocking({
        let dir = hotel.dir().to_owned();
        let edgectl = hotel_tests::hotel::artifacts().join("edgectl");
        move || {
            for name in gone {
                let mut revoke = std::process::Command::new(&edgectl);
                revoke
                    .args(["authority", "revoke", name, "--dir"])
                    .arg(&dir);
                assert!(revoke.output().unwrap().status.success(), "{name}");
            }
        }
    });
    let (revoked, (), ()) = tokio::join!(revoking, talking, hearing);
    revoked.unwrap();
    for (name, device) in &out {
        eventually("the device is out", OUT, || async {
            says(&hotel, device, name, 9).await.err()
        })
        .await;
        check_denied(&hotel, device, name).await;
    }
    assert!(!link.has_changed().unwrap(), "the lock was disturbed");
    assert!(
        !gateways.has_changed().unwrap(),
        "the gateway was disturbed"
    );
}

// authority-8.5, authority-5.6, authority-5.1
#[tokio::test]
async fn without_the_authority_all_stays_as_it_was_said_last() {
    let parts = ["broker", "authority", "signaling", "device-proxy"];
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &parts,
    });
    ready(&hotel, &parts).await;
    for (name, role) in [("kitchen-1", "kitchen"), ("pos-1", "pos")] {
        hotel.edgectl(&["authority", "invite", name, "--role", role]);
    }
    let kitchen = Page::open(&hotel, "kitchen-1", Role::Kitchen, None).await;
    let pos = Page::open(&hotel, "pos-1", Role::Pos, None).await;

    hotel.edgectl(&["authority", "revoke", "kitchen-1"]);
    timeout(OUT, kitchen.cut()).await.unwrap();
    pos.orders().await;
    let away = hotel.freeze("authority").await;
    // The broker forgets what it kept; the list is on the disks of those who refuse.
    hotel.kill_and_wait("broker").await;
    hotel.kill_and_wait("signaling").await;
    hotel.kill_and_wait("device-proxy").await;
    let again = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    again.orders().await;
    assert!(!Page::is_let_in(&hotel, "kitchen-1", Role::Kitchen).await);
    let device = hotel.client(LOCK).await;
    says(&hotel, &device, LOCK, 1).await.unwrap();
    drop(away);
    for page in [kitchen, pos, again] {
        page.close().await;
    }
}

// authority-5.1
#[tokio::test]
async fn a_revoked_tablets_rows_stop_within_seconds() {
    let parts = ["broker", "authority", "postgres", "replica-sync"];
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &parts,
    });
    ready(&hotel, &parts).await;
    hotel.edgectl(&["authority", "invite", "manager-1", "--role", "manager"]);
    let tablet = hotel.tablet("manager-1", Role::Manager);
    let mut stream = tablet.get("stream?collections=rooms").await;
    assert_eq!(stream.status(), 200);
    assert!(stream.chunk().await.unwrap().is_some());

    hotel.edgectl(&["authority", "revoke", "manager-1"]);
    let ended = async { while let Ok(Some(_)) = stream.chunk().await {} };
    timeout(OUT, ended).await.unwrap();
    assert_eq!(tablet.pull("rooms", "limit=1").await.0, 403);
}
