//! Devices that say what they should not: nothing of it is believed, nothing else suffers.

use bytes::Bytes;
use hotel_tests::accounts::arrivals;
use hotel_tests::client::{self, Client};
use hotel_tests::hotel::LIMIT;
use hotel_tests::outsider::{Outsider, Papers};
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::{Retain, Session, Subscription};
use tokio::time::timeout;
use wire::device::{Birth, Received, Scalar, Telemetry};
use wire::registry::Registry;
use wire::topic::{DeviceSubject, DeviceWord};
use wire::{DeviceId, Filter, Integer, Topic, Version, bound};

const THERMOSTAT: &str = "room-101-thermostat";
const WITHOUT_DEVICES: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker", "s3", "iot-gateway", "uplink"],
};

/// The thermostat, played by the test.
struct Device {
    client: Client,
    received: Subscription,
}

impl Device {
    async fn of(hotel: &Hotel) -> Self {
        let identity = hotel.identity_dir(THERMOSTAT);
        let client = Client::new(hotel, &identity, Session::Clean, None);
        let id: DeviceId = THERMOSTAT.parse().unwrap();
        let filter = Filter::device(&hotel.places.property, Some(&id), DeviceWord::Received);
        let received = client.bus.subscribe([filter]).await;
        let device = Self {
            client: client.connected().await,
            received,
        };
        let birth = Birth {
            v: Version,
            boot: 5.into(),
            capabilities: ["temperature".parse().unwrap()].into(),
            firmware: "1.0.0".to_owned(),
            oldest_seq: None,
        };
        device
            .say(DeviceSubject::Birth, wire::encode(&birth), Retain::Yes)
            .await;
        device
    }

    async fn say(&self, subject: DeviceSubject, body: Vec<u8>, retain: Retain) {
        let topic = Topic::device(
            self.client.bus.property(),
            &THERMOSTAT.parse().unwrap(),
            subject,
        );
        let said = self.client.bus.publish_bytes(&topic, body.into(), retain);
        timeout(LIMIT, said).await.unwrap().unwrap();
    }

    async fn measure(&self, body: impl Into<Vec<u8>>) {
        let subject = DeviceSubject::Telemetry("temperature".parse().unwrap());
        self.say(subject, body.into(), Retain::No).await;
    }

    /// Waits until everything up to `seq` of boot 5 is received.
    async fn received_through(&mut self, seq: u32) {
        let expected = Received {
            v: Version,
            boot: 5.into(),
            through_seq: seq.into(),
        };
        loop {
            let delivery = client::next(&mut self.received).await;
            let received: Received = wire::decode(&delivery.body).unwrap();
            delivery.acknowledge();
            assert!(received.through_seq <= expected.through_seq, "{received:?}");
            if received == expected {
                return;
            }
        }
    }
}

fn measurement(boot: u32, seq: u32, celsius: f64) -> Vec<u8> {
    wire::encode(&Telemetry {
        v: Version,
        boot: boot.into(),
        seq: seq.into(),
        oldest_seq: None,
        at: 1.into(),
        value: Scalar::Number(celsius),
    })
}

async fn places_in_s3(hotel: &Hotel, count: usize) -> Vec<(Integer, Integer)> {
    hotel.edgectl(&["uplink", "drain"]);
    let objects = eventually("the measurements are in S3", LIMIT, || async {
        let objects = hotel.objects().await?;
        (arrivals(&objects).len() >= count).then_some(objects)
    })
    .await;
    let mut places: Vec<_> = arrivals(&objects)
        .into_iter()
        .map(|((_, boot, seq), _)| (boot, seq))
        .collect();
    places.sort_unstable();
    places
}

// iot-gateway-3.1
#[tokio::test]
async fn what_is_not_a_message_is_dropped_and_the_next_message_is_taken() {
    let hotel = Hotel::up(WITHOUT_DEVICES);
    let mut device = Device::of(&hotel).await;
    device.measure(measurement(5, 0, 20.0)).await;
    device.received_through(0).await;

    let deep = "[".repeat(100) + &"]".repeat(100);
    let wide = format!("[{}0]", "0,".repeat(bound::ITEMS_MAX));
    let long = "x".repeat(bound::BODY_MAX - 100);
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "\u{0}".to_owned(),
        r#"{"v":1}"#.to_owned(),
        r#"{"v":2,"boot":5,"seq":1,"at":1,"value":1}"#.to_owned(),
        r#"{"v":1,"boot":-5,"seq":1,"at":1,"value":1}"#.to_owned(),
        r#"{"v":1,"boot":5,"seq":9007199254740992,"at":1,"value":1}"#.to_owned(),
        format!(r#"{{"v":1,"boot":5,"seq":1,"at":1,"value":1,"x":{deep}}}"#),
        format!(r#"{{"v":1,"boot":5,"seq":1,"at":1,"value":1,"x":{wide}}}"#),
        format!(r#"{{"v":1,"boot":5,"seq":1,"at":1,"value":"{long}"}}"#),
    ] {
        device.measure(body).await;
    }
    device.measure(measurement(5, 1, 20.5)).await;
    device.received_through(1).await;
    let expected = [(5.into(), 0.into()), (5.into(), 1.into())];
    assert_eq!(places_in_s3(&hotel, 2).await, expected);
}

// iot-gateway-3.2
#[tokio::test]
async fn replays_are_answered_and_not_stored_again() {
    let hotel = Hotel::up(WITHOUT_DEVICES);
    let mut device = Device::of(&hotel).await;
    device.measure(measurement(5, 0, 20.0)).await;
    device.received_through(0).await;

    device.measure(measurement(5, 0, 20.0)).await;
    device.received_through(0).await;
    // The same place with other content, and a life of the device that is over.
    device.measure(measurement(5, 0, 99.0)).await;
    device.measure(measurement(4, 7, 99.0)).await;

    device.measure(measurement(5, 1, 20.5)).await;
    device.received_through(1).await;
    let expected = [(5.into(), 0.into()), (5.into(), 1.into())];
    assert_eq!(places_in_s3(&hotel, 2).await, expected);
}

// iot-gateway-3.3
#[tokio::test]
async fn a_gap_holds_received_back_until_it_is_filled_or_given_up() {
    let hotel = Hotel::up(WITHOUT_DEVICES);
    let mut device = Device::of(&hotel).await;
    device.measure(measurement(5, 0, 20.0)).await;
    device.received_through(0).await;
    device.measure(measurement(5, 2, 20.2)).await;
    device.measure(measurement(5, 1, 20.1)).await;
    device.received_through(2).await;

    let gave_up = Telemetry {
        oldest_seq: Some(5.into()),
        ..wire::decode(&measurement(5, 5, 20.5)).unwrap()
    };
    device.measure(wire::encode(&gave_up)).await;
    device.received_through(5).await;
    let places = places_in_s3(&hotel, 4).await;
    let seqs: Vec<_> = places.into_iter().map(|(_, seq)| seq.value()).collect();
    assert_eq!(seqs, [0, 1, 2, 5]);
}

#[tokio::test]
async fn a_packet_beyond_the_brokers_limit_ends_its_sender_only() {
    let hotel = Hotel::up(WITHOUT_DEVICES);
    let mut device = Device::of(&hotel).await;
    let papers = Papers::of(&hotel.identity_dir("room-101-window"), "room-101-window");
    let mut window = Outsider::knock(&hotel, &papers).await.unwrap();
    let id = "room-101-window".parse().unwrap();
    let topic = Topic::device(&hotel.places.property, &id, DeviceSubject::Event).to_string();
    let flood = Bytes::from(vec![b'x'; 1024 * 1024]);
    assert!(window.publish(&topic, false, flood).await.is_err());

    device.measure(measurement(5, 0, 20.0)).await;
    device.received_through(0).await;
}

/// The topics that the broker keeps of the thermostat, as a newcomer sees them.
async fn retained_of_the_thermostat(hotel: &Hotel) -> Vec<Topic> {
    // In the gateway's place, which alone may hear every device.
    let _still = hotel.freeze("iot-gateway").await;
    let gateway = hotel.client("iot-gateway").await;
    let retained = DeviceWord::RETAINED.iter();
    let filters = retained.map(|word| Filter::device(&hotel.places.property, None, *word));
    let mut subscription = gateway.bus.subscribe(filters).await;
    subscription.granted().await.unwrap();
    let window = hotel.client("room-101-window").await;
    let id: DeviceId = "room-101-window".parse().unwrap();
    let last = Topic::device(&hotel.places.property, &id, DeviceSubject::Reported);
    window
        .bus
        .publish_bytes(&last, "{}".into(), Retain::No)
        .await
        .unwrap();
    let mut topics = Vec::new();
    loop {
        let delivery = client::next(&mut subscription).await;
        if delivery.topic == last {
            return topics;
        }
        topics.push(delivery.topic.clone());
        delivery.acknowledge();
    }
}

// iot-gateway-1.4
#[tokio::test]
async fn a_device_that_is_removed_leaves_nothing_at_the_broker() {
    let hotel = Hotel::up(WITHOUT_DEVICES);
    let device = Device::of(&hotel).await;
    let is_listed = || hotel.edgectl(&["gateway", "list"]).contains(THERMOSTAT);
    assert!(is_listed());
    assert_eq!(retained_of_the_thermostat(&hotel).await.len(), 1);
    drop(device);

    let text = std::fs::read(&hotel.places.registry).unwrap();
    let mut registry: Registry = serde_json::from_slice(&text).unwrap();
    registry
        .devices
        .retain(|device| device.device.as_str() != THERMOSTAT);
    std::fs::write(&hotel.places.registry, wire::encode(&registry)).unwrap();
    eventually("the gateway has forgotten the device", LIMIT, || async {
        let listed = hotel.try_edgectl(&["gateway", "list"]);
        let listed = listed.status.success().then_some(listed.stdout)?;
        (!String::from_utf8(listed).ok()?.contains(THERMOSTAT)).then_some(())
    })
    .await;
    eventually("nothing of it is retained", LIMIT, || async {
        retained_of_the_thermostat(&hotel)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
}
