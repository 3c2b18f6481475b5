use wire::bound::INTEGER_MAX;

use super::*;

fn records(count: usize) -> Vec<u8> {
    let record = r#"{"at":1795000000123,"kind":"telemetry","body":{"celsius":20.5}}"#;
    let records = vec![record; count].join(",");
    format!(r#"{{"v":1,"records":[{records}]}}"#).into_bytes()
}

fn read(stream: &str, body: &[u8]) -> Result<Batch, Problem> {
    let id = "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap();
    let principal = "iot-gateway".parse().unwrap();
    Batch::read(&stream.parse().unwrap(), principal, id, body)
}

#[track_caller]
fn check_refused(stream: &str, body: &[u8], code: Code, field: Option<&str>) {
    let problem = read(stream, body).expect_err("must be refused");
    assert_eq!((problem.code, problem.field.as_deref()), (code, field));
}

#[test]
fn a_batch_is_read_with_its_sender_and_stream() {
    let batch = read("p2", &records(500)).unwrap();
    assert_eq!(
        (batch.stream, batch.principal.as_str(), batch.records.len()),
        (Stream::P2, "iot-gateway", 500)
    );
}

// uplink-1.4
#[test]
fn a_stream_that_does_not_exist_is_refused() {
    check_refused("p4", &records(1), Code::NotFound, Some("stream"));
}

// uplink-1.4
#[test]
fn a_batch_without_records_is_refused() {
    check_refused("p1", &records(0), Code::Invalid, Some("records"));
}

// uplink-1.4
#[test]
fn a_batch_of_too_many_records_is_refused() {
    check_refused("p1", &records(501), Code::TooLarge, Some("records"));
}

// uplink-1.4
#[test]
fn what_is_not_json_is_refused() {
    check_refused("p1", b"records", Code::Malformed, None);
}

// uplink-1.4
#[test]
fn a_newer_version_is_refused_by_its_field() {
    let body = br#"{"v":2,"records":[]}"#;
    check_refused("p1", body, Code::UnsupportedVersion, Some("v"));
}

// uplink-1.4
#[test]
fn a_record_without_its_time_is_named_by_its_place() {
    let body = br#"{"v":1,"records":[{"kind":"x","body":{}}]}"#;
    check_refused("p1", body, Code::Malformed, Some("records[0]"));
}

// uplink-1.4
#[test]
fn a_body_nested_too_deep_is_refused() {
    let deep = "[".repeat(20) + &"]".repeat(20);
    let body = format!(r#"{{"v":1,"records":[{{"at":1,"kind":"x","body":{{"a":{deep}}}}}]}}"#);
    check_refused("p1", body.as_bytes(), Code::TooLarge, None);
}

#[test]
fn lines_count_on_from_their_first_place() {
    let lines = read("p1", &records(3)).unwrap().lines(Integer::from(7));
    let places: Vec<_> = lines
        .unwrap()
        .iter()
        .map(|line| wire::decode::<Line>(line).unwrap().place.value())
        .collect();
    assert_eq!(places, [7, 8, 9]);
}

// uplink-1.4
#[test]
fn a_record_that_no_line_can_hold_is_named_by_its_place() {
    let text = "x".repeat(BODY_MAX - 100);
    let body = format!(r#"{{"v":1,"records":[{{"at":1,"kind":"x","body":{{"a":"{text}"}}}}]}}"#);
    let place = Integer::new(INTEGER_MAX).unwrap();
    let problem = read("p1", body.as_bytes()).unwrap().lines(place);
    let problem = problem.expect_err("must be refused");
    assert_eq!(problem.field.as_deref(), Some("records[0]"));
}
