//! The devices of a large hotel, all talking at once: how fast the gateway takes in what they say, state
//! and records on its disk, beside a client on the same broker that does nothing; and its memory.

use std::fs;
use std::time::{Duration, Instant};

use futures_util::stream::{StreamExt as _, iter};
use kit::bus::Session;
use kit::clock::Clock;
use rumqttc::v5::mqttbytes::v5::Packet;
use tokio::time::sleep;
use wire::device::{Birth, Online, Scalar, Telemetry};
use wire::registry::{RegisteredDevice, Registry};
use wire::topic::DeviceSubject;
use wire::{Integer, Topic, Version};

use super::bare::Bare;
use super::{Better, Figure, rss_mb};
use crate::hotel::LIMIT;
use crate::{Hotel, Plan, eventually};

/// Rooms with four devices each.
const ROOMS: u32 = 500;
/// Messages of one device in one flood: all of them together fit what the broker keeps for a gateway
/// that is away.
const EACH: u32 = 20;
/// Floods until every device has said more than the gateway remembers digests of (256 places).
const FLOODS: u32 = 13;
/// Devices that talk at the same time.
const TOGETHER: usize = 32;
/// The outbox store of all devices.
const BOOT: u32 = 5;
/// How often it is looked how far the gateway is.
const LOOK: Duration = Duration::from_millis(50);
/// Clock ticks of the kernel in a second (`getconf CLK_TCK`), on every Linux we run on.
const TICKS: f64 = 100.0;
const GATEWAY: &str = "iot-gateway";

pub(super) fn measure() -> Vec<Figure> {
    // Whoever asks over HTTP needs one, also without TLS; an earlier area may have chosen it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let hotel = Hotel::up(Plan {
            rooms: ROOMS,
            only: &["broker", GATEWAY],
        });
        let mut crowd = Crowd::connect(&hotel).await;
        let gateway = Gateway::of(&hotel).await;
        let away = hotel.freeze(GATEWAY).await;
        // In the gateway's place, whose session the broker keeps for whoever comes next.
        drop(Bare::connect(&hotel, GATEWAY, Session::Kept).await);
        crowd.say(0).await;
        let floor = drained(&hotel, crowd.messages()).await;
        crowd.say(0).await;
        let before = gateway.cpu();
        drop(away);
        let ours = gateway.take_in(0, crowd.messages()).await;
        let cpu = gateway.cpu() - before;
        for flood in 1..FLOODS {
            crowd.say(flood).await;
            let all = crowd.messages() * (flood + 1);
            gateway.take_in(crowd.messages() * flood, all).await;
        }
        let rate = |figure, ours| Figure::rate("gateway", figure, "messages/s", ours);
        vec![
            rate("telemetry_per_s", ours).floor("bare subscriber", floor),
            rate("telemetry_per_cpu_s", f64::from(crowd.messages()) / cpu),
            Figure {
                area: "gateway",
                figure: "rss_mb_2000_devices",
                unit: "MB",
                better: Better::Lower,
                ours: rss_mb(gateway.pid),
                peer: None,
                floor: None,
            },
        ]
    })
}

/// Every device of the hotel, each on a connection of its own.
struct Crowd {
    devices: Vec<Talker>,
}

struct Talker {
    connection: Bare,
    topic: String,
}

impl Crowd {
    async fn connect(hotel: &Hotel) -> Self {
        let text = fs::read(&hotel.places.registry).expect("the registry is readable");
        let registry: Registry = serde_json::from_slice(&text).expect("it is one");
        let devices = iter(registry.devices)
            .map(|device| Talker::connect(hotel, device))
            .buffer_unordered(TOGETHER);
        Self {
            devices: devices.collect().await,
        }
    }

    /// Messages of one flood.
    fn messages(&self) -> u32 {
        EACH * u32::try_from(self.devices.len()).expect("devices can be counted")
    }

    /// Everybody says the messages of one flood; the broker has them when this returns.
    async fn say(&mut self, flood: u32) {
        let all = iter(&mut self.devices);
        all.for_each_concurrent(TOGETHER, |device| device.say(flood))
            .await;
    }
}

impl Talker {
    async fn connect(hotel: &Hotel, device: RegisteredDevice) -> Self {
        let id = &device.device;
        let mut connection = Bare::connect(hotel, id.as_str(), Session::Clean).await;
        let topic = |subject| Topic::device(&hotel.places.property, id, subject).to_string();
        let online = Online {
            v: Version,
            online: true,
            boot: BOOT.into(),
        };
        let birth = Birth {
            v: Version,
            boot: BOOT.into(),
            capabilities: device.capabilities.clone(),
            firmware: "bench-1.0.0".to_owned(),
            oldest_seq: Some(Integer::default()),
        };
        let greetings = [
            (DeviceSubject::Online, wire::encode(&online)),
            (DeviceSubject::Birth, wire::encode(&birth)),
        ];
        for (subject, body) in greetings {
            connection.publish(&topic(subject), true, body.into());
        }
        connection.acknowledged(2).await;
        let first = device.capabilities.first().expect("a device can something");
        Self {
            topic: topic(DeviceSubject::Telemetry(first.clone())),
            connection,
        }
    }

    async fn say(&mut self, flood: u32) {
        for seq in flood * EACH..(flood + 1) * EACH {
            let body = wire::encode(&Telemetry {
                v: Version,
                boot: BOOT.into(),
                seq: seq.into(),
                oldest_seq: None,
                at: Clock::system().wall(),
                value: Scalar::Number(20.0 + f64::from(seq % 50) / 10.0),
            });
            self.connection.publish(&self.topic, false, body.into());
        }
        self.connection.acknowledged(EACH).await;
    }
}

/// How many messages in a second a client takes that does nothing with them.
async fn drained(hotel: &Hotel, messages: u32) -> f64 {
    let clock = Clock::system();
    let mut bare = Bare::connect(hotel, GATEWAY, Session::Kept).await;
    let mut first = None;
    let mut left = messages;
    while left > 0 {
        if matches!(bare.next().await, Packet::Publish(_)) {
            first.get_or_insert_with(|| clock.monotonic());
            left -= 1;
        }
    }
    let begun = first.expect("messages came");
    per_second(messages, clock.monotonic() - begun)
}

/// The gateway as the machine sees it.
struct Gateway {
    pid: u32,
    metrics: String,
    http: reqwest::Client,
    clock: Clock,
}

impl Gateway {
    async fn of(hotel: &Hotel) -> Self {
        let pid = eventually("the gateway is ready", LIMIT, || async {
            let part = hotel.part(GATEWAY)?;
            part.pid.filter(|_| part.ready)
        });
        Self {
            pid: pid.await,
            metrics: format!("http://{}/metrics", hotel.places.admin[GATEWAY]),
            http: reqwest::Client::new(),
            clock: Clock::system(),
        }
    }

    /// How many messages it has taken in, while it answers.
    async fn accepted(&self) -> Option<u32> {
        let answer = self.http.get(&self.metrics).send().await.ok()?;
        let text = answer.text().await.ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("iot_gateway_messages_accepted_total "));
        Some(line.map_or(0, |count| count.trim().parse().expect("a counter counts")))
    }

    /// Waits until it has taken in `all` messages; how many in a second since the first after
    /// `before`.
    async fn take_in(&self, before: u32, all: u32) -> f64 {
        let mut first: Option<(u32, Instant)> = None;
        let taken = async {
            loop {
                let accepted = self.accepted().await.unwrap_or(before);
                let now = self.clock.monotonic();
                if accepted > before {
                    first.get_or_insert((accepted, now));
                }
                if accepted >= all {
                    return now;
                }
                sleep(LOOK).await;
            }
        };
        let limit = LIMIT * 5;
        let ended = tokio::time::timeout(limit, taken).await;
        let ended = ended.expect("the gateway takes in what was said");
        let (count, begun) = first.expect("it began before it ended");
        per_second(all - count, ended - begun)
    }

    /// Seconds of a processor that it has used (proc(5), fields 14 and 15).
    fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid));
        let stat = stat.expect("the gateway lives");
        let (_, fields) = stat.rsplit_once(") ").expect("its name ends");
        let fields: Vec<_> = fields.split(' ').collect();
        let ticks = |field: usize| fields[field].parse::<f64>().expect("a number of ticks");
        (ticks(11) + ticks(12)) / TICKS
    }
}

fn per_second(messages: u32, within: Duration) -> f64 {
    f64::from(messages) / within.as_secs_f64()
}
