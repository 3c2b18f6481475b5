use proptest::prelude::*;
use serde_json::json;
use wire::Octets;
use wire::print::{Document, Submit};

use super::*;

fn written<T: Serialize>(body: &T) -> Vec<u8> {
    let (id, about, from) = (
        "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        "print".parse().unwrap(),
        "pos-1".parse().unwrap(),
    );
    write(id, Kind::Request, &about, &from, 7_u32.into(), body).unwrap()
}

fn submit() -> Submit {
    Submit {
        v: Version,
        job: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        route: "kitchen".parse().unwrap(),
        document: Document::Raw {
            octets: Octets::new(vec![0, 255, 27]).unwrap(),
        },
        copies: 1,
        expires_at: None,
    }
}

// peer-4.5
#[test]
fn a_body_is_read_as_the_type_it_was_written_as() {
    let message = Message::read(written(&submit())).unwrap();
    assert_eq!(message.about.as_str(), "print");
    assert_eq!(message.body::<Submit>().unwrap(), submit());
}

// peer-4.5
#[test]
fn a_wrong_body_is_refused_by_the_name_of_its_field() {
    let message = Message::read(written(&json!({ "v": 1, "job": 5 }))).unwrap();
    let problem = message.body::<Submit>().unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("body.job"));
}

#[test]
fn what_follows_a_message_is_refused() {
    let mut octets = written(&submit());
    octets.push(0);
    assert!(Message::read(octets).is_err());
}

// peer-4.5
#[test]
fn nesting_without_end_is_refused() {
    let mut octets = vec![0x91; 10_000];
    octets.push(0xc0);
    assert!(Message::read(octets).is_err());
}

proptest! {
    // peer-4.5
    #[test]
    fn no_bytes_make_the_reader_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = Message::read(octets) {
            drop(message.body::<Submit>());
        }
    }
}
