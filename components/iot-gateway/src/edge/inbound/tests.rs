use serde_json::{Value, json};
use wire::topic::Subject;

use super::*;

const UUID: &str = "01941f29-7c00-7000-8000-0123456789ab";

fn heard(subject: DeviceSubject, body: &[u8], origin: Origin) -> Result<Said, Problem> {
    let property = "seaside".parse().unwrap();
    let topic = Topic::device(&property, &"t-1".parse().unwrap(), subject);
    match input(&topic, body, origin) {
        Input::Said(id, _, said) if id.as_str() == "t-1" => Ok(said),
        Input::Unreadable(Some(_), problem) => Err(problem),
        other => panic!("{other:?}"),
    }
}

fn live(subject: DeviceSubject, body: &Value) -> Result<Said, Problem> {
    heard(subject, body.to_string().as_bytes(), Origin::Live)
}

/// Reads a body that cannot be read, and compares why: code and field.
#[track_caller]
fn check(subject: DeviceSubject, body: &Value, code: Code, field: Option<&str>) {
    let problem = live(subject, body).unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, field),
        "{problem}"
    );
}

fn reported(state: &Value) -> Value {
    json!({ "v": 1, "boot": 1, "seq": 5, "at": 0, "version": 0, "state": state })
}

#[test]
fn a_measurement_is_read_with_the_digest_of_its_bytes() {
    let body = br#"{"v":1,"boot":1,"seq":5,"oldest_seq":2,"at":9,"value":20.5,"new":true}"#;
    let subject = DeviceSubject::Telemetry("temperature".parse().unwrap());
    let Ok(Said::Message(message)) = heard(subject, body, Origin::Live) else {
        panic!("a message")
    };
    assert_eq!(message.sha256, sha256(body));
    assert_eq!(message.place.oldest_seq, Some(2_u32.into()));
}

// iot-gateway-2.2
#[test]
fn a_retained_report_is_a_hint() {
    let body = reported(&json!({})).to_string();
    let said = heard(DeviceSubject::Reported, body.as_bytes(), Origin::Retained);
    assert!(matches!(said, Ok(Said::Hint(_))));
    let said = heard(DeviceSubject::Reported, body.as_bytes(), Origin::Live);
    assert!(matches!(said, Ok(Said::Message(_))));
}

#[test]
fn an_empty_retained_message_says_that_it_was_cleared() {
    assert_eq!(
        heard(DeviceSubject::Birth, b"", Origin::Live),
        Ok(Said::Cleared)
    );
    let event = heard(DeviceSubject::Event, b"", Origin::Live).unwrap_err();
    assert_eq!(event.code, Code::Malformed);
}

// iot-gateway-3.1
#[test]
fn what_is_wrong_with_a_message_is_named() {
    let reported = |body| (DeviceSubject::Reported, body);
    let cases = [
        (reported(json!("no object")), Code::Malformed, None),
        (
            reported(json!({ "v": 2, "boot": 1 })),
            Code::UnsupportedVersion,
            Some("v"),
        ),
        (
            reported(json!({ "v": 1, "boot": -1 })),
            Code::Malformed,
            Some("boot"),
        ),
        (
            (
                DeviceSubject::Event,
                json!({ "v": 1, "boot": 1, "seq": 1, "oldest_seq": 2, "at": 0, "kind": "x" }),
            ),
            Code::Invalid,
            Some("oldest_seq"),
        ),
    ];
    for ((subject, body), code, field) in cases {
        check(subject, &body, code, field);
    }
}

// iot-gateway-3.1
#[test]
fn what_is_too_much_is_refused() {
    let long = json!({ "text": "x".repeat(STATE_MAX) });
    check(
        DeviceSubject::Reported,
        &reported(&long),
        Code::TooLarge,
        Some("state"),
    );
    let huge = json!({ "text": "x".repeat(wire::bound::BODY_MAX) });
    check(
        DeviceSubject::Reported,
        &reported(&huge),
        Code::TooLarge,
        None,
    );
    let nested = (0..20).fold(json!(1), |inner, _| json!([inner]));
    check(
        DeviceSubject::Reported,
        &reported(&nested),
        Code::TooLarge,
        None,
    );
    let firmware = "x".repeat(FIRMWARE_MAX + 1);
    let birth = json!({ "v": 1, "boot": 1, "capabilities": [], "firmware": firmware });
    check(
        DeviceSubject::Birth,
        &birth,
        Code::TooLarge,
        Some("firmware"),
    );
}

#[test]
fn an_acknowledgement_is_about_the_execution_of_its_topic() {
    let subject = DeviceSubject::Ack(UUID.parse().unwrap());
    let ack = |execution: &str| json!({ "v": 1, "execution": execution, "status": "accepted" });
    assert!(matches!(
        live(subject.clone(), &ack(UUID)),
        Ok(Said::Ack(_))
    ));
    let other = UUID.replace("ab", "ac");
    check(subject, &ack(&other), Code::Invalid, Some("execution"));
}

#[test]
fn a_question_is_taken_as_it_is() {
    let property = "seaside".parse().unwrap();
    let subject = ServiceSubject::Request(
        "state".parse().unwrap(),
        "night-porter".parse().unwrap(),
        UUID.parse().unwrap(),
    );
    let topic = Topic::service(&property, Component::IotGateway, subject);
    let Input::Asked(request) = input(&topic, b"{", Origin::Live) else {
        panic!("a question")
    };
    assert_eq!(
        (request.operation.as_str(), request.body.as_slice()),
        ("state", &b"{"[..])
    );
}

#[test]
fn the_gateway_listens_to_devices_and_askers_and_not_to_itself() {
    let property: PropertyId = "seaside".parse().unwrap();
    let listens = |topic: &Topic| {
        let text = topic.to_string();
        filters(&property)
            .iter()
            .any(|filter| filter.matches(&text))
    };
    let device = |subject| Topic::device(&property, &"t-1".parse().unwrap(), subject);
    assert!(listens(&device(DeviceSubject::Birth)));
    assert!(listens(&device(DeviceSubject::Ack(UUID.parse().unwrap()))));
    assert!(!listens(&device(DeviceSubject::Received)));
    let elsewhere = Topic {
        property: "hillside".parse().unwrap(),
        subject: Subject::Device("t-1".parse().unwrap(), DeviceSubject::Birth),
    };
    assert!(!listens(&elsewhere));
}
