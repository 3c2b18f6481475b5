//! The access matrix: every principal, every kind of topic, every direction, tried at a real broker
//! and compared with the policy. Nothing here names a right: cells come from the policy itself.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::future::join_all;
use hotel_tests::hotel::LIMIT;
use hotel_tests::outsider::{Outsider, Papers, Raw};
use hotel_tests::{Hotel, Plan};
use kit::identity::{Holder, PrincipalKind};
use kit::policy::{Access, Grant, Policy};
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, SubscribeReasonCode};
use wire::topic::{CONTROL, CONTROL_RESPONSE, DeviceSubject};
use wire::{
    Component, Filter, Principal, Topic, authority, gateway, inference, print, replica, uplink,
};

const BROKER: Plan<'_> = Plan {
    rooms: 1,
    only: &["broker"],
};
const DEVICES: [&str; 2] = ["room-101-thermostat", "room-101-lock"];
const UUID: &str = "01900000-0000-7000-8000-000000000000";
/// Most filters of one SUBSCRIBE.
const FILTERS: usize = 100;

/// Everybody who has a leaf.
fn everybody(hotel: &Hotel) -> Vec<Principal> {
    let names = hotel.places.identities.keys();
    names.map(|name| name.parse().unwrap()).collect()
}

fn policy(hotel: &Hotel) -> Policy {
    let holder = |principal: Principal| {
        let text = principal.to_string();
        match hotel.identity(&text).spiffe.role {
            PrincipalKind::Component => Holder::Component(text.parse().unwrap()),
            PrincipalKind::Device => Holder::Device(text.parse().unwrap()),
            PrincipalKind::Peer => Holder::Peer(principal),
            PrincipalKind::Operator => Holder::Operator(principal),
        }
    };
    let holders = everybody(hotel).into_iter().map(holder);
    Policy::of(&hotel.places.property, holders)
}

fn operations(component: Component) -> Vec<&'static str> {
    let known: &[&str] = match component {
        Component::Authority => authority::OPERATIONS,
        Component::DeviceProxy => print::OPERATIONS,
        Component::Inference => inference::OPERATIONS,
        Component::IotGateway => gateway::OPERATIONS,
        Component::ReplicaSync => replica::OPERATIONS,
        Component::Uplink => uplink::OPERATIONS,
        Component::Broker | Component::Console | Component::Signaling => &[],
    };
    let more = [gateway::UNLOCK, gateway::LOCK, gateway::TRAIL, uplink::FILE];
    let known = known.iter().copied().chain(more);
    known
        .chain([inference::MESSAGE, inference::ALLOCATE, "nonsense"])
        .collect()
}

/// One topic of every kind, for everybody it may concern.
fn topics(hotel: &Hotel) -> Vec<Topic> {
    let mut below = Vec::new();
    for device in DEVICES {
        let words = [
            "birth",
            "online",
            "reported",
            "telemetry/temperature",
            "event",
        ];
        let heard = ["received", "delta"];
        below.extend(
            words
                .iter()
                .chain(&heard)
                .map(|word| format!("device/{device}/{word}")),
        );
        below.extend(["command", "ack"].map(|word| format!("device/{device}/{word}/{UUID}")));
    }
    let callers = everybody(hotel);
    for component in Component::ALL {
        let service = format!("service/{component}");
        below.push(format!("{service}/status"));
        below.push(format!("{service}/event/revocations"));
        for caller in &callers {
            let words = operations(*component).into_iter();
            below.extend(words.map(|word| format!("{service}/request/{word}/{caller}/{UUID}")));
            let streams = ["p0", "p1", "p2", "p3", "rows"];
            below.extend(streams.map(|word| format!("{service}/record/{word}/{caller}/{UUID}")));
            below.push(format!("{service}/reply/{caller}/{UUID}"));
            below.push(format!("{service}/recorded/{caller}/{UUID}"));
        }
    }
    let everything = Filter::everything(&hotel.places.property);
    let topic = |below: String| everything.as_str().replace('#', &below).parse().unwrap();
    // An operation may be known under two lists.
    let below: BTreeSet<_> = below.into_iter().collect();
    below.into_iter().map(topic).collect()
}

async fn enter(hotel: &Hotel, principal: &Principal) -> Outsider {
    let papers = Papers::of(&hotel.identity_dir(principal.as_str()), principal.as_str());
    Outsider::knock(hotel, &papers).await.unwrap()
}

async fn may_publish(outsider: &mut Outsider, topic: &str, body: Bytes) -> bool {
    match outsider.publish(topic, false, body).await.unwrap() {
        Packet::PubAck(answer) => match answer.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => true,
            PubAckReason::NotAuthorized => false,
            other => panic!("{topic}: {other:?}"),
        },
        other => panic!("{topic}: {other:?}"),
    }
}

/// Which of the filters are granted.
async fn granted(outsider: &mut Outsider, filters: &[String]) -> Vec<bool> {
    let mut granted = Vec::new();
    for some in filters.chunks(FILTERS) {
        let Packet::SubAck(answer) = outsider.subscribe_all(some).await.unwrap() else {
            panic!("no answer to a subscription");
        };
        granted.extend(answer.return_codes.iter().map(|code| match code {
            SubscribeReasonCode::Success(_) => true,
            SubscribeReasonCode::NotAuthorized => false,
            other => panic!("{other:?}"),
        }));
    }
    granted
}

/// Compares cells with the policy; says how many there were.
#[track_caller]
fn check(cells: &[(String, bool, bool)]) -> (usize, usize) {
    let wrong: Vec<_> = cells
        .iter()
        .filter(|(_, expected, seen)| expected != seen)
        .collect();
    assert!(
        wrong.is_empty(),
        "cell, allowed by policy, by broker: {wrong:#?}"
    );
    let allowed = cells.iter().filter(|(_, _, seen)| *seen).count();
    (cells.len(), allowed)
}

// bus-3.5, bus-3.3
#[tokio::test]
async fn everybody_says_what_the_policy_grants_and_nothing_else() {
    let hotel = Hotel::up(BROKER);
    let (policy, topics) = (policy(&hotel), topics(&hotel));
    let rows = everybody(&hotel).into_iter().map(async |principal| {
        let mut outsider = enter(&hotel, &principal).await;
        let mut cells = Vec::new();
        for topic in &topics {
            let expected = policy.allows(&principal, Access::Publish, topic);
            let seen = may_publish(&mut outsider, &topic.to_string(), "{}".into()).await;
            cells.push((format!("{principal} publishes {topic}"), expected, seen));
        }
        let nothing = Bytes::from_static(br#"{"commands":[]}"#);
        let seen = may_publish(&mut outsider, CONTROL, nothing).await;
        let expected = policy.may_control(&principal);
        cells.push((format!("{principal} publishes {CONTROL}"), expected, seen));
        cells
    });
    let cells: Vec<_> = join_all(rows).await.into_iter().flatten().collect();
    let (all, allowed) = check(&cells);
    assert!(
        all > 1_000 && allowed > 100 && allowed < all / 4,
        "{allowed} of {all}"
    );
}

// bus-3.5, bus-3.3
#[tokio::test]
async fn everybody_subscribes_to_what_the_policy_grants_and_nothing_else() {
    let hotel = Hotel::up(BROKER);
    let (policy, topics) = (policy(&hotel), topics(&hotel));
    let everything = Filter::everything(&hotel.places.property)
        .as_str()
        .to_owned();
    // Wider than any grant.
    let root = |topic: &str| topic.split('/').next().unwrap_or_default().to_owned();
    let (all, control) = (root(&everything), root(CONTROL));
    let wide = ["#", "+/#", "$SYS/#", "+/+/+/+/#"].map(str::to_owned);
    let below = [
        format!("{all}/#"),
        format!("{all}/+/#"),
        format!("{control}/#"),
    ];
    let wide: Vec<_> = wide.into_iter().chain(below).chain([everything]).collect();
    let rows = everybody(&hotel).into_iter().map(async |principal| {
        let mut outsider = enter(&hotel, &principal).await;
        let literal: Vec<_> = topics.iter().map(ToString::to_string).collect();
        let mut cells = Vec::new();
        let seen = granted(&mut outsider, &literal).await;
        for (topic, seen) in topics.iter().zip(seen) {
            let expected = policy.allows(&principal, Access::Subscribe, topic);
            cells.push((format!("{principal} subscribes to {topic}"), expected, seen));
        }
        for (filter, seen) in wide.iter().zip(granted(&mut outsider, &wide).await) {
            cells.push((format!("{principal} subscribes to {filter}"), false, seen));
        }
        let response = [CONTROL_RESPONSE.to_owned()];
        let seen = granted(&mut outsider, &response).await[0];
        let expected = policy.may_control(&principal);
        cells.push((
            format!("{principal} hears {CONTROL_RESPONSE}"),
            expected,
            seen,
        ));
        cells
    });
    let cells: Vec<_> = join_all(rows).await.into_iter().flatten().collect();
    let (all, allowed) = check(&cells);
    assert!(
        all > 1_000 && allowed > 100 && allowed < all / 4,
        "{allowed} of {all}"
    );
}

// bus-3.5
#[tokio::test]
async fn what_is_said_reaches_those_whom_the_policy_lets_hear_it_and_nobody_else() {
    let hotel = Hotel::up(BROKER);
    let (policy, topics) = (policy(&hotel), topics(&hotel));
    let mut listeners = BTreeMap::new();
    for principal in everybody(&hotel) {
        let grants = policy.grants(&principal);
        let filters: Vec<_> = grants
            .filter_map(|grant| match grant {
                Grant::Subscribe(filter) => Some(filter.as_str().to_owned()),
                Grant::Publish(_) | Grant::Control => None,
            })
            .collect();
        let mut outsider = enter(&hotel, &principal).await;
        assert!(
            granted(&mut outsider, &filters)
                .await
                .iter()
                .all(|granted| *granted)
        );
        listeners.insert(principal, outsider);
    }
    // Said by somebody who may, under a connection that hears nothing.
    let mut expected: BTreeMap<Principal, BTreeSet<String>> = BTreeMap::new();
    let mut said = 0;
    for speaker in everybody(&hotel) {
        let theirs = |topic: &&Topic| policy.allows(&speaker, Access::Publish, topic);
        let theirs: Vec<_> = topics.iter().filter(theirs).collect();
        let listener = listeners.get_mut(&speaker).unwrap();
        for topic in theirs {
            let text = topic.to_string();
            listener
                .say(&text, Bytes::from(text.clone()))
                .await
                .unwrap();
            said += 1;
            for hearer in everybody(&hotel) {
                if policy.allows(&hearer, Access::Subscribe, topic) {
                    expected.entry(hearer).or_default().insert(text.clone());
                }
            }
        }
        // The broker has taken them all when the last is acknowledged.
        listener.all_said().await.unwrap();
    }
    assert!(said > 100);
    for (principal, mut listener) in listeners {
        // Whatever the broker had for it comes before the answer to this.
        listener.subscribe_late().await.unwrap();
        let heard = listener.heard();
        let expected = expected.remove(&principal).unwrap_or_default();
        assert_eq!(heard, expected, "{principal}");
    }
}

/// Texts that look like something else.
fn odd_names() -> Vec<Vec<u8>> {
    let long = vec![b'x'; 65_535];
    let odd = [
        "#",
        "+",
        "$SYS",
        "$SYS/#",
        "+/#",
        "iot-gateway",
        "ünïcödé",
        "../..",
        "%u",
        "",
    ];
    let odd = odd.map(|name| name.as_bytes().to_vec());
    odd.into_iter()
        .chain([long, b"a\0b".to_vec(), vec![0xff, 0xfe]])
        .collect()
}

// bus-3.4, bus-3.9
#[tokio::test]
async fn client_ids_that_look_like_something_else_make_nobody_else_of_their_client() {
    let hotel = Hotel::up(BROKER);
    let gateway = enter(&hotel, &"iot-gateway".parse().unwrap()).await;
    let online = |device: &str| {
        let device = device.parse().unwrap();
        Topic::device(&hotel.places.property, &device, DeviceSubject::Online).to_string()
    };
    let (own, others) = (online(DEVICES[0]), online(DEVICES[1]));
    let papers = Papers::of(&hotel.identity_dir(DEVICES[0]), DEVICES[0]);
    let mut let_in = 0;
    for name in odd_names() {
        let Some(mut raw) = Raw::connect(&hotel, &papers, &name) else {
            continue;
        };
        let_in += 1;
        assert_eq!(
            raw.publish(own.as_bytes()),
            Some(0x10),
            "no one listens, it may"
        );
        assert_eq!(raw.publish(others.as_bytes()), Some(0x87), "{name:?}");
    }
    assert!(
        let_in > 5,
        "most ids are replaced by the certificate's name"
    );
    still_there(gateway).await;
}

// bus-3.9
#[tokio::test]
async fn topics_that_look_like_something_else_end_their_sender_at_most() {
    let hotel = Hotel::up(BROKER);
    let gateway = enter(&hotel, &"iot-gateway".parse().unwrap()).await;
    let papers = Papers::of(&hotel.identity_dir(DEVICES[0]), DEVICES[0]);
    let telemetry = DeviceSubject::Telemetry("x".parse().unwrap());
    let device = DEVICES[0].parse().unwrap();
    let own = Topic::device(&hotel.places.property, &device, telemetry).to_string();
    let within = |rest: &[u8]| [own.trim_end_matches('x').as_bytes(), rest].concat();
    let mut topics = odd_names();
    topics.extend(odd_names().iter().map(|name| within(name)));
    for topic in topics.iter().filter(|topic| topic.len() < 65_536) {
        let mut raw = Raw::connect(&hotel, &papers, b"").unwrap();
        let answer = raw.publish(topic);
        let inside =
            topic.starts_with(&within(b"")) && !topic.contains(&b'#') && !topic.contains(&b'+');
        let denied = matches!(answer, Some(0x87) | None);
        assert!(
            denied || inside,
            "{:?}: {answer:?}",
            String::from_utf8_lossy(topic)
        );
    }
    still_there(gateway).await;
}

/// Whether the broker still serves somebody who did nothing wrong.
async fn still_there(mut outsider: Outsider) {
    let answer = outsider.subscribe(CONTROL_RESPONSE);
    let answer = tokio::time::timeout(LIMIT, answer).await.unwrap();
    assert!(matches!(answer, Ok(Packet::SubAck(_))), "{answer:?}");
}
