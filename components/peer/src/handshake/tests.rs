use kit::ca::Key;
use kit::clock::Clock;
use wire::Component;
use wire::credential::{Revocations, Role};

use super::*;
use crate::specimen::{Hotel, seconds};

mod golden;
mod guests;

const CONNECTION: &str = "01941f29-7c00-7000-8000-0123456789ab";

fn now() -> Integer {
    Clock::system().wall()
}

fn fingerprints(local: u8, remote: u8) -> Fingerprints {
    Fingerprints {
        local: Sha256([local; 32]),
        remote: Sha256([remote; 32]),
    }
}

fn terms(position: Position, them: &str, fingerprints: Fingerprints) -> Terms {
    Terms {
        position,
        connection: CONNECTION.parse().unwrap(),
        them: them.parse().unwrap(),
        capabilities: vec!["orders".parse().unwrap()],
        fingerprints,
        nonce: kit::credential::nonce(),
        ephemeral: kit::ca::Key::generate().public_key(),
    }
}

/// One side of a handshake, with the frame it began with.
struct Side {
    handshake: Handshake,
    hello: Vec<u8>,
}

impl Side {
    fn new(terms: Terms, passport: Passport, verifier: Verifier) -> Self {
        let begun = Handshake::begin(terms, passport, verifier, Refusals::default());
        let (handshake, hello) = begun.unwrap();
        Self { handshake, hello }
    }

    #[track_caller]
    fn sends(&mut self, frame: &[u8]) -> Vec<u8> {
        match self.handshake.handle(now(), frame).unwrap() {
            Step::Send(frame) => frame,
            Step::Established(_) => panic!("established too early"),
        }
    }

    #[track_caller]
    fn refuses(&mut self, frame: &[u8], reason: &str) {
        let error = self.handshake.handle(now(), frame).unwrap_err();
        let text = kit::error::Chain(&error).to_string();
        assert!(text.contains(reason), "{text}");
    }
}

/// A tablet that calls the box, over certificates 1 (tablet) and 2 (box).
fn tablet(hotel: &Hotel) -> Side {
    tablet_with(hotel, &Key::generate())
}

fn tablet_with(hotel: &Hotel, key: &Key) -> Side {
    let terms = terms(Position::Offerer, "device-proxy", fingerprints(1, 2));
    let until = seconds() + 3_600;
    let passport = hotel.person_with("kitchen-1", Role::Kitchen, until, key);
    Side::new(terms, passport, hotel.verifier())
}

/// The box that is called by the tablet.
fn proxy(hotel: &Hotel) -> Side {
    proxy_with(hotel, &Key::generate())
}

fn proxy_with(hotel: &Hotel, key: &Key) -> Side {
    let terms = terms(Position::Answerer, "kitchen-1", fingerprints(2, 1));
    let passport = hotel.component_with(Component::DeviceProxy, key);
    Side::new(terms, passport, hotel.verifier())
}

/// The box, with other terms than usual.
fn odd_proxy(hotel: &Hotel, change: impl FnOnce(&mut Terms)) -> Side {
    let mut terms = terms(Position::Answerer, "kitchen-1", fingerprints(2, 1));
    change(&mut terms);
    Side::new(
        terms,
        hotel.component(Component::DeviceProxy),
        hotel.verifier(),
    )
}

// peer-3.3
#[test]
fn both_sides_prove_themselves_and_know_each_other() {
    let hotel = Hotel::new("seaside");
    let (mut tablet, mut proxy) = (tablet(&hotel), proxy(&hotel));
    let proofs = (tablet.sends(&proxy.hello), proxy.sends(&tablet.hello));
    let Step::Established(there) = tablet.handshake.handle(now(), &proofs.1).unwrap() else {
        panic!("not established");
    };
    assert_eq!(there.caller.component, Some(Component::DeviceProxy));
    let Step::Established(here) = proxy.handshake.handle(now(), &proofs.0).unwrap() else {
        panic!("not established");
    };
    assert_eq!(here.caller.principal.as_str(), "kitchen-1");
    assert_eq!(here.capabilities[0].as_str(), "orders");
}

// peer-3.1
#[test]
fn whoever_sits_in_the_middle_has_other_certificates() {
    let hotel = Hotel::new("seaside");
    let mut tablet = tablet(&hotel);
    // The middle shows its certificate 9 to both sides and passes the Hellos on.
    let far = odd_proxy(&hotel, |terms| terms.fingerprints = fingerprints(2, 9));
    tablet.handshake.terms.fingerprints.remote = Sha256([9; 32]);
    tablet.refuses(&far.hello, "fingerprint of the hello");
}

// peer-3.1
#[test]
fn a_middle_that_rewrites_hellos_fails_at_the_proofs() {
    let hotel = Hotel::new("seaside");
    let (mut tablet, proxy) = (tablet(&hotel), proxy(&hotel));
    let Ok(Frame::Hello(octets)) = Frame::parse(&proxy.hello) else {
        panic!("no hello");
    };
    let mut rewritten: Hello = decode(octets).unwrap();
    rewritten.fingerprint = Sha256([9; 32]);
    tablet.handshake.terms.fingerprints.remote = Sha256([9; 32]);
    tablet.sends(&Frame::Hello(&encode(&rewritten).unwrap()).encode());
    let mut honest = proxy;
    let proof = honest.sends(&tablet.hello);
    tablet.refuses(&proof, "proof is wrong");
}

// peer-3.2
#[test]
fn a_hello_to_or_from_somebody_else_is_refused() {
    let hotel = Hotel::new("seaside");
    let other = odd_proxy(&hotel, |terms| terms.them = "pos-1".parse().unwrap());
    tablet(&hotel).refuses(&other.hello, "to of the hello");
    let terms = terms(Position::Answerer, "kitchen-1", fingerprints(2, 1));
    let stranger = Side::new(terms, hotel.person("pos-1", Role::Pos), hotel.verifier());
    tablet(&hotel).refuses(&stranger.hello, "from of the hello");
}

// peer-3.2
#[test]
fn ones_own_words_are_not_another_side() {
    let hotel = Hotel::new("seaside");
    let mut tablet = tablet(&hotel);
    let reflected = tablet.hello.clone();
    tablet.refuses(&reflected, "to of the hello");
}

// peer-3.2
#[test]
fn ones_own_proof_is_not_another_sides() {
    let hotel = Hotel::new("seaside");
    let (mut tablet, proxy) = (tablet(&hotel), proxy(&hotel));
    let own = tablet.sends(&proxy.hello);
    tablet.refuses(&own, "proof is wrong");
}

// peer-3.4
#[test]
fn an_earlier_handshake_cannot_be_replayed() {
    let hotel = Hotel::new("seaside");
    let (mut tablet_then, mut proxy_then) = (tablet(&hotel), proxy(&hotel));
    let of_proxy = proxy_then.sends(&tablet_then.hello);
    let of_tablet = tablet_then.sends(&proxy_then.hello);
    // Both were good then.
    for (side, proof) in [(&mut tablet_then, &of_proxy), (&mut proxy_then, &of_tablet)] {
        let taken = side.handshake.handle(now(), proof).unwrap();
        assert!(matches!(taken, Step::Established(_)));
    }
    let mut caller = tablet(&hotel);
    caller.sends(&proxy_then.hello);
    caller.refuses(&of_proxy, "proof is wrong");
    let mut answerer = proxy(&hotel);
    answerer.sends(&tablet_then.hello);
    answerer.refuses(&of_tablet, "proof is wrong");
}

// peer-3.4
#[test]
fn a_hello_of_another_connection_is_refused() {
    let hotel = Hotel::new("seaside");
    let other = odd_proxy(&hotel, |terms| {
        terms.connection = "01941f29-7c00-7000-8000-0123456789ff".parse().unwrap();
    });
    tablet(&hotel).refuses(&other.hello, "connection of the hello");
}

// peer-3.5
#[test]
fn another_property_is_refused_even_under_the_same_name() {
    let (here, there) = (Hotel::new("seaside"), Hotel::new("hilltop"));
    tablet(&here).refuses(&proxy(&there).hello, "property of the hello");
    let twin = Hotel::new("seaside");
    tablet(&here).refuses(&proxy(&twin).hello, "not valid in its property");
}

// peer-3.5
#[test]
fn an_expired_token_is_refused() {
    let hotel = Hotel::new("seaside");
    let terms = terms(Position::Offerer, "device-proxy", fingerprints(1, 2));
    let late = hotel.person_until("kitchen-1", Role::Kitchen, seconds() - 1);
    let late = Side::new(terms, late, hotel.verifier());
    proxy(&hotel).refuses(&late.hello, "expired");
}

// peer-3.5
#[test]
fn somebody_elses_credential_is_refused() {
    let hotel = Hotel::new("seaside");
    let side = tablet(&hotel);
    let Ok(Frame::Hello(octets)) = Frame::parse(&side.hello) else {
        panic!("no hello");
    };
    let mut stolen: Hello = decode(octets).unwrap();
    stolen.credential = hotel
        .person("manager-1", Role::Manager)
        .credential()
        .clone();
    let frame = Frame::Hello(&encode(&stolen).unwrap()).encode();
    proxy(&hotel).refuses(&frame, "somebody else's");
}

// peer-3.6
#[test]
fn a_revoked_principal_is_refused() {
    let hotel = Hotel::new("seaside");
    let side = proxy(&hotel);
    side.handshake.refusals.take(Revocations {
        number: 1_u32.into(),
        principals: vec!["kitchen-1".parse().unwrap()],
        ..Revocations::default()
    });
    let mut side = side;
    side.refuses(&tablet(&hotel).hello, "revoked");
}

// peer-3.7
#[test]
fn nothing_else_is_taken_before_both_proofs() {
    let hotel = Hotel::new("seaside");
    let chunk = crate::framing::Outgoing::new(0, vec![1])
        .unwrap()
        .next_frame()
        .unwrap();
    for frame in [
        chunk,
        Frame::Ping(1).encode(),
        Frame::Proof(b"").encode(),
        vec![],
        vec![9],
    ] {
        tablet(&hotel).refuses(&frame, "out of turn");
    }
    let (mut tablet, proxy) = (tablet(&hotel), proxy(&hotel));
    tablet.sends(&proxy.hello);
    let again = proxy.hello.clone();
    tablet.refuses(&again, "out of turn");
}

// peer-3.7
#[test]
fn malformed_words_are_refused_by_their_field() {
    let hotel = Hotel::new("seaside");
    tablet(&hotel).refuses(&Frame::Hello(b"\x80").encode(), "handshake is malformed");
    tablet(&hotel).refuses(
        &Frame::Hello(&vec![0; HELLO_MAX + 1]).encode(),
        "longer than",
    );
}
