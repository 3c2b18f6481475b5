//! Going, by one's own will or not, and what time does.

use std::collections::BTreeSet;

use wire::credential::Revocations;
use wire::signaling::{Departure, ServerMessage, Undelivered};
use wire::{Code, Integer, Principal, Problem};

use super::{Closing, Here, Hotel, House, JOIN_WITHIN, Moment, SILENCE, Session, SessionId};
use crate::hotel::Member;
use crate::rights::may_meet;

/// Between two peers that are sent away by a stop, so that they do not come back all at once.
const SPREAD_MS: u32 = 5;
/// Most that the last of them waits beyond the first.
const SPREAD_MAX_MS: u32 = 3_000;

impl House {
    /// The connection is gone; nobody is left to be told.
    pub(super) fn closed(&mut self, now: Moment, session: SessionId) {
        self.depart(now, session, Departure::Left);
    }

    pub(super) fn left(&mut self, now: Moment, session: SessionId) {
        self.depart(now, session, Departure::Left);
        self.close(session, Closing::Left);
    }

    pub(super) fn hasty(&mut self, now: Moment, session: SessionId) {
        self.depart(now, session, Departure::Left);
        self.close(session, Closing::Hasty);
    }

    /// Ends the sessions that a revocation list ends; the list is of the one hotel of a box.
    pub(super) fn refused(&mut self, now: Moment, list: &Revocations) {
        let problem = Problem::new(Code::Forbidden, "the rights of this credential have ended");
        self.end_all(now, &problem, |member| member.is_refused(list));
        self.queue
            .purge(|_, sender| list.principals.contains(sender));
        for room in self.rooms.values_mut() {
            for principal in &list.principals {
                room.known.forget(principal);
            }
        }
    }

    /// Ends the sessions of hotels that are not served any more.
    pub(super) fn served(&mut self, now: Moment, hotels: &BTreeSet<Hotel>) {
        let problem = Problem::new(Code::Forbidden, "the property is not served any more");
        self.end_all(now, &problem, |member| !hotels.contains(&member.hotel));
        self.queue.purge(|hotel, _| !hotels.contains(hotel));
        self.rooms.retain(|hotel, _| hotels.contains(hotel));
    }

    pub(super) fn stopped(&mut self) {
        let sessions: BTreeSet<_> = self.sessions.keys().copied().collect();
        for (place, session) in sessions.into_iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let spread = place.saturating_mul(SPREAD_MS) % SPREAD_MAX_MS;
            let reconnect_after_ms = Integer::from(self.rules.reconnect_after_ms + spread);
            self.say(session, ServerMessage::GoAway { reconnect_after_ms });
            self.close(session, Closing::Stopped);
        }
        self.sessions.clear();
        self.rooms.clear();
        self.abandon_posts();
    }

    pub(super) fn ticked(&mut self, now: Moment) {
        self.end_late(now);
        self.end_silent(now);
        let problem = Problem::new(Code::Expired, "the credential has expired");
        self.end_all(now, &problem.at("credential"), |member| {
            member.expires_at <= now.wall
        });
        self.expire_queue(now);
        self.tick_posts(now);
    }

    fn end_late(&mut self, now: Moment) {
        let late = |session: &Session| match session {
            Session::Arrived { since, .. } => now.monotonic >= *since + JOIN_WITHIN,
            Session::Here(_) => false,
        };
        for session in self.sessions_where(late) {
            let problem = Problem::new(Code::TimedOut, "did not join in time");
            self.sessions.remove(&session);
            self.object(session, problem);
            self.close(session, Closing::Silent);
        }
    }

    fn end_silent(&mut self, now: Moment) {
        let silent = |session: &Session| match session {
            Session::Here(here) => now.monotonic >= here.heard + SILENCE,
            Session::Arrived { .. } => false,
        };
        for session in self.sessions_where(silent) {
            self.depart(now, session, Departure::Silent);
            self.close(session, Closing::Silent);
        }
    }

    fn end_all(&mut self, now: Moment, problem: &Problem, which: impl Fn(&Member) -> bool) {
        let ended = |session: &Session| match session {
            Session::Here(here) => which(&here.member),
            Session::Arrived { .. } => false,
        };
        let ended = self.sessions_where(ended);
        // All go before anybody hears of it: who is sent away is not told that others are.
        let gone: Vec<_> = ended
            .iter()
            .filter_map(|session| self.take_out(now, *session, Departure::Revoked))
            .collect();
        for session in ended {
            self.object(session, problem.clone());
            self.close(session, Closing::Revoked);
        }
        for here in &gone {
            self.tell_gone(here, Departure::Revoked);
        }
    }

    fn sessions_where(&self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let found = self.sessions.iter().filter(|(_, session)| which(session));
        found.map(|(id, _)| *id).collect()
    }

    /// Takes a session out of the house and tells those who could see its peer.
    fn depart(&mut self, now: Moment, session: SessionId, reason: Departure) {
        if let Some(here) = self.take_out(now, session, reason) {
            self.tell_gone(&here, reason);
        }
    }

    fn take_out(
        &mut self,
        now: Moment,
        session: SessionId,
        reason: Departure,
    ) -> Option<Box<Here>> {
        let Some(Session::Here(here)) = self.sessions.remove(&session) else {
            return None;
        };
        let Member {
            hotel,
            principal,
            standing,
            ..
        } = &here.member;
        if let Some(room) = self.rooms.get_mut(hotel) {
            room.here.remove(principal);
            if reason != Departure::Revoked {
                room.known
                    .remember(now.monotonic, principal.clone(), *standing);
            }
        }
        Some(here)
    }

    fn tell_gone(&mut self, here: &Here, reason: Departure) {
        let (hotel, gone) = (&here.member.hotel, &here.member.principal);
        let others: Vec<_> = self
            .room(hotel)
            .filter(|(_, other)| may_meet(here.member.standing, other.member.standing))
            .map(|(other, _)| other)
            .collect();
        for other in others {
            let peer = gone.clone();
            self.say(other, ServerMessage::PeerLeft { peer, reason });
        }
        self.fail_posts_to(hotel, gone);
    }

    /// Tells senders once for each connection whose messages waited too long.
    fn expire_queue(&mut self, now: Moment) {
        let mut told: BTreeSet<(Principal, Principal, String)> = BTreeSet::new();
        for (hotel, to, waiting) in self.queue.expire(now.monotonic) {
            let connection = waiting.signal.connection();
            let key = (waiting.from.clone(), to.clone(), connection.to_string());
            let sender = self.find(&hotel, &waiting.from).map(|(session, _)| session);
            if let Some(session) = sender.filter(|_| told.insert(key)) {
                self.return_to(session, to, connection, Undelivered::Expired);
            }
        }
    }
}
