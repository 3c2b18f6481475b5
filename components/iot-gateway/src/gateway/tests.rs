use std::time::Duration;

use serde_json::{Value, json};
use wire::device::{AckStatus, Kind, Scalar};
use wire::gateway::Executed;
use wire::record::Stream;
use wire::registry::RegisteredDevice;
use wire::{Code, Integer, Sha256, Version};

use super::*;
use crate::command::LONGEST;
use crate::effect::Asker;
use crate::executions::OPEN_PER_DEVICE_MAX;
use crate::record::Content;
use crate::stream::Place;

mod devices;
mod questions;

/// A gateway with a clock.
struct Scene {
    gateway: Gateway,
    now: Moment,
    /// Names the next question.
    asked: u32,
}

fn n(value: u32) -> Integer {
    value.into()
}

fn id(name: &str) -> DeviceId {
    name.parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
fn start() -> Moment {
    Moment {
        wall: n(1_000_000),
        monotonic: Instant::now(),
    }
}

fn registry(devices: &[(&str, Kind)]) -> registry::Devices {
    let registered = |(name, kind): &(&str, Kind)| {
        let registered = RegisteredDevice {
            device: id(name),
            kind: *kind,
            room: None,
            capabilities: ["temperature", "target-temperature"]
                .map(|name| name.parse().unwrap())
                .into(),
        };
        (id(name), registered)
    };
    devices.iter().map(registered).collect()
}

fn births(boot: u32) -> Said {
    let capabilities = registry(&[("x", Kind::Lock)])[&id("x")]
        .capabilities
        .clone();
    let birth = presence::Birth {
        boot: n(boot),
        capabilities,
        firmware: String::new(),
    };
    Said::Birth(birth, None)
}

fn online(boot: u32) -> Said {
    let boot = n(boot);
    let online = true;
    Said::Presence(presence::Input::Online { boot, online })
}

fn telemetry(seq: u32) -> Said {
    let place = Place {
        boot: n(1),
        seq: n(seq),
        oldest_seq: None,
    };
    let temperature = "temperature".parse().unwrap();
    Said::Message(Message {
        place,
        sha256: Sha256([1; 32]),
        at: n(0),
        content: Content::Telemetry(temperature, Scalar::Number(20.0)),
    })
}

impl Scene {
    /// A thermostat `t-1` and a lock `l-1`, never heard.
    fn new() -> Self {
        let devices = registry(&[("t-1", Kind::Thermostat), ("l-1", Kind::Lock)]);
        let (gateway, _) = Gateway::resume(start(), devices, Policy::default(), Memory::default());
        let now = start();
        Self {
            gateway,
            now,
            asked: 0,
        }
    }

    /// The same, with the thermostat online.
    fn with_thermostat_online() -> Self {
        let mut scene = Self::new();
        scene.hear("t-1", births(1));
        scene.hear("t-1", online(1));
        scene
    }

    fn hear(&mut self, device: &str, said: Said) -> Vec<Effect> {
        self.hear_from(device, Origin::Live, said)
    }

    fn hear_from(&mut self, device: &str, origin: Origin, said: Said) -> Vec<Effect> {
        self.gateway
            .handle(self.now, Input::Said(id(device), origin, said))
    }

    fn wait(&mut self, by: Duration) -> Vec<Effect> {
        let by_ms = u64::try_from(by.as_millis()).unwrap();
        self.now = Moment {
            wall: Integer::new(self.now.wall.value() + by_ms).unwrap(),
            monotonic: self.now.monotonic + by,
        };
        self.gateway.handle(self.now, Input::Elapsed)
    }

    /// A new question of `night-porter`, answered within `wait_ms`.
    fn question(&mut self, operation: &str, wait_ms: u64, body: &Value) -> Request {
        self.asked += 1;
        let deadline = self.now.wall.value() + wait_ms;
        let body = json!({ "v": 1, "deadline": deadline, "body": body });
        Request {
            operation: operation.parse().unwrap(),
            asker: Asker {
                principal: "night-porter".parse().unwrap(),
                id: format!("01941f29-7c00-7000-8000-{:012}", self.asked)
                    .parse()
                    .unwrap(),
            },
            body: serde_json::to_vec(&body).unwrap(),
        }
    }

    fn ask(&mut self, operation: &str, body: &Value) -> Vec<Effect> {
        let request = self.question(operation, 30_000, body);
        self.gateway.handle(self.now, Input::Asked(request))
    }

    fn identify(&mut self) -> Vec<Effect> {
        self.ask(
            "command",
            &json!({ "device": "t-1", "operation": "identify" }),
        )
    }
}

/// The one reply among effects, decoded.
#[track_caller]
fn reply(effects: &[Effect]) -> Value {
    let replies = effects.iter().filter_map(|effect| match effect {
        Effect::Say(Saying::Reply(_, body)) => Some(body),
        _ => None,
    });
    let replies: Vec<_> = replies.collect();
    let [body] = replies[..] else {
        panic!("one reply: {effects:?}")
    };
    serde_json::from_slice(body).unwrap()
}

fn stores(effects: &[Effect]) -> usize {
    let is_store = |effect: &&Effect| matches!(effect, Effect::Store(_));
    effects.iter().filter(is_store).count()
}
