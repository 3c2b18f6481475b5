//! What holds whatever happens.

use proptest::prelude::*;

use super::*;

const HOTELS: [&str; 2] = ["seaside", "hilltop"];
const PEOPLE: [(&str, Standing); 5] = [
    ("device-proxy", BOX),
    ("kitchen-1", KITCHEN),
    ("guest-1", GUEST),
    ("guest-2", GUEST),
    ("till-1", Standing::Device),
];

#[derive(Debug, Clone)]
enum Act {
    Join {
        hotel: usize,
        person: usize,
    },
    Close {
        hotel: usize,
        person: usize,
    },
    Say {
        hotel: usize,
        person: usize,
        to: usize,
        kind: usize,
        connection: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (hotel, person) = (0..HOTELS.len(), 0..PEOPLE.len());
    prop_oneof![
        2 => (hotel.clone(), person.clone()).prop_map(|(hotel, person)| Act::Join { hotel, person }),
        1 => (hotel.clone(), person.clone()).prop_map(|(hotel, person)| Act::Close { hotel, person }),
        6 => (hotel, person.clone(), person, 0..3_usize, 0..3_usize).prop_map(
            |(hotel, person, to, kind, connection)| Act::Say { hotel, person, to, kind, connection }
        ),
        1 => (0..40_u64).prop_map(|seconds| Act::Wait { seconds }),
    ]
}

/// Which session is whose.
type People = BTreeMap<u64, (usize, usize)>;

fn signal(to: usize, kind: usize, number: usize) -> ClientMessage {
    let (to, connection) = (PEOPLE[to].0, connection(number));
    match kind {
        0 => ClientMessage::Offer(Sdp {
            connection,
            ..sdp(to)
        }),
        1 => ClientMessage::Answer(Sdp {
            connection,
            ..sdp(to)
        }),
        _ => ClientMessage::IceCandidate(Candidate {
            connection,
            ..candidate(to, Some(HOST))
        }),
    }
}

/// Who sent it, and to whom it says it is.
fn envelope(message: &ServerMessage) -> Option<(&Principal, &Principal)> {
    match message {
        ServerMessage::Offer(sdp) | ServerMessage::Answer(sdp) => {
            Some((sdp.from.as_ref()?, sdp.to.as_ref()?))
        }
        ServerMessage::IceCandidate(one) => Some((one.from.as_ref()?, one.to.as_ref()?)),
        _ => None,
    }
}

fn named(message: &ServerMessage) -> Vec<Principal> {
    match message {
        ServerMessage::Welcome(welcome) => {
            welcome.peers.iter().map(|peer| peer.id.clone()).collect()
        }
        ServerMessage::PeerJoined { peer } => vec![peer.id.clone()],
        ServerMessage::PeerLeft { peer, .. } => vec![peer.clone()],
        other => envelope(other)
            .map(|(from, _)| from.clone())
            .into_iter()
            .collect(),
    }
}

fn standing(principal: &Principal) -> Standing {
    let person = PEOPLE.iter().find(|(name, _)| *name == principal.as_str());
    person.unwrap().1
}

#[track_caller]
fn check_told(bench: &mut Bench, people: &People, speaking: Option<usize>) {
    for (session, told) in std::mem::take(&mut bench.told) {
        let (hotel, person) = people[&session];
        let (me, my_standing) = PEOPLE[person];
        for message in told {
            if let Some((_, to)) = envelope(&message) {
                assert_eq!(to.as_str(), me, "delivered to somebody else");
                let here = speaking.is_none_or(|speaking| speaking == hotel);
                assert!(here, "delivered across hotels");
            }
            for other in named(&message) {
                let guests = my_standing.is_guest() && standing(&other).is_guest();
                assert!(!guests, "a guest heard of a guest: {message:?}");
            }
        }
    }
}

fn check_bounds(bench: &Bench, people: &People) {
    let house = &bench.house;
    assert!(house.queue.len() <= 40);
    for (hotel, room) in &house.rooms {
        for (principal, session) in &room.here {
            let here = house.here(*session).unwrap();
            assert_eq!(
                (&here.member.principal, &here.member.hotel),
                (principal, hotel)
            );
            let (place, person) = people[&session.0];
            assert_eq!(
                (HOTELS[place], PEOPLE[person].0),
                (hotel.property.as_str(), principal.as_str())
            );
        }
    }
    let here: usize = house.rooms.values().map(|room| room.here.len()).sum();
    assert_eq!(here, house.sessions.len());
}

proptest! {
    // signaling-3.2, signaling-3.3, signaling-4.2
    #[test]
    fn nothing_crosses_hotels_no_guest_hears_of_a_guest_and_all_is_bounded(
        acts in proptest::collection::vec(act(), 1..150),
    ) {
        let mut bench = Bench::new(Rules { queue_max: 40, ..rules() });
        let mut people = People::new();
        let mut now_here: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (number, act) in acts.into_iter().enumerate() {
            let session = u64::try_from(number).unwrap();
            let mut speaking = None;
            match act {
                Act::Join { hotel, person } => {
                    people.insert(session, (hotel, person));
                    now_here.insert((hotel, person), session);
                    speaking = Some(hotel);
                    let (name, standing) = PEOPLE[person];
                    bench.join(session, HOTELS[hotel], name, standing);
                }
                Act::Close { hotel, person } => {
                    if let Some(session) = now_here.remove(&(hotel, person)) {
                        bench.close(session);
                    }
                }
                Act::Say { hotel, person, to, kind, connection } => {
                    speaking = Some(hotel);
                    if let Some(session) = now_here.get(&(hotel, person)) {
                        bench.say(*session, signal(to, kind, connection));
                    }
                }
                Act::Wait { seconds } => bench.pass(Duration::from_secs(seconds)),
            }
            now_here.retain(|_, session| !bench.ended.contains_key(session));
            check_told(&mut bench, &people, speaking);
            check_bounds(&bench, &people);
        }
    }
}
