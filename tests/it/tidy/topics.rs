//! Topics are spelled in `wire` and nowhere else, so that no two crates can disagree about one.
//! Tests that attack the broker get their raw topics from `wire`, too.

use super::rust::{self, Kind};
use super::tree::File;
use super::{Finding, check, line_by_line, uphold};

/// Who may spell a topic: `wire`, and the rule itself.
const TOPIC_SPELLERS: &[&str] = &["components/wire/", "tests/it/tidy/"];

/// Who may also spell a control topic: those who steer the broker.
const CONTROL_SPELLERS: &[&str] = &["components/kit/src/bus", "components/kit/src/policy"];

fn spelled_topics(file: &File) -> Vec<Finding> {
    let may = |spellers: &[&str]| {
        spellers
            .iter()
            .any(|speller| file.path.starts_with(speller))
    };
    if may(TOPIC_SPELLERS) {
        return Vec::new();
    }
    line_by_line(file, rust::lines(&[Kind::Literal], file), |literals| {
        if literals.split('"').any(is_topic) {
            Some("a topic spelled outside wire; use its builders and parsers".to_owned())
        } else if literals.contains("$CONTROL") && !may(CONTROL_SPELLERS) {
            Some("a control topic; only kit's bus and policy steer the broker".to_owned())
        } else {
            None
        }
    })
}

/// A URI is no topic: `spiffe://` names also speak of devices.
fn is_topic(literal: &str) -> bool {
    let has_topic_shape = literal.starts_with("hotel/")
        || literal.contains("/device/")
        || literal.contains("/service/");
    has_topic_shape && !literal.contains("://")
}

#[test]
fn topics_are_spelled_in_wire_only() {
    uphold(spelled_topics);
}

#[test]
fn a_topic_outside_wire_is_refused() {
    let source = "// \"hotel/x\"\nf(\"hotel/\");\ng(\"a\", \"{}/device/{}\");\nh(\"a/service/b\");\n\
        i(\"spiffe://hotel/a/device/b\");\nj(\"$CONTROL/x\");";
    check(
        spelled_topics,
        "components/uplink/src/edge/bus.rs",
        source,
        &[2, 3, 4, 6],
    );
    check(
        spelled_topics,
        "components/kit/src/bus/session.rs",
        source,
        &[2, 3, 4],
    );
    check(spelled_topics, "components/wire/src/topic.rs", source, &[]);
    check(spelled_topics, "docs/spec/bus.md", source, &[]);
}
