//! What is not believed, and how the refusal names it.

use crate::device::{Online, Reported};
use crate::{Capability, Code, Problem, RequestId, Topic, bound, decode};

#[track_caller]
fn check<T: serde::de::DeserializeOwned + std::fmt::Debug>(
    text: &str,
    code: Code,
    field: Option<&str>,
) -> Problem {
    let problem = decode::<T>(text.as_bytes()).expect_err("must be refused");
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, field),
        "{problem}"
    );
    problem
}

fn report(fields: &str) -> String {
    format!(r#"{{"v":1,"boot":1,"seq":0,"at":0,"version":0,"state":{{}}{fields}}}"#)
}

// bus-2.5
#[test]
fn a_newer_version_is_refused_as_such() {
    check::<Online>(
        r#"{"v":2,"online":true,"boot":1}"#,
        Code::UnsupportedVersion,
        Some("v"),
    );
}

#[test]
fn an_unknown_field_is_ignored() {
    decode::<Reported>(report(r#","colour":"red""#).as_bytes()).unwrap();
}

#[test]
fn a_missing_version_is_refused() {
    let problem = check::<Online>(r#"{"online":true,"boot":1}"#, Code::Malformed, None);
    assert!(problem.detail.contains("missing field `v`"), "{problem}");
}

// bus-2.6
#[test]
fn a_wrong_value_is_named_by_its_path() {
    check::<Online>(
        r#"{"v":1,"online":"yes","boot":1}"#,
        Code::Malformed,
        Some("online"),
    );
}

// bus-2.7
#[test]
fn an_integer_that_readers_would_round_is_refused() {
    let text = format!(
        r#"{{"v":1,"online":true,"boot":{}}}"#,
        bound::INTEGER_MAX + 1
    );
    check::<Online>(&text, Code::Malformed, Some("boot"));
}

// bus-2.8
#[test]
fn a_body_beyond_a_bound_is_refused_before_it_is_read() {
    let deep = "[".repeat(bound::DEPTH_MAX) + &"]".repeat(bound::DEPTH_MAX);
    check::<Reported>(&report(&format!(r#","x":{deep}"#)), Code::TooLarge, None);
    let wide = "0,".repeat(bound::ITEMS_MAX) + "0";
    check::<Reported>(&report(&format!(r#","x":[{wide}]"#)), Code::TooLarge, None);
    let long = "x".repeat(bound::BODY_MAX);
    check::<Reported>(&report(&format!(r#","x":"{long}""#)), Code::TooLarge, None);
}

#[test]
fn brackets_inside_texts_do_not_count() {
    let text = report(&format!(r#","x":"{}\"[[""#, "[".repeat(100)));
    decode::<Reported>(text.as_bytes()).unwrap();
}

#[test]
fn what_follows_a_body_is_refused() {
    check::<Online>(
        r#"{"v":1,"online":true,"boot":1} {}"#,
        Code::Malformed,
        None,
    );
}

// bus-1.3
#[test]
fn words_with_topic_syntax_are_not_words() {
    for text in ["", "+", "#", "a/b", "A", "ü", " a", &"a".repeat(41)] {
        assert!(text.parse::<Capability>().is_err(), "{text:?}");
    }
}

// bus-1.3
#[test]
fn topics_with_wildcards_or_extra_words_are_not_topics() {
    let refused = [
        "hotel/seaside/device/+/birth",
        "hotel/seaside/device/a/birth/x",
        "hotel/seaside/device/a/telemetry",
        "hotel/seaside/service/nobody/status",
        "hotel//device/a/birth",
        "motel/seaside/device/a/birth",
    ];
    for text in refused {
        assert!(text.parse::<Topic>().is_err(), "{text:?}");
    }
}

#[test]
fn an_id_has_one_spelling() {
    let text = "01941f29-7c00-7000-8000-0123456789ab";
    assert!(text.parse::<RequestId>().is_ok());
    assert!(text.to_uppercase().parse::<RequestId>().is_err());
    assert!(text.replace('-', "").parse::<RequestId>().is_err());
}
