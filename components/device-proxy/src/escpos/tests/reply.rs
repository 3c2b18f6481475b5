//! Answers of printers.

use super::*;

#[track_caller]
fn check(bytes: &[u8], expected: &[Reply]) {
    let mut replies = Replies::default();
    let heard: Vec<_> = bytes
        .iter()
        .filter_map(|byte| replies.push(*byte))
        .collect();
    assert_eq!(heard, expected);
}

fn is(held: Option<Held>, paper_low: bool) -> Reply {
    Reply::Is(Condition { held, paper_low })
}

// device-proxy-2.3
#[test]
fn the_four_real_time_answers_are_one_condition() {
    check(b"\x16\x12\x12\x12", &[is(None, false)]);
    check(b"\x1e\x16\x12\x12", &[is(Some(Held::Cover), false)]);
    check(b"\x1e\x32\x12\x7e", &[is(Some(Held::Paper), true)]);
    check(b"\x1e\x52\x1a\x12", &[is(Some(Held::Error), false)]);
    check(b"\x1e\x12\x12\x12", &[is(Some(Held::Offline), false)]);
    check(b"\x16\x12\x12\x1e", &[is(None, true)]);
}

// device-proxy-2.3
#[test]
fn automatic_status_is_understood_between_other_answers() {
    check(b"\x14\x00\x00\x0f", &[is(None, false)]);
    check(b"\x3c\x00\x00\x0f", &[is(Some(Held::Cover), false)]);
    check(b"\x1c\x00\x0f\x0f", &[is(Some(Held::Paper), true)]);
    check(
        b"\x14\x00\x00\x0f\x00\x16\x12\x12\x12",
        &[is(None, false), Reply::Paper, is(None, false)],
    );
}

// device-proxy-2.2
#[test]
fn tokens_come_back_whole_or_not_at_all() {
    check(b"\x37\x22abcd\x00", &[Reply::Printed((*b"abcd").into())]);
    check(b"\x37\x23abcd\x00", &[]);
    check(b"\x37\x22abc", &[]);
    check(
        b"\x14\x00\x00\x0f\x37\x22AB+9\x00\x03",
        &[
            is(None, false),
            Reply::Printed((*b"AB+9").into()),
            Reply::Paper,
        ],
    );
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut replies = Replies::default();
        for byte in bytes {
            let _reply = replies.push(byte);
        }
    }
}
