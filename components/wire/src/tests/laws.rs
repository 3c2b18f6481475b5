//! What holds for every topic, id and body.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::device::{Reported, State};
use crate::topic::{DeviceSubject, DeviceWord, ServiceSubject, Subject};
use crate::{Component, Filter, Integer, Sha256, Topic, Version, Word, bound, decode, encode};

fn word<T: From<Word> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[a-z0-9-]{1,40}".prop_map(|text| T::from(text.parse().unwrap()))
}

fn uuid<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|bits| T::from(Uuid::from_u128(bits)))
}

fn integer() -> impl Strategy<Value = Integer> {
    (0..=bound::INTEGER_MAX).prop_map(|value| Integer::new(value).unwrap())
}

fn device_subject() -> impl Strategy<Value = DeviceSubject> {
    prop_oneof![
        Just(DeviceSubject::Birth),
        Just(DeviceSubject::Online),
        Just(DeviceSubject::Reported),
        word().prop_map(DeviceSubject::Telemetry),
        Just(DeviceSubject::Event),
        Just(DeviceSubject::Received),
        Just(DeviceSubject::Delta),
        uuid().prop_map(DeviceSubject::Command),
        uuid().prop_map(DeviceSubject::Ack),
    ]
}

fn service_subject() -> impl Strategy<Value = ServiceSubject> {
    prop_oneof![
        (word(), word(), uuid()).prop_map(|(o, p, id)| ServiceSubject::Request(o, p, id)),
        (word(), uuid()).prop_map(|(p, id)| ServiceSubject::Reply(p, id)),
        (word(), word(), uuid()).prop_map(|(s, p, id)| ServiceSubject::Record(s, p, id)),
        (word(), uuid()).prop_map(|(p, id)| ServiceSubject::Recorded(p, id)),
        word().prop_map(ServiceSubject::Event),
        Just(ServiceSubject::Status),
    ]
}

fn topic() -> impl Strategy<Value = Topic> {
    let subject = prop_oneof![
        (word(), device_subject()).prop_map(|(device, subject)| Subject::Device(device, subject)),
        (prop::sample::select(Component::ALL), service_subject())
            .prop_map(|(component, subject)| Subject::Service(component, subject)),
    ];
    (word(), subject).prop_map(|(property, subject)| Topic { property, subject })
}

/// The narrowest filter for the kind of a topic, its ids spelled out where they can be.
fn filter_of(topic: &Topic) -> Filter {
    let property = &topic.property;
    match &topic.subject {
        Subject::Device(device, subject) => {
            Filter::device(property, Some(device), DeviceWord::from(subject))
        }
        Subject::Service(component, subject) => match subject {
            ServiceSubject::Request(operation, principal, _) => {
                Filter::requests(property, *component, Some(operation), Some(principal))
            }
            ServiceSubject::Reply(principal, _) => {
                Filter::replies(property, Some(*component), Some(principal))
            }
            ServiceSubject::Record(stream, principal, _) => {
                Filter::records(property, *component, Some(stream), Some(principal))
            }
            ServiceSubject::Recorded(principal, _) => {
                Filter::recorded(property, Some(*component), Some(principal))
            }
            ServiceSubject::Event(kind) => Filter::events(property, Some(*component), Some(kind)),
            ServiceSubject::Status => Filter::status(property, Some(*component)),
        },
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-1_000_i32..1_000).prop_map(|number| Value::from(f64::from(number) / 4.0)),
        "[a-z]{0,4}".prop_map(Value::String),
        vec(0..9_u8, 0..3).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| members(inner).prop_map(Value::Object))
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[a-d]", value, 0..4).prop_map(|members| members.into_iter().collect())
}

fn state() -> impl Strategy<Value = State> {
    members(value()).prop_map(State)
}

proptest! {
    // bus-1.1
    #[test]
    fn a_topic_that_is_printed_parses_to_itself(topic in topic()) {
        prop_assert_eq!(topic.to_string().parse::<Topic>().unwrap(), topic);
    }

    // bus-1.2
    #[test]
    fn a_filter_matches_its_topics_and_no_other_property(topic in topic(), other in word()) {
        let text = topic.to_string();
        prop_assert!(filter_of(&topic).matches(&text));
        prop_assert!(Filter::exactly(&topic).matches(&text));
        prop_assert!(Filter::everything(&topic.property).matches(&text));
        if other != topic.property {
            let elsewhere = Topic { property: other, ..topic.clone() };
            prop_assert!(!filter_of(&elsewhere).matches(&text));
        }
    }

    #[test]
    fn no_text_makes_the_topic_parser_panic(text in "\\PC{0,80}") {
        if let Ok(topic) = text.parse::<Topic>() { prop_assert_eq!(topic.to_string(), text); }
    }

    // bus-2.4
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(decode::<Reported>(&bytes).is_err() || !bytes.is_empty());
    }

    // bus-2.3
    #[test]
    fn a_report_survives_the_wire(
        boot in integer(), seq in integer(), at in integer(), version in integer(),
        oldest_seq in prop::option::of(integer()), state in state(),
    ) {
        let report = Reported { v: Version, boot, seq, oldest_seq, at, version, state };
        prop_assert_eq!(decode::<Reported>(&encode(&report)).unwrap(), report);
    }

    #[test]
    fn a_digest_that_is_printed_parses_to_itself(octets: [u8; 32]) {
        let digest = Sha256(octets);
        prop_assert_eq!(digest.to_string().parse::<Sha256>().unwrap(), digest);
    }

    #[test]
    fn nothing_differs_from_itself(state in state()) {
        prop_assert!(state.minus(&state).is_empty());
    }

    #[test]
    fn a_report_that_took_over_the_delta_leaves_no_delta(desired in state(), reported in state()) {
        let mut reported = reported;
        let delta = desired.minus(&reported);
        reported.merge(&delta);
        // An object that replaces a value of another kind keeps nothing of it.
        prop_assert!(desired.minus(&reported).is_empty());
    }
}
