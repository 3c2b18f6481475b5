use kit::clock::Clock;
use wire::credential::{Role, Standing};
use wire::signaling::{
    Candidate, Departure, IceCandidate, Ping, Sdp, Undeliverable, Undelivered, Welcome,
};
use wire::{ConnectionId, Integer, Text};

use super::*;

mod http;
mod laws;
mod relaying;
mod sessions;

const GUEST: Standing = Standing::Role(Role::Guest);
const KITCHEN: Standing = Standing::Role(Role::Kitchen);
const DESK: Standing = Standing::Role(Role::FrontDesk);
const BOX: Standing = Standing::Component;

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 x y\r\n";
const HOST: &str = "candidate:1 1 UDP 2130706431 10.7.0.9 50000 typ host";

/// A house with its clock, and what everybody was told.
struct Bench {
    house: House,
    now: Moment,
    told: BTreeMap<u64, Vec<ServerMessage>>,
    ended: BTreeMap<u64, Closing>,
    answers: BTreeMap<u64, Result<Option<Exchange>, Problem>>,
}

fn rules() -> Rules {
    Rules {
        mode: Mode::Local,
        peers_max: 2_000,
        arrivals_max: 64,
        rate: Rate {
            every: Duration::from_millis(20),
            burst: 100,
        },
        queue_max: 1_000,
        reconnect_after_ms: 1_000,
        ice: Ice::default(),
    }
}

impl Bench {
    fn new(rules: Rules) -> Self {
        let now = Clock::system().now();
        Self {
            house: House::new(rules),
            now: Moment {
                wall: now.wall,
                monotonic: now.monotonic,
            },
            told: BTreeMap::new(),
            ended: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// The usual hotel: a box (1), a kitchen (2), a guest (3).
    fn usual() -> Self {
        let mut bench = Self::new(rules());
        bench.join(1, "seaside", "device-proxy", BOX);
        bench.join(2, "seaside", "kitchen-1", KITCHEN);
        bench.join(3, "seaside", "guest-1", GUEST);
        bench.told.clear();
        bench
    }

    fn happen(&mut self, input: Input) {
        for effect in self.house.handle(self.now, input) {
            match effect {
                Effect::Say { session, message } => {
                    assert!(!self.ended.contains_key(&session.0), "told after the end");
                    self.told.entry(session.0).or_default().push(message);
                }
                Effect::Close { session, why } => {
                    assert!(self.ended.insert(session.0, why).is_none(), "ended twice");
                }
                Effect::Answer { post, outcome } => {
                    assert!(
                        self.answers.insert(post.0, outcome).is_none(),
                        "answered twice"
                    );
                }
                Effect::Count(_) => {}
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall = self.wall_after(time);
        self.happen(Input::Ticked);
    }

    fn wall_after(&self, time: Duration) -> Integer {
        kit::clock::later(self.now.wall, time)
    }

    fn arrive(&mut self, session: u64, address: &str) {
        self.happen(Input::Arrived {
            session: SessionId(session),
            address: address.parse().unwrap(),
            nonce: Nonce([0; 32]),
        });
    }

    fn join(&mut self, session: u64, property: &str, principal: &str, standing: Standing) {
        self.enter(session, entry(member(property, principal, standing)));
    }

    fn enter(&mut self, session: u64, entry: Entry) {
        self.arrive(session, "10.7.0.9");
        self.happen(Input::Joined {
            session: SessionId(session),
            entry: Box::new(entry),
        });
    }

    fn say(&mut self, session: u64, message: ClientMessage) {
        self.happen(Input::Said {
            session: SessionId(session),
            message,
        });
    }

    fn close(&mut self, session: u64) {
        self.happen(Input::Closed {
            session: SessionId(session),
        });
    }

    /// What a session was told since it was asked last.
    fn heard(&mut self, session: u64) -> Vec<ServerMessage> {
        self.told.remove(&session).unwrap_or_default()
    }

    fn welcome(&mut self, session: u64) -> Welcome {
        let told = self.heard(session).into_iter();
        let mut welcomes = told.filter_map(|message| match message {
            ServerMessage::Welcome(welcome) => Some(*welcome),
            _ => None,
        });
        welcomes.next().expect("the session was welcomed")
    }

    /// The only problem that a session was told since it was asked last.
    #[track_caller]
    fn check_problem(&mut self, session: u64, code: Code, field: Option<&str>) {
        match self.heard(session).as_slice() {
            [ServerMessage::Problem { problem }] => {
                assert_eq!((problem.code, problem.field.as_deref()), (code, field));
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check_undelivered(&mut self, session: u64, to: &str, reason: Undelivered) {
        let expected = ServerMessage::Undeliverable(Undeliverable {
            to: name(to),
            connection: connection(1),
            reason,
        });
        assert_eq!(self.heard(session), [expected]);
    }
}

/// As good as `time`, and not quite.
fn nearly(time: Duration) -> Duration {
    time.saturating_sub(Duration::from_millis(1))
}

fn hotel(property: &str) -> Hotel {
    Hotel {
        domain: "hotel.internal".to_owned(),
        tenant: "acme".parse().unwrap(),
        property: property.parse().unwrap(),
    }
}

fn name(text: &str) -> Principal {
    text.parse().unwrap()
}

fn member(property: &str, principal: &str, standing: Standing) -> Member {
    Member {
        hotel: hotel(property),
        principal: name(principal),
        standing,
        expires_at: Integer::new(wire::bound::INTEGER_MAX).unwrap(),
        token: None,
        sitting: None,
    }
}

fn entry(member: Member) -> Entry {
    let peer = Peer {
        id: member.principal.clone(),
        standing: member.standing,
        name: Text::default(),
        device_type: None,
        capabilities: Vec::new(),
    };
    Entry { member, peer }
}

fn connection(number: usize) -> ConnectionId {
    format!("01890a5d-ac96-774b-bcce-{number:012}")
        .parse()
        .unwrap()
}

fn sdp(to: &str) -> Sdp {
    Sdp {
        to: to.parse().ok(),
        from: None,
        connection: connection(1),
        negotiation: Integer::default(),
        sdp: SDP.to_owned(),
        queued_ms: None,
    }
}

fn from(sender: &str, sdp: Sdp) -> Sdp {
    Sdp {
        from: Some(name(sender)),
        ..sdp
    }
}

fn candidate(to: &str, text: Option<&str>) -> Candidate {
    Candidate {
        to: to.parse().ok(),
        from: None,
        connection: connection(1),
        negotiation: Integer::default(),
        candidate: text.map(|text| IceCandidate {
            candidate: text.to_owned(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        }),
    }
}
