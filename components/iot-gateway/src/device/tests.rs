use serde_json::json;
use wire::device::{Kind, Scalar};
use wire::record::{Record, Stream as Streams};
use wire::{Sha256, Version};

use super::*;
use crate::presence::{Birth, Origin};

fn n(value: u32) -> Integer {
    value.into()
}

#[expect(clippy::disallowed_methods, reason = "any fixed moment will do")]
fn now() -> Moment {
    Moment {
        wall: n(5_000),
        monotonic: Instant::now(),
    }
}

fn device() -> Device {
    let registered = RegisteredDevice {
        device: "t-1".parse().unwrap(),
        kind: Kind::Thermostat,
        room: Some("101".to_owned()),
        capabilities: ["temperature", "mode"]
            .map(|name| name.parse().unwrap())
            .into(),
    };
    Device::resume(registered, Kept::default())
}

fn birth(boot: u32, capabilities: &[&str]) -> Input {
    let capabilities = capabilities.iter().map(|name| name.parse().unwrap());
    let birth = Birth {
        boot: n(boot),
        capabilities: capabilities.collect(),
        firmware: "1".to_owned(),
    };
    Input::Presence(presence::Input::Birth(birth, Origin::Live))
}

fn message(boot: u32, seq: u32, content: Content) -> Input {
    let place = Place {
        boot: n(boot),
        seq: n(seq),
        oldest_seq: None,
    };
    let sha256 = Sha256([7; 32]);
    let at = n(4_000);
    Input::Message(Message {
        place,
        sha256,
        at,
        content,
    })
}

fn telemetry(boot: u32, seq: u32) -> Input {
    let temperature = "temperature".parse().unwrap();
    message(
        boot,
        seq,
        Content::Telemetry(temperature, Scalar::Number(20.5)),
    )
}

fn event(alarm: bool) -> Input {
    let kind = "low-battery".parse().unwrap();
    let data = State::default();
    message(1, 0, Content::Event { kind, alarm, data })
}

fn records(effects: &[Effect]) -> Vec<(Streams, &Record)> {
    let record = |effect| match effect {
        &Effect::Store(Change::Record(stream, ref record)) => Some((stream, record)),
        _ => None,
    };
    effects.iter().filter_map(record).collect()
}

/// Feeds one message to a new device and compares stream and kind of its record.
#[track_caller]
fn check(input: Input, stream: Streams, kind: &str) {
    let effects = device().handle(now(), input);
    let [(found, record)] = records(&effects)[..] else {
        panic!("one record: {effects:?}")
    };
    assert_eq!((found, record.kind.as_str()), (stream, kind));
}

// iot-gateway-3.11
#[test]
fn each_kind_of_message_has_its_stream() {
    check(telemetry(1, 0), Streams::P2, "telemetry");
    let reported = Content::Reported(n(0), State::default());
    check(message(1, 0, reported), Streams::P1, "reported");
    check(event(false), Streams::P1, "device-event");
    check(event(true), Streams::P0, "device-event");
}

// iot-gateway-3.5
#[test]
fn a_message_its_place_and_its_digest_are_kept_together_and_then_answered() {
    let mut device = device();
    let effects = device.handle(now(), telemetry(1, 0));
    let record = Record {
        at: n(5_000),
        kind: "telemetry".parse().unwrap(),
        body: serde_json::from_value(json!({
            "device": "t-1", "room": "101", "boot": 1, "seq": 0, "capability": "temperature",
            "digest": Sha256([7; 32]).short(), "message": { "at": 4_000, "value": 20.5 },
        }))
        .unwrap(),
    };
    let id: DeviceId = "t-1".parse().unwrap();
    let mark = device.stream.as_ref().unwrap().mark();
    let received = wire::device::Received {
        v: Version,
        boot: n(1),
        through_seq: n(0),
    };
    let expected = [
        Effect::Note(Note::Accepted),
        Effect::Store(Change::Record(Streams::P2, record)),
        Effect::Store(Change::Digest(id.clone(), n(1), n(0), Sha256([7; 32]))),
        Effect::Store(Change::Mark(id.clone(), mark)),
        Effect::Say(Saying::Received(id, received)),
    ];
    assert_eq!(effects, expected);
}

// iot-gateway-3.2
#[test]
fn a_duplicate_is_answered_and_not_recorded() {
    let mut device = device();
    let first = device.handle(now(), telemetry(1, 0));
    let again = device.handle(now(), telemetry(1, 0));
    assert_eq!(again[..], [Effect::Note(Note::Duplicate), first[4].clone()]);
}

// iot-gateway-1.2
#[test]
fn a_birth_may_only_narrow_what_the_registry_says() {
    let mut device = device();
    device.handle(now(), birth(1, &["temperature", "unlock"]));
    let capabilities = device.capabilities();
    let names: Vec<_> = capabilities.iter().map(Capability::as_str).collect();
    assert_eq!(names, ["temperature"]);
}

// iot-gateway-3.7, iot-gateway-3.8
#[test]
fn a_new_life_records_what_the_old_one_took_with_it() {
    let mut device = device();
    device.handle(now(), telemetry(1, 2));
    let effects = device.handle(now(), birth(2, &[]));
    let [(stream, gap)] = records(&effects)[..] else {
        panic!("one record: {effects:?}")
    };
    assert_eq!((stream, gap.kind.as_str()), (Streams::P1, "device-gap"));
    let body = json!({ "device": "t-1", "boot": 1, "first_seq": 0, "last_seq": 1 });
    assert_eq!(serde_json::Value::Object(gap.body.clone()), body);
    assert_eq!(device.state().lost, n(2));
    let late = device.handle(now(), telemetry(1, 3));
    assert!(records(&late).is_empty());
}

// iot-gateway-2.2
#[test]
fn a_retained_report_is_a_hint_about_the_state_and_no_message() {
    let mut device = device();
    let hint = |seq| Report {
        boot: n(1),
        seq: n(seq),
        at: n(0),
        version: n(0),
        state: serde_json::from_value(json!({ "seq": seq })).unwrap(),
    };
    let effects = device.handle(now(), Input::Hint(hint(5)));
    assert!(records(&effects).is_empty());
    device.handle(now(), Input::Hint(hint(4)));
    assert_eq!(device.state().reported.0["seq"], 5);
    assert_eq!(device.state().through_seq, None);
    let live = Content::Reported(n(0), hint(5).state);
    let effects = device.handle(now(), message(1, 5, live));
    assert_eq!(records(&effects).len(), 1);
}

fn holds(boot: u32, oldest: u32, origin: Origin) -> Input {
    let (boot, oldest) = (n(boot), n(oldest));
    Input::Holds {
        boot,
        oldest,
        origin,
    }
}

fn received(effects: &[Effect]) -> Vec<Integer> {
    let received = |effect: &Effect| match effect {
        Effect::Say(Saying::Received(_, received)) => Some(received.through_seq),
        _ => None,
    };
    effects.iter().filter_map(received).collect()
}

// iot-gateway-3.12
#[test]
fn a_device_that_is_not_remembered_goes_on_where_it_stands() {
    let mut device = device();
    device.handle(now(), birth(1, &["temperature"]));
    let effects = device.handle(now(), holds(1, 40, Origin::Retained));
    assert!(records(&effects).is_empty(), "nothing is lost: {effects:?}");
    let effects = device.handle(now(), telemetry(1, 40));
    assert_eq!(received(&effects), [n(40)]);
}

// iot-gateway-3.12
#[test]
fn what_a_device_does_not_hold_any_more_is_not_waited_for() {
    let mut device = device();
    device.handle(now(), birth(1, &["temperature"]));
    device.handle(now(), telemetry(1, 0));
    device.handle(now(), telemetry(1, 3));
    let effects = device.handle(now(), holds(1, 3, Origin::Retained));
    assert!(records(&effects).is_empty(), "old news: {effects:?}");
    let effects = device.handle(now(), holds(1, 3, Origin::Live));
    assert_eq!(
        records(&effects).len(),
        1,
        "the gap is recorded: {effects:?}"
    );
    let effects = device.handle(now(), telemetry(1, 4));
    assert_eq!(received(&effects), [n(4)]);
}

#[test]
fn what_another_life_holds_means_nothing() {
    let mut device = device();
    device.handle(now(), birth(2, &["temperature"]));
    assert_eq!(device.handle(now(), holds(1, 40, Origin::Live)), []);
    let effects = device.handle(now(), telemetry(2, 0));
    assert_eq!(received(&effects), [n(0)]);
}
