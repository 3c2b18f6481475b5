//! A gateway that hears everything, keeps it in memory and confirms it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kit::bus::{Bus, Delivery, Retain, Session, Settings, Subscription};
use kit::digest::sha256;
use kit::health::Health;
use kit::lifecycle::Tasks;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::device::Received;
use wire::topic::{DeviceSubject, DeviceWord, Subject};
use wire::{DeviceId, Filter, Integer, Sha256, Topic, Version};

use super::LIMIT;
use super::estate::{Estate, property};
use crate::eventually;

type Place = (DeviceId, Integer, Integer);

pub(super) struct Gateway {
    bus: Bus,
    memory: Arc<Mutex<Memory>>,
    _tasks: Tasks,
}

#[derive(Default)]
struct Memory {
    heard: BTreeMap<Place, Sha256>,
    deliveries: Vec<(DeviceId, DeviceSubject, Vec<u8>)>,
}

/// What every message with a place begins with.
#[derive(Deserialize)]
struct Placed {
    boot: Integer,
    seq: Integer,
}

impl Gateway {
    pub(super) fn start(estate: &Estate) -> Self {
        let tasks = Tasks::new();
        let settings = Settings {
            broker: estate.address(),
            property: property(),
            identity: watch::channel(estate.gateway()).1,
            session: Session::Kept,
            will: None,
        };
        let bus = Bus::new(settings, &tasks, Health::new().need("bus"));
        let memory = Arc::default();
        let (hearing, keeping) = (bus.clone(), Arc::clone(&memory));
        tasks.spawn("gateway", |stop| hear(hearing, keeping, stop));
        bus.connect();
        Self {
            bus,
            memory,
            _tasks: tasks,
        }
    }

    /// Every message that has a place.
    pub(super) fn heard(&self) -> BTreeMap<Place, Sha256> {
        self.memory.lock().unwrap().heard.clone()
    }

    pub(super) async fn tell(
        &self,
        device: &DeviceId,
        subject: DeviceSubject,
        body: &serde_json::Value,
    ) {
        let topic = Topic::device(&property(), device, subject);
        self.bus.publish(&topic, body, Retain::No).await.unwrap();
    }

    /// Waits until the last message on a topic is as it should be.
    pub(super) async fn last<T: DeserializeOwned>(
        &self,
        device: &DeviceId,
        subject: DeviceSubject,
        is_right: impl Fn(&T) -> bool,
    ) {
        eventually(&format!("{device} says {subject}"), LIMIT, || async {
            let bodies = self.bodies(device, &subject);
            let body: T = wire::decode(bodies.last()?).unwrap();
            is_right(&body).then_some(())
        })
        .await;
    }

    pub(super) fn count(&self, device: &DeviceId, subject: &DeviceSubject) -> usize {
        self.bodies(device, subject).len()
    }

    /// How many different events of a kind there were.
    pub(super) fn events(&self, device: &DeviceId, kind: &str) -> usize {
        let mut bodies = self.bodies(device, &DeviceSubject::Event);
        bodies.retain(|body| {
            let event: wire::device::Event = wire::decode(body).unwrap();
            event.kind.as_str() == kind
        });
        bodies.sort();
        bodies.dedup();
        bodies.len()
    }

    fn bodies(&self, device: &DeviceId, subject: &DeviceSubject) -> Vec<Vec<u8>> {
        let memory = self.memory.lock().unwrap();
        let of_topic = memory
            .deliveries
            .iter()
            .filter(|(by, on, _)| by == device && on == subject);
        of_topic.map(|(_, _, body)| body.clone()).collect()
    }
}

async fn hear(bus: Bus, memory: Arc<Mutex<Memory>>, stop: CancellationToken) {
    let words = DeviceWord::SAID.iter();
    let filters = words.map(|word| Filter::device(&property(), None, *word));
    let mut subscription: Subscription = bus.subscribe(filters).await;
    while let Some(Some(delivery)) = stop.run_until_cancelled(subscription.recv()).await {
        if let Some((device, received)) = keep(&mut memory.lock().unwrap(), &delivery) {
            let topic = Topic::device(&property(), &device, DeviceSubject::Received);
            let (bus, body) = (bus.clone(), wire::encode(&received));
            tokio::spawn(async move { bus.publish_bytes(&topic, body.into(), Retain::No).await });
        }
        delivery.acknowledge();
    }
}

/// Keeps a message and says what is complete after it.
fn keep(memory: &mut Memory, delivery: &Delivery) -> Option<(DeviceId, Received)> {
    let Subject::Device(device, subject) = &delivery.topic.subject else {
        return None;
    };
    memory
        .deliveries
        .push((device.clone(), subject.clone(), delivery.body.to_vec()));
    let Placed { boot, seq } = wire::decode(&delivery.body).ok()?;
    let place = |seq| (device.clone(), boot, seq);
    let sha256 = sha256(&delivery.body);
    let before = memory.heard.insert(place(seq), sha256);
    assert!(
        before.is_none_or(|before| before == sha256),
        "{device} {seq} is two messages"
    );
    let mut next = Integer::default();
    while memory.heard.contains_key(&place(next)) {
        next = next.next();
    }
    let through_seq = Integer::new(next.value().checked_sub(1)?)?;
    Some((
        device.clone(),
        Received {
            v: Version,
            boot,
            through_seq,
        },
    ))
}
