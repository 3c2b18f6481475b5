//! Hands records to `uplink` as `iot-gateway` would, one batch at a time.

use kit::bus::{Retain, Subscription};
use kit::clock::Clock;
use kit::ids;
use serde_json::json;
use wire::device::State;
use wire::gateway::DeviceRecord;
use wire::record::{Record, Recorded, Records, Stream};
use wire::topic::{ServiceSubject, Subject};
use wire::{BatchId, Component, Filter, Integer, PropertyId, Topic, Version};

use crate::client::{Client, next};
use crate::hotel::Hotel;

/// Somebody with records for `uplink`.
#[derive(Debug)]
pub struct Feeder {
    client: Client,
    recorded: Subscription,
    property: PropertyId,
    records: u32,
}

impl Feeder {
    /// Takes the place of `iot-gateway`, which must not run.
    ///
    /// # Panics
    ///
    /// When the broker does not let it in.
    pub async fn of(hotel: &Hotel) -> Self {
        let client = hotel.client("iot-gateway").await;
        let property = hotel.places.property.clone();
        let own = client.bus.principal().clone();
        let filter = Filter::recorded(&property, Some(Component::Uplink), Some(&own));
        let mut recorded = client.bus.subscribe([filter]).await;
        recorded.granted().await.expect("the gateway may hear it");
        Self {
            client,
            recorded,
            property,
            records: 0,
        }
    }

    /// Hands some measurements over, and waits for the answer.
    ///
    /// # Panics
    ///
    /// When the bus is closed.
    pub async fn hand(&mut self, stream: Stream, records: u32) -> Recorded {
        let wall = Clock::system().wall();
        let id: BatchId = ids::new(wall);
        let numbers = self.records..self.records + records;
        self.records += records;
        let records = numbers
            .map(|number| measurement(wall.value(), number))
            .collect();
        let body = wire::encode(&Records {
            v: Version,
            records,
        });
        let own = self.client.bus.principal().clone();
        let subject = ServiceSubject::Record(stream.word(), own, id);
        let topic = Topic::service(&self.property, Component::Uplink, subject);
        let sent = self
            .client
            .bus
            .publish_bytes(&topic, body.into(), Retain::No);
        sent.await.expect("the gateway may hand records over");
        loop {
            let delivery = next(&mut self.recorded).await;
            let Subject::Service(_, ServiceSubject::Recorded(_, told)) = &delivery.topic.subject
            else {
                continue;
            };
            let is_ours = *told == id;
            let recorded = wire::decode(&delivery.body).expect("the answer has its form");
            delivery.acknowledge();
            if is_ours {
                return recorded;
            }
        }
    }

    /// Leaves the bus.
    pub async fn end(self) {
        self.client.end().await;
    }
}

/// A measurement as a hotel of fifty rooms makes them: one of four devices a room, every few minutes.
pub fn measurement(at: u64, number: u32) -> Record {
    let (room, device) = (number / 4 % 50 + 101, number % 4);
    let (device, capability, value) = match device {
        0 => (
            "thermostat",
            "temperature",
            json!(18.0 + f64::from(number % 71) / 10.0),
        ),
        1 => ("occupancy", "occupied", json!(number.is_multiple_of(3))),
        2 => ("window", "open", json!(number.is_multiple_of(11))),
        _ => ("lock", "battery", json!(100 - number % 60)),
    };
    let place = |number: u64| Integer::new(number).expect("it is a place");
    let body = DeviceRecord {
        device: format!("room-{room}-{device}")
            .parse()
            .expect("it is a word"),
        room: Some(room.to_string()),
        boot: place(1_795_000_000_123),
        seq: (number / 200).into(),
        digest: kit::digest::sha256(&number.to_le_bytes()).short(),
        capability: Some(capability.parse().expect("it is a word")),
        message: State(
            [("at".to_owned(), json!(at)), ("value".to_owned(), value)]
                .into_iter()
                .collect(),
        ),
    };
    let body = serde_json::to_value(body).expect("it has a JSON form");
    let serde_json::Value::Object(body) = body else {
        unreachable!("it is an object")
    };
    Record {
        at: Integer::new(at).expect("it is a time"),
        kind: "telemetry".parse().expect("it is a word"),
        body,
    }
}
