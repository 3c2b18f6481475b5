//! Coming, being here, going.

use super::*;

fn ids(peers: &[Peer]) -> Vec<&str> {
    peers.iter().map(|peer| peer.id.as_str()).collect()
}

// signaling-1.1
#[test]
fn the_first_word_is_a_challenge_and_nothing_but_a_join_is_heard_before() {
    let mut bench = Bench::new(rules());
    bench.arrive(1, "10.7.0.9");
    let told = bench.heard(1);
    assert!(
        matches!(told.as_slice(), [ServerMessage::Challenge(_)]),
        "{told:?}"
    );
    bench.say(1, ClientMessage::Offer(sdp("device-proxy")));
    bench.check_problem(1, Code::Forbidden, Some("type"));
    assert_eq!(bench.ended[&1], Closing::Refused);
}

// signaling-1.1
#[test]
fn whoever_does_not_join_within_ten_seconds_is_sent_away() {
    let mut bench = Bench::new(rules());
    bench.arrive(1, "10.7.0.9");
    bench.heard(1);
    bench.pass(nearly(JOIN_WITHIN));
    assert!(bench.ended.is_empty());
    bench.pass(Duration::from_millis(1));
    bench.check_problem(1, Code::TimedOut, None);
    assert_eq!(bench.ended[&1], Closing::Silent);
}

// signaling-1.6
#[test]
fn one_address_has_so_many_connections_that_have_not_joined() {
    let mut bench = Bench::new(Rules {
        arrivals_max: 2,
        ..rules()
    });
    for session in 1..=3 {
        bench.arrive(session, "10.7.0.9");
    }
    bench.arrive(4, "10.7.0.10");
    assert_eq!(bench.ended, BTreeMap::from([(3, Closing::Refused)]));
    bench.close(1);
    bench.arrive(5, "10.7.0.9");
    assert!(!bench.ended.contains_key(&5));
}

// signaling-1.6
#[test]
fn a_full_hotel_takes_components_and_those_who_come_back() {
    let mut bench = Bench::new(Rules {
        peers_max: 2,
        ..rules()
    });
    bench.join(1, "seaside", "desk-1", DESK);
    bench.join(2, "seaside", "desk-2", DESK);
    bench.join(3, "seaside", "desk-3", DESK);
    assert_eq!(bench.ended.remove(&3), Some(Closing::Refused));
    bench.join(4, "seaside", "device-proxy", BOX);
    bench.join(5, "seaside", "desk-1", DESK);
    bench.join(6, "hilltop", "desk-1", DESK);
    assert_eq!(bench.ended, BTreeMap::from([(1, Closing::Replaced)]));
}

// signaling-2.1
#[test]
fn whoever_joins_learns_who_is_here_and_the_others_learn_who_came_and_went() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "desk-1", DESK);
    let welcome = bench.welcome(4);
    assert_eq!(
        ids(&welcome.peers),
        ["device-proxy", "guest-1", "kitchen-1"]
    );
    assert_eq!(welcome.heartbeat_ms, Integer::from(HEARTBEAT_MS));
    assert!(!welcome.resumed);
    for other in 1..=3 {
        let told = bench.heard(other);
        let joined = matches!(told.as_slice(),
            [ServerMessage::PeerJoined { peer }] if peer.id == name("desk-1"));
        assert!(joined, "{told:?}");
    }
    bench.say(4, ClientMessage::Leave);
    assert_eq!(bench.ended[&4], Closing::Left);
    for other in 1..=3 {
        let left = ServerMessage::PeerLeft {
            peer: name("desk-1"),
            reason: Departure::Left,
        };
        assert_eq!(bench.heard(other), [left]);
    }
}

// signaling-2.2
#[test]
fn guests_see_components_and_staff_and_never_guests() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "guest-2", GUEST);
    assert_eq!(ids(&bench.welcome(4).peers), ["device-proxy", "kitchen-1"]);
    assert_eq!(bench.heard(3), []);
    assert_eq!(bench.heard(2).len(), 1);
    bench.close(4);
    assert_eq!(bench.heard(3), []);
}

// signaling-2.1
#[test]
fn a_crowd_is_told_within_the_bounds_of_every_reader() {
    let mut bench = Bench::new(rules());
    for number in 0..600 {
        bench.join(number, "seaside", &format!("desk-{number}"), DESK);
    }
    bench.told.clear();
    bench.join(1_000, "seaside", "device-proxy", BOX);
    let told = bench.heard(1_000);
    let [_, ServerMessage::Welcome(welcome), later @ ..] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((welcome.peers.len(), later.len()), (500, 100));
    assert!(wire::encode(welcome).len() <= wire::bound::BODY_MAX);
}

// signaling-1.4
#[test]
fn the_same_peer_again_ends_its_older_session_and_nobody_else_notices() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "kitchen-1", KITCHEN);
    assert!(bench.welcome(4).resumed);
    bench.check_problem(2, Code::Conflict, None);
    assert_eq!(bench.ended[&2], Closing::Replaced);
    bench.close(2);
    assert_eq!((bench.heard(1), bench.heard(3)), (vec![], vec![]));
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    assert_eq!(bench.heard(4).len(), 1);
}

// signaling-1.4, signaling-2.2
#[test]
fn who_comes_back_as_somebody_else_is_shown_to_whom_that_concerns() {
    let mut bench = Bench::usual();
    bench.join(4, "seaside", "kitchen-1", GUEST);
    let left = ServerMessage::PeerLeft {
        peer: name("kitchen-1"),
        reason: Departure::Left,
    };
    assert_eq!(bench.heard(3), [left]);
    assert!(matches!(
        bench.heard(1).as_slice(),
        [ServerMessage::PeerJoined { .. }]
    ));
}

// signaling-2.3
#[test]
fn a_peer_is_gone_after_three_silent_intervals() {
    let mut bench = Bench::usual();
    bench.pass(nearly(SILENCE));
    bench.say(1, ClientMessage::Ping(Ping::default()));
    bench.happen(Input::Heard {
        session: SessionId(3),
    });
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.ended, BTreeMap::from([(2, Closing::Silent)]));
    let left = ServerMessage::PeerLeft {
        peer: name("kitchen-1"),
        reason: Departure::Silent,
    };
    assert_eq!(bench.heard(3), [left]);
}

// signaling-2.3
#[test]
fn a_ping_is_answered_with_its_number() {
    let mut bench = Bench::usual();
    let ping = Ping {
        number: Integer::from(7),
    };
    bench.say(2, ClientMessage::Ping(ping));
    assert_eq!(bench.heard(2), [ServerMessage::Pong(ping)]);
}

// signaling-1.5
#[test]
fn a_session_ends_with_its_credential() {
    let mut bench = Bench::usual();
    let mut entry = entry(member("seaside", "desk-1", DESK));
    entry.member.expires_at = bench.wall_after(Duration::from_secs(9));
    bench.enter(4, entry.clone());
    bench.told.clear();
    bench.pass(Duration::from_secs(8));
    assert!(bench.ended.is_empty());
    bench.pass(Duration::from_secs(1));
    bench.check_problem(4, Code::Expired, Some("credential"));
    assert_eq!(bench.ended[&4], Closing::Revoked);
    let left = ServerMessage::PeerLeft {
        peer: name("desk-1"),
        reason: Departure::Revoked,
    };
    assert_eq!(bench.heard(1), [left]);
    bench.enter(5, entry);
    assert_eq!(bench.ended[&5], Closing::Refused);
}

// signaling-1.5
#[test]
fn a_revocation_list_ends_principals_tokens_and_sittings_at_once() {
    let mut bench = Bench::usual();
    let (token, sitting) = (connection(7).to_string(), connection(8).to_string());
    let mut with_token = member("seaside", "desk-1", DESK);
    with_token.token = Some(token.parse().unwrap());
    let mut with_sitting = member("seaside", "guest-2", GUEST);
    with_sitting.sitting = Some(sitting.parse().unwrap());
    bench.enter(4, entry(with_token));
    bench.enter(5, entry(with_sitting));
    bench.happen(Input::Refused(Revocations {
        number: Integer::from(1),
        iat: Integer::default(),
        principals: vec![name("kitchen-1")],
        tokens: vec![token.parse().unwrap()],
        sittings: vec![sitting.parse().unwrap()],
    }));
    let ended = [2, 4, 5].map(|session| (session, Closing::Revoked));
    assert_eq!(bench.ended, BTreeMap::from(ended));
    bench.told.clear();
    bench.say(3, ClientMessage::Offer(sdp("kitchen-1")));
    bench.check_undelivered(3, "kitchen-1", Undelivered::UnknownPeer);
}

// signaling-8.2
#[test]
fn a_hotel_that_is_not_served_any_more_is_empty() {
    let mut bench = Bench::usual();
    bench.join(4, "hilltop", "desk-1", DESK);
    bench.join(5, "hilltop", "kitchen-1", KITCHEN);
    bench.told.clear();
    bench.happen(Input::Served(BTreeSet::from([hotel("seaside")])));
    let ended = [4, 5].map(|session| (session, Closing::Revoked));
    assert_eq!(bench.ended, BTreeMap::from(ended));
    for session in [4, 5] {
        bench.check_problem(session, Code::Forbidden, None);
    }
    assert_eq!(bench.house.figures().peers, 3);
}

// signaling-9.1
#[test]
fn whoever_is_here_is_told_when_to_come_back_after_a_stop() {
    let mut bench = Bench::usual();
    bench.arrive(4, "10.7.0.9");
    bench.heard(4);
    bench.happen(Input::Stopped);
    for (place, session) in (1..=4).enumerate() {
        let after = 1_000 + 5 * u32::try_from(place).unwrap();
        let reconnect_after_ms = Integer::from(after);
        assert_eq!(
            bench.heard(session),
            [ServerMessage::GoAway { reconnect_after_ms }]
        );
        assert_eq!(bench.ended[&session], Closing::Stopped);
    }
    assert_eq!(bench.house.figures(), Figures::default());
}

// signaling-2.4
#[test]
fn the_counts_are_of_those_who_have_joined() {
    let mut bench = Bench::usual();
    bench.join(4, "hilltop", "desk-1", DESK);
    bench.arrive(5, "10.7.0.9");
    let stats = bench.house.stats(None);
    assert_eq!((stats.total_peers, stats.properties), (4, 2));
    let own = bench.house.stats(Some(&hotel("hilltop")));
    let expected = BTreeMap::from([("hilltop".parse().unwrap(), 1)]);
    assert_eq!((own.total_peers, own.peers_per_property), (1, expected));
    assert_eq!(bench.house.figures().arrivals, 1);
}
