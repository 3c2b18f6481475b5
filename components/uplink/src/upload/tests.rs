use wire::Sha256;
use wire::record::Stream;

use super::*;

mod model;

fn sealed() -> Sealed {
    Sealed {
        stream: Stream::P0,
        first: 1.into(),
        last: 9.into(),
        lines: 9,
        bytes: 100,
        since: 0.into(),
        key: "key".to_owned(),
        sha256: Sha256([0; 32]),
        size: 10,
    }
}

fn digest(body: &[u8]) -> Sha256 {
    kit::digest::sha256(body)
}

fn words() -> String {
    "words".to_owned()
}

#[track_caller]
fn check(answer: &Answer, expected: &Step) {
    assert_eq!(Step::answered(sealed(), answer), *expected);
}

// uplink-3.4
#[test]
fn a_stored_batch_is_forgotten() {
    check(&Answer::Stored, &Step::Forget(sealed()));
}

// uplink-3.4
#[test]
fn a_name_that_is_taken_is_compared_and_the_same_object_counts_as_stored() {
    check(&Answer::Taken, &Step::Compare(sealed()));
    check(&Answer::Same, &Step::Forget(sealed()));
}

// uplink-3.5
#[test]
fn a_name_that_belongs_to_something_else_is_left_to_it() {
    check(&Answer::Different, &Step::Rename(sealed()));
}

// uplink-4.2
#[test]
fn whatever_else_the_cloud_says_the_same_batch_is_sent_again_after_a_rest() {
    for answer in [
        Answer::Gone,
        Answer::Raced,
        Answer::Busy(words()),
        Answer::Refused(words()),
        Answer::Unreachable(words()),
    ] {
        check(&answer, &Step::Rest(Box::new(Step::Send(sealed()))));
    }
}

#[test]
fn a_batch_that_was_sealed_before_the_program_ended_is_sent_first() {
    assert_eq!(Step::resumed(Some(sealed())), Step::Send(sealed()));
    assert_eq!(Step::resumed(None), Step::Look);
}

#[test]
fn a_stream_without_records_waits_without_end() {
    let limits = Limits {
        bytes: 1,
        age: Duration::ZERO,
    };
    assert_eq!(Step::looked(&limits, 0.into(), None, 100), Step::Wait(None));
}

#[test]
fn an_answer_that_is_no_complaint_has_none() {
    for answer in [Answer::Stored, Answer::Same, Answer::Taken] {
        assert_eq!(answer.complaint(), "", "{answer:?}");
    }
    assert_eq!(Answer::Refused(words()).complaint(), "words");
}
