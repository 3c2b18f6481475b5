use wire::credential::{Role, Standing};
use wire::inference::{MessageTopic, Sentiment};

use super::*;
use crate::order::Seat;

fn guest() -> Asker {
    Asker {
        principal: "guest-4f2a".parse().unwrap(),
        standing: Standing::Role(Role::Guest),
        seat: Some(Seat {
            sitting: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            table: "t-7".parse().unwrap(),
        }),
    }
}

fn message(text: &str) -> GuestMessage {
    GuestMessage {
        v: wire::Version,
        message: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
        text: text.parse().unwrap(),
    }
}

// device-proxy-10.2
#[test]
fn a_message_is_a_row_with_what_was_made_of_it_or_without() {
    let read = MessageRead {
        sentiment: Sentiment::Negative,
        score: 0.75,
        topic: MessageTopic::Room,
        topic_score: 0.5,
        model: "guest-message".parse().unwrap(),
        version: None,
        degraded: true,
    };
    let (at, message) = (Integer::from(7_u32), message("It is cold"));
    let record = row(at, &guest(), &message, Some(&read));
    assert_eq!(replica::table(&record), TABLE);
    let body = &record.body;
    let shown =
        ["text", "guest", "place", "sentiment", "topic", "degraded"].map(|name| &body[name]);
    assert_eq!(
        shown,
        [
            &json!("It is cold"),
            &json!("guest-4f2a"),
            &json!("t-7"),
            &json!("negative"),
            &json!("room"),
            &json!(true)
        ]
    );
    let record = row(at, &guest(), &message, None);
    for unknown in ["sentiment", "score", "topic", "degraded"] {
        assert_eq!(record.body.get(unknown), None, "{unknown} is left as it is");
    }
    assert_eq!(record.body["text"], "It is cold");
}

#[test]
fn a_message_without_words_is_refused_and_none_is_shown_by_debug() {
    assert_eq!(
        check(&message("  ")).unwrap_err().field.as_deref(),
        Some("text")
    );
    assert!(check(&message("Thank you")).is_ok());
    assert!(!format!("{:?}", message("secret words")).contains("secret"));
}

// device-proxy-10.3
#[test]
fn a_guest_writes_once_a_second_and_keeps_nobody_else_waiting() {
    let mut pace = Pace::default();
    let (ada, grace) = ("ada".parse().unwrap(), "grace".parse().unwrap());
    let mut check = |at: u32, guest, expected: Option<Code>| {
        let refused = pace.write(Integer::from(at), guest).err();
        assert_eq!(refused.map(|problem| problem.code), expected, "at {at}");
    };
    check(10_000, &ada, None);
    check(10_999, &ada, Some(Code::Busy));
    check(10_999, &grace, None);
    check(11_000, &ada, None);
    // The clock was set back: nobody waits longer for that.
    check(9_000, &ada, None);
}
