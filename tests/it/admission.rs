//! Who gets in, and how far: certificates and the policy, against a real broker.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use hotel_tests::hotel::{LIMIT, artifacts};
use hotel_tests::leaves::today;
use hotel_tests::outsider::{Outsider, Papers};
use hotel_tests::{Hotel, Plan};
use kit::bus::{Link, PublishError, Retain};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::identity::Holder;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, SubscribeReasonCode};
use time::OffsetDateTime;
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{DeviceId, Filter, Topic};

const BROKER: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker"],
};
const THERMOSTAT: &str = "room-101-thermostat";
const LOCK: &str = "room-101-lock";

fn id(device: &str) -> DeviceId {
    device.parse().unwrap()
}

/// A leaf for the thermostat, issued by `authority` at `issued`.
fn papers(authority: &PropertyCa, issued: OffsetDateTime) -> Papers {
    let (key, names) = (Key::generate(), ServerNames::default());
    let holder = Holder::Device(id(THERMOSTAT));
    let certificate = authority.issue(&holder, &names, &key, issued).unwrap();
    Papers {
        certificate: Some((certificate, key.secret_pem())),
        client_id: THERMOSTAT.to_owned(),
    }
}

#[track_caller]
fn check_refused(outcome: &Result<Outsider, String>) {
    assert!(outcome.is_err(), "was let in: {outcome:?}");
}

// bus-3.1
#[tokio::test]
async fn only_certificates_of_the_hotels_own_authority_get_in() {
    let hotel = Hotel::up(BROKER);
    let sound = papers(&hotel.authority(), today());
    Outsider::knock(&hotel, &sound).await.unwrap();

    let none = Papers {
        certificate: None,
        ..sound
    };
    check_refused(&Outsider::knock(&hotel, &none).await);

    let twin = PropertyCa::create(hotel.realm(), Key::generate(), today()).unwrap();
    check_refused(&Outsider::knock(&hotel, &papers(&twin, today())).await);

    let long_ago = today() - Duration::from_hours(24 * 200);
    check_refused(&Outsider::knock(&hotel, &papers(&hotel.authority(), long_ago)).await);

    let to_come = today() + Duration::from_hours(24 * 2);
    check_refused(&Outsider::knock(&hotel, &papers(&hotel.authority(), to_come)).await);
}

// bus-3.1
#[tokio::test]
async fn another_hotels_gateway_does_not_get_in() {
    let (hotel, other) = (Hotel::up(BROKER), Hotel::up(BROKER));
    let papers = Papers::of(&other.identity_dir("iot-gateway"), "iot-gateway");
    Outsider::knock(&other, &papers).await.unwrap();
    check_refused(&Outsider::knock(&hotel, &papers).await);
}

// bus-3.3, bus-4.2
#[tokio::test]
async fn a_device_stays_within_its_own_id() {
    let hotel = Hotel::up(BROKER);
    let device = hotel.client(THERMOSTAT).await;
    let property = &hotel.places.property;
    let online = |name| Topic::device(property, &id(name), DeviceSubject::Online);
    let body = wire::device::Online {
        v: wire::Version,
        online: true,
        boot: 1.into(),
    };

    device
        .bus
        .publish(&online(THERMOSTAT), &body, Retain::Yes)
        .await
        .unwrap();
    let denied = device.bus.publish(&online(LOCK), &body, Retain::Yes).await;
    assert!(
        matches!(denied, Err(PublishError::Denied { .. })),
        "{denied:?}"
    );

    let heard = |name| Filter::device(property, Some(&id(name)), DeviceWord::Delta);
    device
        .bus
        .subscribe([heard(THERMOSTAT)])
        .await
        .granted()
        .await
        .unwrap();
    let denied = device.bus.subscribe([heard(LOCK)]).await.granted().await;
    assert!(denied.is_err());
    let denied = device
        .bus
        .subscribe([Filter::everything(property)])
        .await
        .granted()
        .await;
    assert!(denied.is_err());
}

// bus-3.3
#[tokio::test]
async fn a_device_does_not_reach_the_brokers_controls() {
    let hotel = Hotel::up(BROKER);
    let papers = Papers::of(&hotel.identity_dir(THERMOSTAT), THERMOSTAT);
    let mut device = Outsider::knock(&hotel, &papers).await.unwrap();
    let body = Bytes::from_static(br#"{"commands":[{"command":"listClients"}]}"#);
    let answer = device
        .publish(wire::topic::CONTROL, false, body)
        .await
        .unwrap();
    let Packet::PubAck(answer) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(answer.reason, PubAckReason::NotAuthorized);
    let answer = device
        .subscribe(wire::topic::CONTROL_RESPONSE)
        .await
        .unwrap();
    let Packet::SubAck(answer) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(answer.return_codes, [SubscribeReasonCode::NotAuthorized]);
}

// bus-3.4
#[tokio::test]
async fn nobody_takes_over_a_session_by_choosing_its_client_id() {
    let hotel = Hotel::up(BROKER);
    let victim = hotel.client(THERMOSTAT).await;
    let mut link = victim.bus.link();
    link.mark_unchanged();

    let thief = Papers::of(&hotel.identity_dir(LOCK), THERMOSTAT);
    let thief = Outsider::knock(&hotel, &thief).await.unwrap();
    let body = wire::device::Online {
        v: wire::Version,
        online: true,
        boot: 1.into(),
    };
    let topic = Topic::device(
        &hotel.places.property,
        &id(THERMOSTAT),
        DeviceSubject::Online,
    );
    victim
        .bus
        .publish(&topic, &body, Retain::Yes)
        .await
        .unwrap();
    assert!(
        !link.has_changed().unwrap(),
        "the victim lost its connection"
    );
    drop(thief);

    // The certificate's own name is the client id, whatever the client asks for.
    let twin = Papers::of(&hotel.identity_dir(THERMOSTAT), "somebody-else");
    let _twin = Outsider::knock(&hotel, &twin).await.unwrap();
    let taken_over = link.wait_for(|link| *link != Link::Up);
    tokio::time::timeout(LIMIT, taken_over)
        .await
        .unwrap()
        .unwrap();
}

// bus-3.6
#[tokio::test]
async fn a_device_added_to_a_running_hotel_gets_in() {
    let hotel = Hotel::up(BROKER);
    hotel.edgectl(&[
        "device",
        "add",
        "pool-thermostat",
        "--kind",
        "thermostat",
        "--room",
        "pool",
    ]);
    hotel.edgectl(&["policy", "apply"]);
    let device = hotel.client("pool-thermostat").await;
    let topic = Topic::device(
        &hotel.places.property,
        &id("pool-thermostat"),
        DeviceSubject::Online,
    );
    let body = wire::device::Online {
        v: wire::Version,
        online: true,
        boot: 1.into(),
    };
    device
        .bus
        .publish(&topic, &body, Retain::Yes)
        .await
        .unwrap();
}

// bus-3.7
#[tokio::test]
async fn a_component_with_somebody_elses_identity_does_not_start() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "s3", "uplink"],
    });
    hotel.edgectl(&["local", "down"]);
    let gateway = hotel.identity_dir("iot-gateway");
    hotel.reconfigure("uplink", "/identity_dir", gateway.to_str().unwrap());
    let started = Command::new(artifacts().join("uplink"))
        .env("HOTEL_CONFIG", &hotel.places.configurations["uplink"])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&started.stdout);
    assert_eq!(started.status.code(), Some(78), "{log}");
    assert!(
        log.contains("component/iot-gateway, the configuration that of"),
        "{log}"
    );
}
