use serde_json::json;
use wire::{Integer, Sha256};

use super::*;
use crate::stream::Place;

fn registered(kind: Kind) -> RegisteredDevice {
    RegisteredDevice {
        device: "room-101-lock".parse().unwrap(),
        kind,
        room: Some("101".to_owned()),
        capabilities: [].into(),
    }
}

fn event(kind: &str, data: serde_json::Value) -> Message {
    Message {
        place: Place {
            boot: 3_u32.into(),
            seq: 17_u32.into(),
            oldest_seq: None,
        },
        sha256: Sha256([7; 32]),
        at: Integer::default(),
        content: Content::Event {
            kind: kind.parse().unwrap(),
            alarm: false,
            data: serde_json::from_value(data).unwrap(),
        },
    }
}

// iot-gateway-9.6
#[test]
fn no_pin_no_card_and_no_name_gets_into_the_trail() {
    let told = json!({
        "operation": "unlock", "source": "keypad", "pin": "1234", "last_used_pincode": "1234",
        "card": "04A1B2", "user": "Ms Guest", "execution": "no id",
    });
    let fact = of(&registered(Kind::Lock), &event("lock-operation", told)).unwrap();
    let text = String::from_utf8(wire::encode(&fact)).unwrap();
    for secret in ["1234", "04A1B2", "Guest", "no id"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("keypad"), "{text}");
}

#[test]
fn only_locks_tell_about_bolts_and_only_in_their_own_word() {
    let told = || json!({ "operation": "unlock", "source": "card" });
    let lock = registered(Kind::Lock);
    assert!(of(&lock, &event("lock-operation", told())).is_some());
    assert_eq!(of(&lock, &event("low-battery", told())), None);
    let contact = registered(Kind::Contact);
    assert_eq!(of(&contact, &event("lock-operation", told())), None);
    let long = json!({ "operation": "x".repeat(41), "source": "The Keypad" });
    let Some(Fact::LockOperation(moved)) = of(&lock, &event("lock-operation", long)) else {
        panic!("it is a lock's")
    };
    assert_eq!((moved.operation, moved.source), (None, None));
}
