//! From one to another.

use wire::credential::Standing;
use wire::signaling::{ServerMessage, Undeliverable, Undelivered};
use wire::{Code, Principal, Problem};

use super::{Figure, Hotel, House, Moment, SessionId};
use crate::known;
use crate::queue::Waiting;
use crate::rights::{may_call, may_meet};
use crate::signal::Signal;
use crate::syntax;

/// Whoever says something, by session or by request.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    pub(super) hotel: Hotel,
    pub(super) principal: Principal,
    pub(super) standing: Standing,
}

/// What becomes of a message to somebody who is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// It waits for them.
    Waits,
    /// It comes back.
    Refuses,
}

/// Whether `from` may say this to `to`: only those who may call propose, only those who may be
/// called accept, and both of them say how they can be reached.
pub(super) fn allowed(signal: &Signal, from: Standing, to: Standing) -> bool {
    match signal {
        Signal::Offer(_) => may_call(from, to),
        Signal::Answer(_) => may_call(to, from),
        Signal::Candidate(_) => may_meet(from, to),
    }
}

/// Checks form and addressee; names the field at fault.
pub(super) fn addressee(signal: &Signal, from: &Principal) -> Result<Principal, Problem> {
    syntax::check(signal)?;
    match signal.to() {
        None => Err(Problem::new(Code::Malformed, "names no addressee").at("to")),
        Some(to) if to == from => {
            Err(Problem::new(Code::Invalid, "nobody calls themselves").at("to"))
        }
        Some(to) => Ok(to.clone()),
    }
}

impl House {
    pub(super) fn relay(&mut self, now: Moment, session: SessionId, signal: Signal) {
        let Some(here) = self.here(session) else {
            return;
        };
        let speaker = Speaker {
            hotel: here.member.hotel.clone(),
            principal: here.member.principal.clone(),
            standing: here.member.standing,
        };
        let to = match addressee(&signal, &speaker.principal) {
            Ok(to) => to,
            Err(problem) => return self.object(session, problem),
        };
        let signal = signal.sent_by(&speaker.principal);
        if self.answers_post(now, &speaker, &to, &signal) {
            return self.count(Figure::Relayed(signal.kind()));
        }
        let connection = signal.connection();
        if let Err(reason) = self.deliver(now, &speaker, &to, signal, Absence::Waits) {
            self.return_to(session, to, connection, reason);
        }
    }

    /// Delivers a message, or keeps it, or says why neither.
    pub(super) fn deliver(
        &mut self,
        now: Moment,
        from: &Speaker,
        to: &Principal,
        signal: Signal,
        absence: Absence,
    ) -> Result<(), Undelivered> {
        let present = self
            .find(&from.hotel, to)
            .map(|(session, here)| (session, here.member.standing));
        let standing = present
            .map(|(_, standing)| standing)
            .or_else(|| self.absent(now, &from.hotel, to))
            .filter(|standing| may_meet(from.standing, *standing))
            .ok_or(Undelivered::UnknownPeer)?;
        if !allowed(&signal, from.standing, standing) {
            return Err(Undelivered::NotAllowed);
        }
        match (present, absence) {
            (Some((session, _)), _) => {
                self.count(Figure::Relayed(signal.kind()));
                self.say(session, signal.into());
                Ok(())
            }
            (None, Absence::Refuses) => Err(Undelivered::Offline),
            (None, Absence::Waits) => self.keep(now, from, to, signal),
        }
    }

    fn keep(
        &mut self,
        now: Moment,
        from: &Speaker,
        to: &Principal,
        signal: Signal,
    ) -> Result<(), Undelivered> {
        let waiting = Waiting {
            since: now.monotonic,
            from: from.principal.clone(),
            standing: from.standing,
            signal,
        };
        self.queue
            .push(&from.hotel, to, waiting)
            .map_err(|_| Undelivered::QueueFull)?;
        self.count(Figure::Queued);
        Ok(())
    }

    /// What somebody who is not here was, or can only be.
    fn absent(&self, now: Moment, hotel: &Hotel, principal: &Principal) -> Option<Standing> {
        match self.rooms.get(hotel) {
            Some(room) => room.known.standing(now.monotonic, principal),
            None => known::component(principal),
        }
    }

    pub(super) fn return_to(
        &mut self,
        session: SessionId,
        to: Principal,
        connection: wire::ConnectionId,
        reason: Undelivered,
    ) {
        self.count(Figure::Refused(word(reason)));
        let undeliverable = Undeliverable {
            to,
            connection,
            reason,
        };
        self.say(session, ServerMessage::Undeliverable(undeliverable));
    }
}

/// The reason as metrics name it.
pub(super) fn word(reason: Undelivered) -> &'static str {
    match reason {
        Undelivered::UnknownPeer => "unknown peer",
        Undelivered::NotAllowed => "not allowed",
        Undelivered::Expired => "expired",
        Undelivered::QueueFull => "queue full",
        Undelivered::Offline => "offline",
    }
}
