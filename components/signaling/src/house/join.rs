//! Coming in.

use wire::signaling::{HEARTBEAT_MS, Peer, ServerMessage, Welcome};
use wire::{Code, Integer, Problem};

use super::{Bucket, Closing, Entry, Here, House, Moment, Session, SessionId};
use crate::rights::may_meet;

/// Most peers that a welcome names; the others follow one by one, so that it stays within the
/// bounds that every reader has.
pub(crate) const WELCOME_MAX: usize = 500;

impl House {
    pub(super) fn joined(&mut self, now: Moment, session: SessionId, entry: &Entry) {
        if !matches!(self.sessions.get(&session), Some(Session::Arrived { .. })) {
            return;
        }
        if let Err(problem) = self.has_place(now, entry) {
            return self.turn_away(session, problem);
        }
        let before = self.replace(entry);
        self.settle(now, session, entry);
        self.welcome(now, session, entry, before.is_some());
        self.introduce(session, entry, before.as_ref());
        self.hand_over(now, session, entry);
    }

    fn has_place(&self, now: Moment, entry: &Entry) -> Result<(), Problem> {
        let member = &entry.member;
        if member.expires_at <= now.wall {
            let problem = Problem::new(Code::Expired, "the credential has expired");
            return Err(problem.at("credential"));
        }
        let room = self.rooms.get(&member.hotel);
        let full = room.is_some_and(|room| {
            room.here.len() >= self.rules.peers_max && !room.here.contains_key(&member.principal)
        });
        let standing = member.standing;
        if full && standing != wire::credential::Standing::Component {
            return Err(Problem::new(
                Code::Busy,
                "the hotel has too many peers here",
            ));
        }
        Ok(())
    }

    /// Ends an older session of the same principal; returns it as others saw it.
    fn replace(&mut self, entry: &Entry) -> Option<Peer> {
        let (session, here) = self.find(&entry.member.hotel, &entry.member.principal)?;
        let peer = here.peer.clone();
        self.sessions.remove(&session);
        let detail = "the same peer has joined again with another session";
        self.object(session, Problem::new(Code::Conflict, detail));
        self.close(session, Closing::Replaced);
        Some(peer)
    }

    fn settle(&mut self, now: Moment, session: SessionId, entry: &Entry) {
        let member = entry.member.clone();
        let room = self.rooms.entry(member.hotel.clone()).or_default();
        room.known.forget(&member.principal);
        room.here.insert(member.principal.clone(), session);
        let here = Here {
            member,
            peer: entry.peer.clone(),
            heard: now.monotonic,
            bucket: Bucket::full(now.monotonic),
        };
        self.sessions.insert(session, Session::Here(Box::new(here)));
    }

    fn welcome(&mut self, now: Moment, session: SessionId, entry: &Entry, resumed: bool) {
        let (member, me) = (&entry.member, entry.peer.standing);
        let mut peers: Vec<_> = self
            .room(&member.hotel)
            .filter(|(other, here)| *other != session && may_meet(me, here.peer.standing))
            .map(|(_, here)| here.peer.clone())
            .collect();
        let later = peers.split_off(peers.len().min(WELCOME_MAX));
        let welcome = Welcome {
            you: entry.peer.clone(),
            property: member.hotel.property.clone(),
            peers,
            heartbeat_ms: Integer::from(HEARTBEAT_MS),
            ice: self.rules.ice.servers(now.wall, &member.principal),
            resumed,
        };
        self.say(session, ServerMessage::Welcome(Box::new(welcome)));
        for peer in later {
            self.say(session, ServerMessage::PeerJoined { peer });
        }
    }

    /// Tells those who may know; after a resume only if there is something new.
    fn introduce(&mut self, session: SessionId, entry: &Entry, before: Option<&Peer>) {
        if before == Some(&entry.peer) {
            return;
        }
        let now = |other| may_meet(other, entry.peer.standing);
        let then = |other| before.is_some_and(|before| may_meet(other, before.standing));
        let others: Vec<_> = self
            .room(&entry.member.hotel)
            .filter(|(other, _)| *other != session)
            .map(|(other, here)| (other, here.peer.standing))
            .collect();
        for (other, standing) in others {
            if now(standing) {
                let peer = entry.peer.clone();
                self.say(other, ServerMessage::PeerJoined { peer });
            } else if then(standing) {
                let (peer, reason) = (entry.peer.id.clone(), wire::signaling::Departure::Left);
                self.say(other, ServerMessage::PeerLeft { peer, reason });
            }
        }
    }

    /// Delivers what waited, oldest first.
    fn hand_over(&mut self, now: Moment, session: SessionId, entry: &Entry) {
        let member = &entry.member;
        for waiting in self.queue.take(&member.hotel, &member.principal) {
            if super::relay::allowed(&waiting.signal, waiting.standing, member.standing) {
                self.count(super::Figure::Relayed(waiting.signal.kind()));
                let signal = waiting.delivered(now.monotonic);
                self.say(session, signal.into());
            }
        }
    }
}
