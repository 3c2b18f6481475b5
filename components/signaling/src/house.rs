//! Everybody who is here, in rooms that never open to each other: one room for each hotel.
//!
//! ```text
//!            ┌───────── problem, too late ────────▶ gone
//! arrived ───┤
//!            └── joined ──▶ here ── leaves · silent · replaced · revoked ──▶ away ── a day ──▶ unknown
//!                             │                                               │
//!                    says something to somebody                  messages wait a minute
//! ```
//!
//! Invariants: what one hotel's peers say reaches peers of that hotel only; no guest reaches a
//! guest; a principal is here at most once; what waits is bounded; every session that ends is told
//! why, and everybody who could see its peer learns that it went. Time and chance are inputs.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use wire::credential::Revocations;
use wire::signaling::{
    Challenge, ClientMessage, Exchange, HEARTBEAT_MS, Mode, Peer, ServerMessage, Stats,
};
use wire::{Code, Nonce, Principal, Problem, Version};

use crate::bucket::{Bucket, Rate, Verdict};
use crate::closing::Closing;
use crate::entry::Entry;
use crate::hotel::{Hotel, Member};
use crate::ice::Ice;
use crate::known::Known;
use crate::moment::Moment;
use crate::queue::Queue;
use crate::signal::Signal;

mod join;
mod leave;
mod post;
mod relay;

use post::Post;
pub(crate) use post::{PostId, Posted};

/// How long a peer may take to join.
pub(crate) const JOIN_WITHIN: Duration = Duration::from_secs(10);
/// Silence after which a peer is gone: three intervals.
pub(crate) const SILENCE: Duration = Duration::from_millis(3 * HEARTBEAT_MS as u64);
/// Most sessions that have not joined, over all addresses; each costs a nonce and a place.
const ARRIVALS_MAX: usize = 4_096;

/// What a deployment decides.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Where the server stands.
    pub(crate) mode: Mode,
    /// Most peers of one hotel; components come in all the same.
    pub(crate) peers_max: usize,
    /// Most sessions of one address that have not joined.
    pub(crate) arrivals_max: usize,
    /// How much one peer may say.
    pub(crate) rate: Rate,
    /// Most messages that wait, over all hotels.
    pub(crate) queue_max: usize,
    /// After what time peers come back when the server goes down, in milliseconds.
    pub(crate) reconnect_after_ms: u32,
    /// STUN and TURN.
    pub(crate) ice: Ice,
}

/// Names one session; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionId(pub(crate) u64);

/// What happens.
#[derive(Debug)]
pub(crate) enum Input {
    /// Somebody connected.
    Arrived {
        /// Their session.
        session: SessionId,
        /// Where from.
        address: IpAddr,
        /// What they are to sign.
        nonce: Nonce,
    },
    /// They proved who they are.
    Joined {
        /// Their session.
        session: SessionId,
        /// Who.
        entry: Box<Entry>,
    },
    /// They said something.
    Said {
        /// Their session.
        session: SessionId,
        /// What.
        message: ClientMessage,
    },
    /// They said something that cannot be taken.
    Garbled {
        /// Their session.
        session: SessionId,
        /// What is wrong with it.
        problem: Problem,
    },
    /// They are still there.
    Heard {
        /// Their session.
        session: SessionId,
    },
    /// Their connection is gone.
    Closed {
        /// Their session.
        session: SessionId,
    },
    /// Somebody said something by HTTP.
    Posted(Box<Posted>),
    /// The newest revocation list of the hotel in whose house we stand.
    Refused(Revocations),
    /// The hotels that are still served.
    Served(BTreeSet<Hotel>),
    /// Time passed.
    Ticked,
    /// The server goes down.
    Stopped,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Tell a session.
    Say {
        /// Which.
        session: SessionId,
        /// What.
        message: ServerMessage,
    },
    /// End a session, after everything it was told.
    Close {
        /// Which.
        session: SessionId,
        /// Why.
        why: Closing,
    },
    /// Answer a request: with the other side's answer, or that it was passed on.
    Answer {
        /// Which.
        post: PostId,
        /// With what.
        outcome: Result<Option<Exchange>, Problem>,
    },
    /// Count something.
    Count(Figure),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// A message was passed on.
    Relayed(&'static str),
    /// A message was kept for later.
    Queued,
    /// Something was refused.
    Refused(&'static str),
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    /// Peers of all hotels.
    pub(crate) peers: usize,
    /// Hotels that have peers here.
    pub(crate) rooms: usize,
    /// Sessions that have not joined.
    pub(crate) arrivals: usize,
    /// Messages that wait.
    pub(crate) queued: usize,
}

/// The state machine of a signaling server.
#[derive(Debug)]
pub(crate) struct House {
    rules: Rules,
    sessions: HashMap<SessionId, Session>,
    rooms: BTreeMap<Hotel, Room>,
    queue: Queue,
    posts: BTreeMap<PostId, Post>,
    posters: BTreeMap<(Hotel, Principal), Bucket>,
    effects: Vec<Effect>,
}

/// One connection.
#[derive(Debug)]
enum Session {
    /// It has not said who it is.
    Arrived { address: IpAddr, since: Instant },
    /// It is somebody.
    Here(Box<Here>),
}

/// Somebody who is here.
#[derive(Debug)]
struct Here {
    member: Member,
    peer: Peer,
    heard: Instant,
    bucket: Bucket,
}

/// One hotel.
#[derive(Debug, Default)]
struct Room {
    here: BTreeMap<Principal, SessionId>,
    known: Known,
}

impl House {
    /// An empty house.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            queue: Queue::new(rules.queue_max),
            rules,
            sessions: HashMap::new(),
            rooms: BTreeMap::new(),
            posts: BTreeMap::new(),
            posters: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    /// Takes in what happened and says what is to be done, in this order.
    pub(crate) fn handle(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        match input {
            Input::Arrived {
                session,
                address,
                nonce,
            } => self.arrived(now, session, address, nonce),
            Input::Joined { session, entry } => self.joined(now, session, &entry),
            Input::Said { session, message } => self.said(now, session, message),
            Input::Garbled { session, problem } => self.garbled(now, session, problem),
            Input::Heard { session } => self.heard(now, session),
            Input::Closed { session } => self.closed(now, session),
            Input::Posted(posted) => self.posted(now, *posted),
            Input::Refused(list) => self.refused(now, &list),
            Input::Served(hotels) => self.served(now, &hotels),
            Input::Ticked => self.ticked(now),
            Input::Stopped => self.stopped(),
        }
        std::mem::take(&mut self.effects)
    }

    /// How many there are.
    pub(crate) fn figures(&self) -> Figures {
        let peers = self.rooms.values().map(|room| room.here.len()).sum();
        Figures {
            peers,
            rooms: self.occupied().count(),
            arrivals: self.sessions.len() - peers,
            queued: self.queue.len(),
        }
    }

    /// Who is here by property; of one hotel only if `only` names it.
    pub(crate) fn stats(&self, only: Option<&Hotel>) -> Stats {
        let mut stats = Stats {
            total_peers: 0,
            properties: 0,
            peers_per_property: BTreeMap::new(),
        };
        let told = |hotel: &Hotel| only.is_none_or(|only| only == hotel);
        for (hotel, room) in self.occupied().filter(|(hotel, _)| told(hotel)) {
            let peers = u32::try_from(room.here.len()).unwrap_or(u32::MAX);
            stats.total_peers += peers;
            stats.properties += 1;
            *stats
                .peers_per_property
                .entry(hotel.property.clone())
                .or_default() += peers;
        }
        stats
    }

    fn occupied(&self) -> impl Iterator<Item = (&Hotel, &Room)> {
        self.rooms.iter().filter(|(_, room)| !room.here.is_empty())
    }

    fn arrived(&mut self, now: Moment, session: SessionId, address: IpAddr, nonce: Nonce) {
        let mut arrivals = 0;
        let mut neighbours = 0;
        for waiting in self.sessions.values() {
            if let Session::Arrived { address: other, .. } = waiting {
                arrivals += 1;
                neighbours += usize::from(*other == address);
            }
        }
        if arrivals >= ARRIVALS_MAX || neighbours >= self.rules.arrivals_max {
            let detail = "too many connections that have not joined";
            return self.turn_away(session, Problem::new(Code::Busy, detail));
        }
        let since = now.monotonic;
        self.sessions
            .insert(session, Session::Arrived { address, since });
        let challenge = Challenge {
            v: Version,
            nonce,
            mode: self.rules.mode,
        };
        self.say(session, ServerMessage::Challenge(challenge));
    }

    fn heard(&mut self, now: Moment, session: SessionId) {
        if let Some(Session::Here(here)) = self.sessions.get_mut(&session) {
            here.heard = now.monotonic;
        }
    }

    /// Something that cannot be taken: somebody who is here goes on, anybody else does not.
    fn garbled(&mut self, now: Moment, session: SessionId, problem: Problem) {
        match self.sessions.get(&session) {
            None => {}
            Some(Session::Arrived { .. }) => self.turn_away(session, problem),
            Some(Session::Here(_)) => {
                let speaks = self.may_speak(now, session);
                if speaks {
                    self.object(session, problem);
                }
            }
        }
    }

    fn said(&mut self, now: Moment, session: SessionId, message: ClientMessage) {
        let Some(Session::Here(here)) = self.sessions.get(&session) else {
            let problem = Problem::new(Code::Forbidden, "the first message is a join");
            return self.garbled(now, session, problem.at("type"));
        };
        let principal = here.peer.id.clone();
        if !self.may_speak(now, session) {
            return;
        }
        match message {
            ClientMessage::Join(_) => {
                let problem = Problem::new(Code::Conflict, "this session has joined");
                self.object(session, problem.at("type"));
            }
            ClientMessage::Offer(sdp) => self.relay(now, session, Signal::Offer(sdp)),
            ClientMessage::Answer(sdp) => self.relay(now, session, Signal::Answer(sdp)),
            ClientMessage::IceCandidate(candidate) => {
                self.relay(now, session, Signal::Candidate(candidate));
            }
            ClientMessage::GetIceServers => {
                let servers = self.rules.ice.servers(now.wall, &principal);
                self.say(session, ServerMessage::IceServers(servers));
            }
            ClientMessage::Ping(ping) => self.say(session, ServerMessage::Pong(ping)),
            ClientMessage::Leave => self.left(now, session),
        }
    }

    /// Whether somebody who is here may say one more thing; if not, they are told.
    fn may_speak(&mut self, now: Moment, session: SessionId) -> bool {
        let Some(Session::Here(here)) = self.sessions.get_mut(&session) else {
            return false;
        };
        here.heard = now.monotonic;
        let verdict = here.bucket.take(now.monotonic, self.rules.rate);
        let problem = || Problem::new(Code::Busy, "too many messages in a short time");
        match verdict {
            Verdict::Heard => true,
            Verdict::Refused => {
                self.object(session, problem());
                false
            }
            Verdict::Enough => {
                self.object(session, problem());
                self.hasty(now, session);
                false
            }
        }
    }

    /// Ends a session that never became anybody.
    fn turn_away(&mut self, session: SessionId, problem: Problem) {
        self.sessions.remove(&session);
        self.object(session, problem);
        self.close(session, Closing::Refused);
    }

    fn say(&mut self, session: SessionId, message: ServerMessage) {
        self.effects.push(Effect::Say { session, message });
    }

    /// Refuses one message, and counts it.
    fn object(&mut self, session: SessionId, problem: Problem) {
        self.count(Figure::Refused(problem.code.title()));
        self.say(session, ServerMessage::Problem { problem });
    }

    fn close(&mut self, session: SessionId, why: Closing) {
        self.effects.push(Effect::Close { session, why });
    }

    fn count(&mut self, figure: Figure) {
        self.effects.push(Effect::Count(figure));
    }

    fn here(&self, session: SessionId) -> Option<&Here> {
        match self.sessions.get(&session)? {
            Session::Here(here) => Some(here),
            Session::Arrived { .. } => None,
        }
    }

    /// Everybody of one hotel.
    fn room(&self, hotel: &Hotel) -> impl Iterator<Item = (SessionId, &Here)> {
        let here = self.rooms.get(hotel).into_iter();
        here.flat_map(|room| room.here.values())
            .filter_map(|session| Some((*session, self.here(*session)?)))
    }

    fn find(&self, hotel: &Hotel, principal: &Principal) -> Option<(SessionId, &Here)> {
        let session = *self.rooms.get(hotel)?.here.get(principal)?;
        Some((session, self.here(session)?))
    }
}

#[cfg(test)]
mod tests;
