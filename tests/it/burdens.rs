//! What is too large, too deep, too much or too slow, on the bus and on every HTTP listener: refused or
//! carried, and nobody else notices.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use bytes::Bytes;
use hotel_tests::client;
use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::outsider::{Outsider, Papers, Raw};
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::Retain;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use serde::Deserialize;
use serde_json::json;
use wire::record::Recorded;
use wire::topic::{DeviceSubject, DeviceWord, ServiceSubject, Subject};
use wire::{Component, Filter, Sha256, Topic, Version};

const THERMOSTAT: &str = "room-101-thermostat";
const LOCK: &str = "room-101-lock";

async fn ready(hotel: &Hotel) {
    hotel.all_ready(LIMIT * 2).await;
}

async fn enter(hotel: &Hotel, principal: &str) -> Outsider {
    let papers = Papers::of(&hotel.identity_dir(principal), principal);
    Outsider::knock(hotel, &papers).await.unwrap()
}

// bus-5.2
#[tokio::test]
async fn a_receipt_for_other_bytes_frees_nobody_of_a_batch() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "s3", "iot-gateway", "uplink", "hotel-sim"],
    });
    ready(&hotel).await;
    let frozen = hotel.freeze("uplink").await;
    // In its place, under its own certificate, somebody who confirms what they have not kept.
    let mut impostor = enter(&hotel, "uplink").await;
    let property = &hotel.places.property;
    let records = Filter::records(property, Component::Uplink, None, None);
    impostor.subscribe(records.as_str()).await.unwrap();
    let mut confirmed = 0;
    while confirmed < 3 {
        let Packet::Publish(record) = impostor.next().await.unwrap() else {
            continue;
        };
        let topic: Topic = std::str::from_utf8(&record.topic).unwrap().parse().unwrap();
        let Subject::Service(_, ServiceSubject::Record(_, sender, batch)) = topic.subject else {
            panic!("only records were asked for");
        };
        let recorded = ServiceSubject::Recorded(sender, batch);
        let topic = Topic::service(property, Component::Uplink, recorded).to_string();
        let forged = Recorded {
            v: Version,
            sha256: Sha256([0; 32]),
            problem: None,
        };
        let body = Bytes::from(wire::encode(&forged));
        impostor.say(&topic, body).await.unwrap();
        confirmed += 1;
    }
    drop(impostor);
    drop(frozen);
    hotel.settle_accounts().await;
}

// bus-1.4, bus-3.9
#[tokio::test]
async fn a_flood_of_retained_messages_is_dropped_and_its_sender_still_heard() {
    const FLOOD: u32 = 2_000;
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "s3", "iot-gateway", "uplink", "hotel-sim"],
    });
    ready(&hotel).await;
    let frozen = hotel.freeze("hotel-sim").await;
    let mut rogue = enter(&hotel, THERMOSTAT).await;
    for number in 0..FLOOD {
        let capability = format!("flood-{number}").parse().unwrap();
        let topic = Topic::device(
            &hotel.places.property,
            &THERMOSTAT.parse().unwrap(),
            DeviceSubject::Telemetry(capability),
        );
        let Packet::PubAck(answer) = rogue
            .publish(&topic.to_string(), true, "{\"v\":1}".into())
            .await
            .unwrap()
        else {
            panic!("every publish is answered");
        };
        assert_eq!(answer.reason, PubAckReason::Success);
    }
    drop(rogue);
    drop(frozen);
    // A gateway without a memory of the broker is sent all of it.
    hotel.kill_and_wait("iot-gateway").await;
    let before = hotel.said().await.len();
    eventually("the devices talk on", LIMIT, || async {
        (hotel.said().await.len() > before + 8).then_some(())
    })
    .await;
    hotel.settle_accounts().await;
}

// bus-4.8
#[tokio::test]
async fn a_client_that_never_reads_costs_nobody_else_a_message() {
    const FLOOD: usize = 1_500;
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker"],
    });
    let gateway = hotel.client("iot-gateway").await;
    let papers = Papers::of(&hotel.identity_dir(LOCK), LOCK);
    let mut deaf = Raw::connect(&hotel, &papers, b"").unwrap();
    let property = &hotel.places.property;
    let heard = |device: &str| {
        let device = device.parse().unwrap();
        Filter::device(property, Some(&device), DeviceWord::Delta)
    };
    assert!(deaf.subscribe(heard(LOCK).as_str()));
    let thermostat = hotel.client(THERMOSTAT).await;
    let mut deltas = thermostat.bus.subscribe([heard(THERMOSTAT)]).await;
    deltas.granted().await.unwrap();
    let to = |device: &str| Topic::device(property, &device.parse().unwrap(), DeviceSubject::Delta);
    let (to_lock, to_thermostat) = (to(LOCK), to(THERMOSTAT));
    // More than the broker keeps for one client: 64 MiB.
    let large = Bytes::from(vec![b' '; 50 * 1024]);
    for number in 0..FLOOD {
        let sent = gateway
            .bus
            .publish_bytes(&to_lock, large.clone(), Retain::No);
        tokio::time::timeout(LIMIT, sent).await.unwrap().unwrap();
        if number % 100 == 0 {
            let body = Bytes::from(number.to_string());
            let sent = gateway
                .bus
                .publish_bytes(&to_thermostat, body.clone(), Retain::No);
            tokio::time::timeout(LIMIT, sent).await.unwrap().unwrap();
            let delivery = client::next(&mut deltas).await;
            assert_eq!(delivery.body, body);
            delivery.acknowledge();
        }
    }
    drop(deaf);
}

/// How long a door may hold a connection that is of no use: half a minute, and what a busy machine adds.
const HELD_S: f64 = 60.0;

/// How a door carried its burdens.
#[derive(Debug, Deserialize)]
struct Carried {
    large: Answered,
    deep: Answered,
    slow: Option<u16>,
    /// For how many seconds it kept a connection that said this and then nothing, or drops.
    held: BTreeMap<String, Option<f64>>,
}

#[derive(Debug, Deserialize)]
struct Answered {
    status: Option<u16>,
    taken: u64,
}

impl Carried {
    #[track_caller]
    fn check(&self, door: &str) {
        let Self {
            large,
            deep,
            slow,
            held,
        } = self;
        assert_eq!(held.len(), 3, "{door}: {held:?}");
        for (said, seconds) in held {
            let seconds = seconds.unwrap_or(f64::INFINITY);
            assert!(seconds < HELD_S, "{door}: {said} was held for {seconds} s");
        }
        let refused = large
            .status
            .is_none_or(|status| (400..500).contains(&status));
        assert!(refused && large.taken < 32 << 20, "{door}: {large:?}");
        let refused = deep
            .status
            .is_some_and(|status| (400..500).contains(&status));
        assert!(refused, "{door}: {deep:?}");
        let answered = slow.is_some_and(|status| (400..500).contains(&status));
        assert!(answered, "{door}: others are served, {slow:?}");
    }
}

// authority-6.3, bus-2.8, bus-8.1
#[tokio::test]
async fn bodies_of_a_hundred_megabytes_deep_ones_and_slow_clients_stop_no_listener() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &[
            "broker",
            "authority",
            "signaling",
            "console",
            "device-proxy",
            "inference",
            "postgres",
            "replica-sync",
        ],
    });
    ready(&hotel).await;
    let operator = hotel.identity_dir("edgectl");
    let doors = [
        ("authority", "tls_listener", "/enrol"),
        ("console", "listener", "/api/guest-token"),
        ("console", "tls_listener", "/api/guest-token"),
        ("signaling", "http_listener", "/offer"),
        ("signaling", "listener", "/ws"),
        ("signaling", "tls_listener", "/ws"),
        ("authority", "admin", "/readyz"),
        ("device-proxy", "tls_listener", "/print/preview"),
        ("inference", "listener", "/v2/models/sentiment/infer"),
        ("replica-sync", "listener", "/api/replication/rooms/0/push"),
    ];
    let doors = doors.map(|(name, key, path)| {
        let at = match key {
            "admin" => hotel.places.admin[name].clone(),
            _ => hotel.listener(name, key),
        };
        // Inference serves loopback in the clear.
        let tls = key == "tls_listener" || name == "replica-sync";
        json!({
            "name": format!("{name} {key}"), "host": at.host, "port": at.port, "tls": tls,
            "path": path, "certificate": [operator.join("cert.pem"), operator.join("key.pem")],
        })
    });
    let mut burden = hotel
        .command(Hotel::python())
        .arg(repository().join("tests/python/burden.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = burden.stdin.take().unwrap();
    let plan = json!({ "doors": doors });
    told.write_all(plan.to_string().as_bytes()).unwrap();
    drop(told);
    let output = burden.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let carried: BTreeMap<String, Carried> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(carried.len(), doors.len());
    for (door, carried) in &carried {
        carried.check(door);
    }
    ready(&hotel).await;
}
