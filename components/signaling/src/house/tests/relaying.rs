//! From one to another, at once or later.

use super::*;

// signaling-3.1
#[test]
fn what_is_said_reaches_its_addressee_and_nobody_else_under_the_senders_name() {
    let mut bench = Bench::usual();
    let forged = from("device-proxy", sdp("kitchen-1"));
    bench.say(3, ClientMessage::Offer(forged));
    let expected = ServerMessage::Offer(from("guest-1", sdp("kitchen-1")));
    assert_eq!(bench.heard(2), [expected]);
    bench.say(2, ClientMessage::Answer(sdp("guest-1")));
    let expected = ServerMessage::Answer(from("kitchen-1", sdp("guest-1")));
    assert_eq!(bench.heard(3), [expected]);
    bench.say(
        2,
        ClientMessage::IceCandidate(candidate("guest-1", Some(HOST))),
    );
    let told = bench.heard(3);
    assert!(
        matches!(told.as_slice(), [ServerMessage::IceCandidate(one)]
        if one.from == Some(name("kitchen-1"))),
        "{told:?}"
    );
    assert!(bench.told.is_empty(), "{:?}", bench.told);
}

// signaling-3.2
#[test]
fn nobody_of_another_hotel_is_reached_or_known() {
    let mut bench = Bench::usual();
    bench.join(4, "hilltop", "desk-1", DESK);
    bench.told.clear();
    bench.say(2, ClientMessage::Offer(sdp("desk-1")));
    bench.check_undelivered(2, "desk-1", Undelivered::UnknownPeer);
    assert!(bench.told.is_empty());
}

// signaling-3.3
#[test]
fn a_guest_neither_calls_nor_finds_a_guest() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "guest-2", GUEST);
    bench.told.clear();
    bench.say(3, ClientMessage::Offer(sdp("guest-2")));
    bench.check_undelivered(3, "guest-2", Undelivered::UnknownPeer);
    bench.say(
        3,
        ClientMessage::IceCandidate(candidate("guest-2", Some(HOST))),
    );
    bench.check_undelivered(3, "guest-2", Undelivered::UnknownPeer);
    assert!(bench.told.is_empty());
}

// signaling-3.3
#[test]
fn staff_answer_guests_but_do_not_call_them() {
    let mut bench = Bench::usual();
    bench.say(2, ClientMessage::Offer(sdp("guest-1")));
    bench.check_undelivered(2, "guest-1", Undelivered::NotAllowed);
    bench.say(3, ClientMessage::Answer(sdp("device-proxy")));
    assert_eq!(
        bench.heard(1).len(),
        1,
        "a component may call a guest, who accepts"
    );
    bench.say(2, ClientMessage::Answer(sdp("guest-1")));
    assert_eq!(bench.heard(3).len(), 1);
}

// signaling-3.4
#[test]
fn a_wrong_message_is_answered_with_its_field_and_the_session_goes_on() {
    let mut bench = Bench::usual();
    let broken = Sdp {
        sdp: "hello".to_owned(),
        ..sdp("device-proxy")
    };
    bench.say(3, ClientMessage::Offer(broken));
    bench.check_problem(3, Code::Malformed, Some("sdp"));
    bench.say(
        3,
        ClientMessage::IceCandidate(candidate("device-proxy", Some("no"))),
    );
    bench.check_problem(3, Code::Malformed, Some("candidate.candidate"));
    bench.say(3, ClientMessage::Offer(sdp("")));
    bench.check_problem(3, Code::Malformed, Some("to"));
    bench.say(3, ClientMessage::Offer(sdp("guest-1")));
    bench.check_problem(3, Code::Invalid, Some("to"));
    let problem = Problem::new(Code::Malformed, "not JSON");
    bench.happen(Input::Garbled {
        session: SessionId(3),
        problem,
    });
    bench.check_problem(3, Code::Malformed, None);
    bench.say(3, ClientMessage::Offer(sdp("device-proxy")));
    assert_eq!(bench.heard(1).len(), 1);
}

// signaling-3.5
#[test]
fn who_speaks_too_fast_is_told_so_and_who_goes_on_is_sent_away() {
    let mut bench = Bench::usual();
    for _ in 0..101 {
        bench.say(3, ClientMessage::Ping(Ping::default()));
    }
    let told = bench.heard(3);
    assert!(
        matches!(told.last(), Some(ServerMessage::Problem { problem })
        if problem.code == Code::Busy)
    );
    assert_eq!(told.len(), 101);
    for _ in 0..200 {
        bench.say(3, ClientMessage::Ping(Ping::default()));
    }
    assert_eq!(bench.ended[&3], Closing::Hasty);
    assert_eq!(bench.heard(1).len(), 1, "the others learn that it went");
}

// signaling-4.1
#[test]
fn what_was_said_to_somebody_who_is_away_is_delivered_in_order_when_they_come() {
    let mut bench = Bench::usual();
    bench.close(2);
    bench.told.clear();
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    bench.say(
        3,
        ClientMessage::IceCandidate(candidate("kitchen-1", Some(HOST))),
    );
    bench.say(3, ClientMessage::IceCandidate(candidate("kitchen-1", None)));
    assert_eq!(bench.heard(3), []);
    bench.pass(Duration::from_secs(3));
    bench.join(4, "seaside", "kitchen-1", KITCHEN);
    let told = bench.heard(4);
    let [_, ServerMessage::Welcome(_), offer, one, end] = told.as_slice() else {
        panic!("{told:?}");
    };
    let expected = Sdp {
        queued_ms: Integer::new(3_000),
        ..from("guest-1", sdp("kitchen-1"))
    };
    assert_eq!(*offer, ServerMessage::Offer(expected));
    assert!(matches!(one, ServerMessage::IceCandidate(one) if one.candidate.is_some()));
    assert!(matches!(end, ServerMessage::IceCandidate(end) if end.candidate.is_none()));
    assert_eq!(bench.house.figures().queued, 0);
}

// signaling-4.1
#[test]
fn the_boxs_components_are_waited_for_although_they_were_never_here() {
    let mut bench = Bench::new(rules());
    bench.join(3, "seaside", "guest-1", GUEST);
    bench.heard(3);
    bench.say(3, ClientMessage::Offer(sdp("device-proxy")));
    assert_eq!(bench.heard(3), []);
    bench.join(1, "seaside", "device-proxy", BOX);
    let told = bench.heard(1);
    assert!(
        matches!(told.last(), Some(ServerMessage::Offer(_))),
        "{told:?}"
    );
}

// signaling-4.1
#[test]
fn nothing_waits_for_a_stranger_or_for_a_guest_of_a_guest() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "guest-2", GUEST);
    bench.close(4);
    bench.told.clear();
    bench.say(2, ClientMessage::Offer(sdp("nobody")));
    bench.check_undelivered(2, "nobody", Undelivered::UnknownPeer);
    bench.say(3, ClientMessage::Offer(sdp("guest-2")));
    bench.check_undelivered(3, "guest-2", Undelivered::UnknownPeer);
    bench.say(2, ClientMessage::Offer(sdp("guest-2")));
    bench.check_undelivered(2, "guest-2", Undelivered::NotAllowed);
}

// signaling-4.1
#[test]
fn who_comes_back_with_fewer_rights_does_not_get_what_waited() {
    let mut bench = Bench::usual();
    bench.close(2);
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    bench.join(4, "seaside", "kitchen-1", GUEST);
    let told = bench.heard(4);
    assert!(
        matches!(told.last(), Some(ServerMessage::Welcome(_))),
        "{told:?}"
    );
}

// signaling-4.4
#[test]
fn the_sender_learns_once_for_each_connection_what_waited_too_long() {
    let mut bench = Bench::usual();
    bench.close(2);
    bench.told.clear();
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    bench.say(
        3,
        ClientMessage::IceCandidate(candidate("kitchen-1", Some(HOST))),
    );
    for _ in 0..6 {
        bench.say(3, ClientMessage::Ping(Ping::default()));
        bench.say(1, ClientMessage::Ping(Ping::default()));
        bench.told.clear();
        bench.pass(Duration::from_secs(10));
    }
    bench.check_undelivered(3, "kitchen-1", Undelivered::Expired);
}

// signaling-4.2, signaling-4.4
#[test]
fn the_sender_learns_that_too_much_waits() {
    let mut bench = Bench::usual();
    bench.close(2);
    bench.told.clear();
    for _ in 0..32 {
        bench.say(
            3,
            ClientMessage::IceCandidate(candidate("kitchen-1", Some(HOST))),
        );
    }
    assert_eq!(bench.heard(3), []);
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    bench.check_undelivered(3, "kitchen-1", Undelivered::QueueFull);
}

// signaling-7.1
#[test]
fn whoever_asks_is_told_of_stun_servers() {
    let mut bench = Bench::new(Rules {
        ice: Ice::new(vec!["stun:one:3478".to_owned()], Vec::new(), ""),
        ..rules()
    });
    bench.join(1, "seaside", "desk-1", DESK);
    assert_eq!(bench.welcome(1).ice.ice_servers.len(), 1);
    bench.say(1, ClientMessage::GetIceServers);
    let told = bench.heard(1);
    assert!(
        matches!(told.as_slice(), [ServerMessage::IceServers(_)]),
        "{told:?}"
    );
}
