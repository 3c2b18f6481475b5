//! What a device may say that is no message: beyond a bound of `wire::bound`, not JSON, of another
//! life, at a place that is taken.

use kit::bus::Retain;
use serde_json::json;
use wire::Integer;
use wire::bound::{DEPTH_MAX, DEVICE_BODY_MAX, INTEGER_MAX, ITEMS_MAX, STATE_MAX};
use wire::topic::DeviceSubject;

use crate::faults::Chance;

/// Something that is no message.
#[derive(Debug, Clone, PartialEq)]
pub struct Nonsense {
    /// Where it is said.
    pub subject: DeviceSubject,
    /// What is said.
    pub body: Vec<u8>,
    /// Whether the broker is asked to keep it.
    pub retain: Retain,
}

/// Makes some nonsense. None of it can be taken for news: what has a place has one of another life,
/// or one that is confirmed.
pub fn nonsense(chance: &mut Chance, boot: Integer, covered: Option<u64>) -> Nonsense {
    let subject = match chance.below(6) {
        0 => DeviceSubject::Reported,
        1 => DeviceSubject::Event,
        2 => DeviceSubject::Birth,
        3 => DeviceSubject::Online,
        4 => measurement("temperature"),
        _ => measurement("no-such-capability"),
    };
    let retain = match chance.below(4) {
        0 => Retain::Yes,
        _ => Retain::No,
    };
    let covered = covered.filter(|_| chance.below(3) == 0);
    let body = match covered {
        Some(place) => return taken(boot, place),
        None => body(chance, boot),
    };
    Nonsense {
        subject,
        body,
        retain,
    }
}

fn measurement(capability: &str) -> DeviceSubject {
    DeviceSubject::Telemetry(capability.parse().expect("it is a word"))
}

/// Other bytes at a place that the gateway has.
fn taken(boot: Integer, place: u64) -> Nonsense {
    let body = json!({ "v": 1, "boot": boot, "seq": place, "at": 1, "value": "another" });
    Nonsense {
        subject: measurement("temperature"),
        body: text(&body),
        retain: Retain::No,
    }
}

fn body(chance: &mut Chance, boot: Integer) -> Vec<u8> {
    let earlier = boot.value().saturating_sub(1);
    let with = |member: &str, value: &serde_json::Value| {
        let mut body = json!({ "v": 1, "boot": boot, "seq": 1, "at": 1, "value": 1 });
        body[member] = value.clone();
        text(&body)
    };
    match chance.below(16) {
        0 => Vec::new(),
        1 => vec![0],
        2 => vec![0xff; 64],
        3 => b"{".to_vec(),
        4 => b"null".to_vec(),
        5 => b"{\"v\":1}".to_vec(),
        6 => with("v", &json!(2)),
        7 => with("boot", &json!(-5)),
        8 => with("boot", &json!("5")),
        9 => with("seq", &json!(INTEGER_MAX + 1)),
        10 => with("seq", &json!(1.5)),
        11 => with("x", &json!("x".repeat(DEVICE_BODY_MAX))),
        12 => with("x", &json!(vec![0; ITEMS_MAX + 1])),
        13 => {
            let nested = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
            format!("{{\"v\":1,\"x\":{nested}}}").into_bytes()
        }
        14 => {
            let state = json!({ "long": "x".repeat(STATE_MAX + 1) });
            text(
                &json!({ "v": 1, "boot": earlier, "seq": 1, "at": 1, "version": 0,
                "kind": "opened", "state": state, "data": state }),
            )
        }
        _ => text(
            &json!({ "v": 1, "boot": earlier, "online": false, "seq": 1, "at": 1,
            "value": 99, "version": 0, "state": {}, "kind": "opened",
            "capabilities": [], "firmware": "0" }),
        ),
    }
}

fn text(body: &serde_json::Value) -> Vec<u8> {
    serde_json::to_vec(body).expect("a JSON value has a JSON form")
}
