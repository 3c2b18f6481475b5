use serde_json::from_str;
use wire::credential::{Role, Standing};
use wire::signaling::{Departure, IceServers, Peer, Undeliverable, Undelivered, Welcome};
use wire::{Integer, Text};

use super::*;

const CONNECTION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const HOST: &str = "candidate:1 1 UDP 2130706431 10.7.0.9 50000 typ host";

fn sdp() -> Sdp {
    Sdp {
        to: "kitchen-1".parse().ok(),
        from: "till-1".parse().ok(),
        connection: CONNECTION.parse().unwrap(),
        negotiation: Integer::default(),
        sdp: "v=0".to_owned(),
        queued_ms: None,
    }
}

fn ice_candidate() -> IceCandidate {
    from_str(&json!({ "candidate": HOST, "sdpMid": "0" }).to_string()).unwrap()
}

fn candidate(candidate: Option<IceCandidate>) -> Candidate {
    Candidate {
        to: "kitchen-1".parse().ok(),
        from: None,
        connection: CONNECTION.parse().unwrap(),
        negotiation: Integer::default(),
        candidate,
    }
}

fn peer() -> Peer {
    Peer {
        id: "till-1".parse().unwrap(),
        standing: Standing::Role(Role::Pos),
        name: Text::default(),
        device_type: "till".parse().ok(),
        capabilities: Vec::new(),
    }
}

#[track_caller]
fn check_of(first: &Value, expected: Dialect) {
    assert_eq!(of(&first.to_string()), expected);
}

#[track_caller]
fn check_read(text: &Value, expected: &[ClientMessage]) {
    assert_eq!(read(&text.to_string()).expect("must be read"), expected);
}

#[track_caller]
fn check_refused(text: &str, code: Code, field: Option<&str>) {
    let problem = read(text).expect_err("must be refused");
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, field),
        "{problem}"
    );
}

#[track_caller]
fn check_written(message: &ServerMessage, expected: &Value) {
    let written: Value = from_str(&write(message, Dialect::Earlier)).unwrap();
    assert_eq!(written, *expected);
    let canonical: ServerMessage = from_str(&write(message, Dialect::Canonical)).unwrap();
    assert_eq!(canonical, *message);
}

// signaling-10.1
#[test]
fn an_earlier_client_is_known_by_its_first_words() {
    check_of(&json!({ "type": "device-registered" }), Dialect::Earlier);
    check_of(
        &json!({ "type": "join", "tenantId": "seaside" }),
        Dialect::Earlier,
    );
    check_of(
        &json!({ "type": "join", "deviceId": "till-1" }),
        Dialect::Earlier,
    );
    check_of(
        &json!({ "type": "join", "property": "seaside" }),
        Dialect::Canonical,
    );
    assert_eq!(of("not JSON"), Dialect::Canonical);
}

// signaling-10.1
#[test]
fn both_vocabularies_are_read() {
    let read = Sdp {
        from: None,
        ..sdp()
    };
    let ours =
        json!({ "type": "offer", "to": "kitchen-1", "connection": CONNECTION, "sdp": "v=0" });
    check_read(&ours, &[ClientMessage::Offer(read.clone())]);
    let theirs = json!({
        "type": "offer", "toDeviceId": "kitchen-1", "connectionId": CONNECTION, "sdi": "v=0",
    });
    check_read(&theirs, &[ClientMessage::Offer(read.clone())]);
    let others = json!({
        "type": "answer", "targetPeerId": "kitchen-1", "connection": CONNECTION, "sdp": "v=0",
    });
    check_read(&others, &[ClientMessage::Answer(read)]);
    check_read(
        &json!({ "type": "getIceServers" }),
        &[ClientMessage::GetIceServers],
    );
    check_read(&json!({ "type": "leave" }), &[ClientMessage::Leave]);
}

// signaling-10.1
#[test]
fn several_candidates_in_one_message_become_several_messages() {
    let one = json!({ "candidate": HOST, "sdpMid": "0" });
    let offer = json!({
        "type": "offer", "toDeviceId": "kitchen-1", "connectionId": CONNECTION, "sdi": "v=0",
        "iceCandidates": [one, one],
    });
    let each = ClientMessage::IceCandidate(candidate(Some(ice_candidate())));
    let described = ClientMessage::Offer(Sdp {
        from: None,
        ..sdp()
    });
    check_read(&offer, &[described, each.clone(), each.clone()]);
    let alone = json!({
        "type": "iceCandidate", "toDeviceId": "kitchen-1", "connectionId": CONNECTION,
        "iceCandidates": [one],
    });
    check_read(&alone, &[each]);
    let end = json!({
        "type": "iceCandidate", "toDeviceId": "kitchen-1", "connectionId": CONNECTION,
        "iceCandidates": [],
    });
    check_read(&end, &[ClientMessage::IceCandidate(candidate(None))]);
}

// signaling-3.4
#[test]
fn what_cannot_be_read_is_named_by_its_field() {
    check_refused("{", Code::Malformed, None);
    check_refused("[]", Code::Malformed, Some("type"));
    check_refused("{}", Code::Malformed, Some("type"));
    check_refused("{\"type\": \"dance\"}", Code::Malformed, Some("type"));
    check_refused("{\"type\": \"offer\"}", Code::Malformed, Some("connection"));
    let missing = json!({ "type": "offer", "to": "kitchen-1", "connection": CONNECTION });
    check_refused(&missing.to_string(), Code::Malformed, Some("sdp"));
    let wrong = json!({ "type": "offer", "connection": "one", "sdp": "v=0" });
    check_refused(&wrong.to_string(), Code::Malformed, Some("connection"));
    let nobody = json!({ "type": "answer", "to": "No One", "connection": CONNECTION, "sdp": "" });
    check_refused(&nobody.to_string(), Code::Malformed, Some("to"));
    let later = json!({ "type": "join", "v": 2 });
    check_refused(&later.to_string(), Code::UnsupportedVersion, Some("v"));
    let broken = json!({
        "type": "iceCandidate", "connection": CONNECTION, "iceCandidates": [{ "candidate": "no" }],
    });
    check_refused(
        &broken.to_string(),
        Code::Malformed,
        Some("iceCandidates[0].candidate"),
    );
}

// signaling-3.6
#[test]
fn a_message_beyond_the_bound_is_refused() {
    let text = format!(
        "{{\"type\": \"leave\", \"x\": \"{}\"}}",
        "x".repeat(MESSAGE_MAX)
    );
    check_refused(&text, Code::TooLarge, None);
}

// signaling-10.1
#[test]
fn an_earlier_client_is_spoken_to_in_its_own_words() {
    let offer = json!({
        "type": "offer", "toDeviceId": "kitchen-1", "fromDeviceId": "till-1",
        "connectionId": CONNECTION, "negotiation": 0, "sdi": "v=0", "iceCandidates": [],
    });
    check_written(&ServerMessage::Offer(sdp()), &offer);
    let one = json!({ "candidate": HOST, "sdpMid": "0" });
    let trickled = json!({
        "type": "iceCandidate", "toDeviceId": "kitchen-1", "connectionId": CONNECTION,
        "negotiation": 0, "candidate": one, "iceCandidates": [one],
    });
    let candidate = candidate(Some(ice_candidate()));
    check_written(&ServerMessage::IceCandidate(candidate), &trickled);
    let online = json!({
        "type": "device-online", "deviceId": "till-1", "deviceType": "till", "standing": "pos",
        "name": "", "capabilities": [],
    });
    check_written(&ServerMessage::PeerJoined { peer: peer() }, &online);
    let left = ServerMessage::PeerLeft {
        peer: "till-1".parse().unwrap(),
        reason: Departure::Silent,
    };
    let offline = json!({ "type": "device-offline", "deviceId": "till-1", "reason": "silent" });
    check_written(&left, &offline);
    let nobody = ServerMessage::Undeliverable(Undeliverable {
        to: "till-1".parse().unwrap(),
        connection: CONNECTION.parse().unwrap(),
        reason: Undelivered::Offline,
    });
    let returned = json!({
        "type": "undeliverable", "toDeviceId": "till-1", "connectionId": CONNECTION,
        "reason": "offline",
    });
    check_written(&nobody, &returned);
    let servers = ServerMessage::IceServers(IceServers::default());
    check_written(&servers, &json!({ "type": "iceServers", "iceServers": [] }));
}

// signaling-10.1
#[test]
fn an_earlier_client_is_welcomed_in_its_own_words() {
    let known = json!({
        "deviceId": "till-1", "deviceType": "till", "standing": "pos", "name": "",
        "capabilities": [],
    });
    let welcome = ServerMessage::Welcome(Box::new(Welcome {
        you: peer(),
        property: "seaside".parse().unwrap(),
        peers: vec![peer()],
        heartbeat_ms: Integer::from(5_000),
        ice: IceServers::default(),
        resumed: false,
    }));
    let expected = json!({
        "type": "welcome", "you": known, "propertyId": "seaside", "peers": [known],
        "heartbeat_ms": 5_000, "iceServers": [], "resumed": false,
    });
    check_written(&welcome, &expected);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,200}") {
        proptest::prop_assert!(read(&text).is_err());
    }
}
