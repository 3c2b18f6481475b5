//! One example of every body on the bus.

mod doors;
mod inference;
mod pages;
mod spool;

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::device::{
    Ack, AckStatus, Birth, Command, Delta, Event, Kind, Online, Received, Reported, Scalar, State,
    Telemetry,
};
use crate::gateway::{
    Desired, DeviceGap, DeviceRecord, DeviceState, DeviceSummary, Devices, Execute, Executed, List,
    Outcome, SetDesired, StateOf,
};
use crate::octets::Octets;
use crate::record::{Record, Recorded, Records, Stream};
use crate::registry::{Onboarding, RegisteredDevice, Registry};
use crate::replica::Backup;
use crate::request::{Nothing, Reply, Request};
use crate::status::{Check, Status};
use crate::uplink::{
    Drained, Dump, Dumped, File, Filed, FilesStat, Line, LinkStat, Mode, Stat, StreamStat,
};
use crate::{Code, Integer, Problem, Sha256, Version, decode, encode};

/// A wire form: its name, an example as it is written, and its schema.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) example: Value,
    pub(super) schema: Value,
}

fn form<T>(name: &'static str, example: &T) -> Form
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + JsonSchema,
{
    let text = encode(example);
    assert_eq!(
        &decode::<T>(&text).unwrap(),
        example,
        "{name} does not survive the wire"
    );
    Form {
        name,
        example: serde_json::from_slice(&text).unwrap(),
        schema: serde_json::to_value(schema_for!(T)).unwrap(),
    }
}

pub(super) fn all() -> Vec<Form> {
    [
        device(),
        gateway(),
        records(),
        uplink(),
        spool::all(),
        files(),
        common(),
        inference::all(),
        pages::all(),
        doors::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn n(value: u32) -> Integer {
    value.into()
}

fn at() -> Integer {
    Integer::new(1_795_000_000_123).unwrap()
}

fn word<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn state(value: Value) -> State {
    serde_json::from_value(value).unwrap()
}

fn uuid<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    word("01941f29-7c00-7000-8000-0123456789ab")
}

fn problem() -> Problem {
    Problem::new(Code::Invalid, "40 is not between 5 and 30").at("state.target_celsius")
}

#[expect(clippy::too_many_lines, reason = "one example after the other")]
fn device() -> Vec<Form> {
    let target = || state(json!({ "target_celsius": 19 }));
    vec![
        form(
            "device-birth",
            &Birth {
                v: Version,
                boot: n(3),
                capabilities: [word("battery"), word("temperature")].into(),
                firmware: "1.4.2".to_owned(),
                oldest_seq: Some(n(17)),
            },
        ),
        form(
            "device-online",
            &Online {
                v: Version,
                online: false,
                boot: n(3),
            },
        ),
        form(
            "device-reported",
            &Reported {
                v: Version,
                boot: n(3),
                seq: n(17),
                oldest_seq: Some(n(5)),
                at: at(),
                version: n(2),
                state: target(),
            },
        ),
        form(
            "device-telemetry",
            &Telemetry {
                v: Version,
                boot: n(3),
                seq: n(18),
                oldest_seq: None,
                at: at(),
                value: Scalar::Number(20.5),
            },
        ),
        form(
            "device-event",
            &Event {
                v: Version,
                boot: n(3),
                seq: n(19),
                oldest_seq: None,
                at: at(),
                kind: word("low-battery"),
                alarm: true,
                data: state(json!({ "percent": 9 })),
            },
        ),
        form(
            "device-received",
            &Received {
                v: Version,
                boot: n(3),
                through_seq: n(19),
            },
        ),
        form(
            "device-delta",
            &Delta {
                v: Version,
                version: n(2),
                state: target(),
            },
        ),
        form(
            "device-command",
            &Command {
                v: Version,
                execution: uuid(),
                boot: n(3),
                operation: word("identify"),
                arguments: State::default(),
                expires_at: at(),
                warrant: None,
            },
        ),
        form(
            "device-ack",
            &Ack {
                v: Version,
                execution: uuid(),
                status: AckStatus::Rejected,
                problem: Some(Problem::new(Code::Expired, "came after its time")),
                challenge: None,
            },
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "one example after the other")]
fn gateway() -> Vec<Form> {
    let summary = DeviceSummary {
        device: word("room-101-thermostat"),
        kind: Kind::Thermostat,
        room: Some("101".to_owned()),
        online: true,
    };
    let target = || state(json!({ "target_celsius": 19 }));
    vec![
        form(
            "gateway-list",
            &List {
                after: Some(word("room-101-lock")),
            },
        ),
        form(
            "gateway-devices",
            &Devices {
                devices: vec![summary],
                total: 80,
                online: 79,
                next: None,
            },
        ),
        form(
            "gateway-state-of",
            &StateOf {
                device: word("room-101-thermostat"),
            },
        ),
        form(
            "gateway-device-state",
            &DeviceState {
                device: word("room-101-thermostat"),
                kind: Kind::Thermostat,
                room: Some("101".to_owned()),
                capabilities: [word("temperature")].into(),
                firmware: "1.4.2".to_owned(),
                online: true,
                boot: Some(n(3)),
                through_seq: Some(n(17)),
                missing: n(0),
                lost: n(0),
                reported: state(json!({ "target_celsius": 21 })),
                reported_version: n(1),
                reported_at: Some(at()),
                desired: target(),
                desired_version: n(2),
                delta: target(),
            },
        ),
        form(
            "gateway-set-desired",
            &SetDesired {
                device: word("room-101-thermostat"),
                state: target(),
                version: Some(n(1)),
            },
        ),
        form(
            "gateway-desired",
            &Desired {
                version: n(2),
                state: target(),
                delta: target(),
            },
        ),
        form(
            "gateway-execute",
            &Execute {
                device: word("room-101-thermostat"),
                operation: word("identify"),
                arguments: State::default(),
            },
        ),
        form(
            "gateway-executed",
            &Executed {
                execution: uuid(),
                outcome: Outcome::TimedOut,
                problem: Some(Problem::new(
                    Code::TimedOut,
                    "no final acknowledgement in time",
                )),
            },
        ),
        form(
            "gateway-device-record",
            &DeviceRecord {
                device: word("room-101-thermostat"),
                room: Some("101".to_owned()),
                boot: n(3),
                seq: n(18),
                digest: Sha256([7; 32]).short(),
                capability: Some(word("temperature")),
                message: state(json!({ "value": 20.5 })),
            },
        ),
        form(
            "gateway-device-gap",
            &DeviceGap {
                device: word("room-101-thermostat"),
                boot: n(3),
                first_seq: n(4),
                last_seq: n(6),
            },
        ),
    ]
}

fn record() -> Record {
    Record {
        at: at(),
        kind: word("telemetry"),
        body: state(json!({ "device": "room-101-thermostat", "boot": 3, "seq": 18 })).0,
    }
}

fn records() -> Vec<Form> {
    vec![
        form(
            "records",
            &Records {
                v: Version,
                records: vec![record()],
            },
        ),
        form(
            "recorded",
            &Recorded {
                v: Version,
                sha256: Sha256([7; 32]),
                problem: Some(problem()),
            },
        ),
        form(
            "registry",
            &Registry {
                v: Version,
                devices: vec![RegisteredDevice {
                    device: word("room-101-thermostat"),
                    kind: Kind::Thermostat,
                    room: Some("101".to_owned()),
                    capabilities: [word("temperature")].into(),
                }],
            },
        ),
        form(
            "registry-onboarding",
            &Onboarding {
                v: Version,
                device: word("room-101-thermostat"),
                broker: "greengrass.local:8883".to_owned(),
                authority: "greengrass.local:8444".to_owned(),
                ca: Octets::new(vec![7; 48]).unwrap(),
                certificate: Octets::new(vec![8; 48]).unwrap(),
                root: Octets::new(vec![9; 48]),
                ca_number: n(1_795_000_000),
            },
        ),
    ]
}

fn uplink() -> Vec<Form> {
    let line = || Line {
        v: Version,
        place: n(1),
        principal: word("iot-gateway"),
        batch: uuid(),
        record: record(),
    };
    vec![
        form("uplink-line", &line()),
        form(
            "uplink-dump",
            &Dump {
                stream: Stream::P2,
                limit: 10,
            },
        ),
        form(
            "uplink-dumped",
            &Dumped {
                lines: vec![line()],
            },
        ),
        form(
            "uplink-drained",
            &Drained {
                uploaded_batches: n(2),
                waiting_records: n(0),
            },
        ),
        form(
            "uplink-stat",
            &Stat {
                streams: vec![StreamStat {
                    stream: Stream::P0,
                    waiting_records: n(1),
                    waiting_bytes: n(300),
                    oldest_at: Some(at()),
                    uploaded_records: n(10),
                    uploaded_batches: n(2),
                    uploaded_bytes: n(900),
                    quota_bytes: n(536_870_912),
                    dropped_records: n(0),
                    dropped_bytes: n(0),
                    letters: n(1),
                }],
                cloud: Some(false),
                last_error: "no route to host".to_owned(),
                files: FilesStat {
                    waiting: n(1),
                    waiting_bytes: n(4_000_000),
                    uploaded: n(7),
                    uploaded_bytes: n(28_000_000),
                    last_at: Some(at()),
                },
                link: LinkStat {
                    mode: Mode::Metered,
                    chosen: true,
                    day_bytes: n(120_000),
                    day_budget: n(10_485_760),
                },
            },
        ),
    ]
}

fn files() -> Vec<Form> {
    vec![
        form(
            "uplink-file",
            &File {
                path: "/var/lib/hotel/handover/20261121t033000z-0123456789abcdef.dump.zst.age"
                    .to_owned(),
                sha256: Sha256([7; 32]),
                bytes: n(4_000_000),
                name: "20261121t033000z-0123456789abcdef.dump.zst.age".to_owned(),
            },
        ),
        form(
            "uplink-filed",
            &Filed {
                key: "v1/backup/property=seaside/box=box-1/dt=2026-11-21/x.dump.zst.age".to_owned(),
            },
        ),
        form(
            "replica-backup",
            &Backup {
                name: "20261121t033000z-0123456789abcdef.dump.zst.age".to_owned(),
                at: at(),
                sha256: Sha256([7; 32]),
                bytes: n(4_000_000),
                tables: n(17),
                rows: n(1_000),
                took_ms: n(900),
            },
        ),
    ]
}

fn common() -> Vec<Form> {
    vec![
        form("problem", &problem()),
        form(
            "request",
            &Request {
                v: Version,
                deadline: at(),
                body: Nothing {},
            },
        ),
        form("reply-body", &Reply::from(Ok(Nothing {}))),
        form("reply-problem", &Reply::<Nothing>::from(Err(problem()))),
        form(
            "status",
            &Status {
                v: Version,
                version: "0.1.0".to_owned(),
                ready: false,
                checks: vec![Check {
                    name: "bus".to_owned(),
                    ready: false,
                    detail: "connection refused".to_owned(),
                }],
                backlog: n(12),
            },
        ),
    ]
}
