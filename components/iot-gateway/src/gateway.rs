//! All devices of the property and the commands under way on them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use wire::device::Ack;
use wire::gateway::DeviceState;
use wire::{DeviceId, Integer, Problem};

use crate::command::{self, Execution};
use crate::desired::Report;
use crate::device::{self, Device, Kept};
use crate::doors::policy::Policy;
use crate::doors::turn::{self, Turn};
use crate::doors::wish::Wish;
use crate::doors::{self, Doors};
use crate::effect::{Change, Effect, Note, Saying, Why};
use crate::executions::{Executions, Happened};
use crate::moment::Moment;
use crate::presence::{self, Origin};
use crate::record::Message;
use crate::registry;
use crate::requests::{self, Request};
use crate::roster::Roster;

/// What a device says, in the order of what it does with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Who or where it is.
    Presence(presence::Input),
    /// Who it is, and the lowest place that it still holds.
    Birth(presence::Birth, Option<Integer>),
    /// A numbered message.
    Message(Message),
    /// A report that the broker had kept.
    Hint(Report),
    /// How a command goes.
    Ack(Ack),
    /// Nothing any more: what was retained is cleared.
    Cleared,
}

/// What the world tells the gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A device said something.
    Said(DeviceId, Origin, Said),
    /// A message that cannot be understood.
    Unreadable(Option<DeviceId>, Problem),
    /// Somebody asks something.
    Asked(Request),
    /// Somebody wants a bolt turned.
    Wished(Box<Wish>),
    /// Somebody asks what needs no rule: it was answered before, or is only read; the encoded reply.
    AskedAgain(Request, Vec<u8>),
    /// The registry is, or has become, this.
    Registry(registry::Devices),
    /// Everybody whose rights have ended; among them may be devices.
    Revoked(BTreeSet<DeviceId>),
    /// A moment asked for may have come.
    Elapsed,
}

/// Whether there is room for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Free,
    /// There is not: devices keep what they say until there is.
    Full,
}

/// What was kept through a restart.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Devices, also those that the registry may no longer know.
    pub devices: BTreeMap<DeviceId, Kept>,
    /// Executions.
    pub executions: Vec<Execution>,
    /// Turns of bolts.
    pub turns: Vec<Turn>,
}

/// The rules of the whole gateway.
///
/// Invariants: a device that the registry does not know has no state here; nothing retained starts
/// a command; each input is answered by effects alone, and the caller keeps before it says.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) roster: Roster,
    pub(crate) executions: Executions,
    pub(crate) doors: Doors,
    room: Room,
    /// What the broker retains of these is of the time when they had rights: they are not online.
    revoked: BTreeSet<DeviceId>,
}

impl Gateway {
    /// Goes on with what was kept, for the devices of the registry; forgets the others.
    pub fn resume(
        now: Moment,
        registry: registry::Devices,
        policy: Policy,
        memory: Memory,
    ) -> (Self, Vec<Effect>) {
        let (roster, mut effects) = Roster::resume(registry, memory.devices);
        let (doors, interrupted) = Doors::resume(now, policy, memory.turns);
        let ended = interrupted.into_iter();
        effects.extend(ended.flat_map(|happened| turned(now, happened)));
        let gateway = Self {
            doors,
            roster,
            executions: Executions::resume(now.wall, now.monotonic, memory.executions),
            room: Room::Free,
            revoked: BTreeSet::new(),
        };
        (gateway, effects)
    }

    /// Tells whether there is room for records.
    pub fn set_room(&mut self, room: Room) {
        self.room = room;
    }

    /// Whether the registry knows a device.
    pub fn knows(&self, device: &DeviceId) -> bool {
        self.roster.find(device).is_some()
    }

    /// Everything known of every device.
    pub fn states(&self) -> impl Iterator<Item = DeviceState> {
        self.roster.after(None).map(Device::state)
    }

    /// The devices that were taken out of the registry.
    pub fn retired(&self) -> impl Iterator<Item = &DeviceId> {
        self.roster.retired()
    }

    /// How many devices there are, and how many of them are online.
    pub fn count(&self) -> (u32, u32) {
        self.roster.count()
    }

    /// How many of them have no rights any more.
    pub fn revoked(&self) -> u32 {
        let known = self.revoked.iter().filter(|id| self.knows(id));
        u32::try_from(known.count()).unwrap_or(u32::MAX)
    }

    /// Turns of bolts whose end is not known yet: a stop now would leave them unknown.
    pub fn doors_in_flight(&self) -> usize {
        self.doors.in_flight()
    }

    /// When [`Input::Elapsed`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        let moments = [
            self.roster.wake_at(),
            self.executions.wake_at(),
            self.doors.wake_at(),
        ];
        moments.into_iter().flatten().min()
    }

    /// Takes in what happens.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        match input {
            Input::Said(id, origin, said) => self.hear(now, &id, origin, said),
            Input::Unreadable(id, problem) => vec![Effect::Note(Note::Rejected(id, problem))],
            Input::Asked(request) => requests::answer(self, now, request),
            Input::Wished(wish) => self.wish(now, &wish),
            Input::AskedAgain(request, answer) => requests::answer_again(now, &request, answer),
            Input::Registry(registry) => self.roster.register(registry),
            Input::Revoked(revoked) => self.revoke(now, revoked),
            Input::Elapsed => self.elapse(now),
        }
    }

    /// Takes those who are online and have no rights any more for gone.
    fn revoke(&mut self, now: Moment, revoked: BTreeSet<DeviceId>) -> Vec<Effect> {
        if self.revoked == revoked {
            return vec![];
        }
        self.revoked = revoked;
        let mut effects = vec![Effect::Note(Note::Presence)];
        for id in &self.revoked {
            let Some(boot) = self.roster.find(id).and_then(Device::boot) else {
                continue;
            };
            let online = false;
            let input = device::Input::Presence(presence::Input::Online { boot, online });
            effects.extend(self.roster.feed(now, id, input));
        }
        effects
    }

    fn hear(&mut self, now: Moment, id: &DeviceId, origin: Origin, said: Said) -> Vec<Effect> {
        if !self.knows(id) {
            return ignore(id, origin, &said);
        }
        let input = match (said, self.room) {
            (Said::Presence(presence::Input::Online { .. }), _) if self.revoked.contains(id) => {
                return vec![];
            }
            (Said::Presence(input), _) => device::Input::Presence(input),
            (Said::Birth(birth, oldest), _) => return self.bear(now, id, origin, birth, oldest),
            (Said::Message(message), Room::Free) => device::Input::Message(message),
            (Said::Message(_), Room::Full) => device::Input::Untaken(Why::OutboxFull),
            (Said::Hint(report), _) => device::Input::Hint(report),
            (Said::Ack(ack), _) => return self.acknowledge(now, id, ack),
            (Said::Cleared, _) => return vec![],
        };
        let moved = self.moved(now, id, &input);
        let mut effects = self.roster.feed(now, id, input);
        if effects.contains(&Effect::Note(Note::Accepted)) {
            effects.extend(moved);
        }
        effects
    }

    /// What the trail says of a message, if it is new and that of a lock whose bolt has moved.
    fn moved(&self, now: Moment, id: &DeviceId, input: &device::Input) -> Option<Effect> {
        let device::Input::Message(message) = input else {
            return None;
        };
        let fact = doors::moved::of(self.roster.find(id)?.registered(), message)?;
        Some(Effect::Store(Change::Audit(now.wall, fact)))
    }

    fn wish(&mut self, now: Moment, wish: &Wish) -> Vec<Effect> {
        if wish.deadline <= now.wall {
            return vec![Effect::Note(Note::Expired(wish.asker.clone()))];
        }
        let lock = self
            .roster
            .find(&wish.what.device)
            .map(|device| doors::Lock {
                kind: device.registered().kind,
                room: device.registered().room.clone(),
                boot: device.boot().filter(|_| device.is_online()),
            });
        let (asker, full) = (wish.asker.clone(), self.room == Room::Full);
        match self.doors.wish(now, lock, full, wish) {
            doors::Answer::Later(effects) => effects,
            doors::Answer::No(problem, mut effects) => {
                effects.extend(requests::first_answer(now, asker, Err::<(), _>(problem)));
                effects
            }
        }
    }

    fn bear(
        &mut self,
        now: Moment,
        id: &DeviceId,
        origin: Origin,
        birth: presence::Birth,
        oldest: Option<Integer>,
    ) -> Vec<Effect> {
        let boot = birth.boot;
        let input = device::Input::Presence(presence::Input::Birth(birth, origin));
        let mut effects = self.roster.feed(now, id, input);
        if let Some(oldest) = oldest {
            let input = device::Input::Holds {
                boot,
                oldest,
                origin,
            };
            effects.extend(self.roster.feed(now, id, input));
        }
        effects
    }

    fn acknowledge(&mut self, now: Moment, id: &DeviceId, ack: Ack) -> Vec<Effect> {
        if let Some(happened) = self.doors.acknowledge(now, id, &ack) {
            return happened.map_or_else(Vec::new, |happened| turned(now, happened));
        }
        match self.executions.acknowledge(now.monotonic, id, ack) {
            Ok(Some(happened)) => follow(now, happened),
            Ok(None) => vec![],
            Err(problem) => vec![Effect::Note(Note::Rejected(Some(id.clone()), problem))],
        }
    }

    fn elapse(&mut self, now: Moment) -> Vec<Effect> {
        let expired = self.executions.expire(now.monotonic);
        let ended = expired
            .into_iter()
            .flat_map(|happened| follow(now, happened));
        let turns = self.doors.expire(now.monotonic).into_iter();
        let turns = turns.flat_map(|happened| turned(now, happened));
        let ended: Vec<_> = ended.chain(turns).collect();
        ended.into_iter().chain(self.roster.elapse(now)).collect()
    }
}

/// A device that the registry does not know is not listened to, and leaves nothing behind at the
/// broker.
fn ignore(id: &DeviceId, origin: Origin, said: &Said) -> Vec<Effect> {
    match (origin, said) {
        (Origin::Live | Origin::Retained, Said::Cleared) => vec![],
        (Origin::Live, _) => vec![Effect::Note(Note::Unknown(id.clone()))],
        (Origin::Retained, _) => vec![
            Effect::Note(Note::Unknown(id.clone())),
            Effect::Say(Saying::Clear(id.clone())),
        ],
    }
}

/// What follows from a step of a turn: it is kept, with its place in the trail, then said.
pub(crate) fn turned(now: Moment, happened: turn::Happened) -> Vec<Effect> {
    let turn::Happened { turn, step } = happened;
    let mut effects = vec![Effect::Store(Change::Turn(turn.clone()))];
    effects.extend(
        turn.fact(&step)
            .map(|fact| Effect::Store(Change::Audit(now.wall, fact))),
    );
    match step {
        turn::Step::Send(saying) => effects.push(Effect::Say(saying)),
        turn::Step::Late(_) => effects.push(Effect::Note(Note::Turned(turn))),
        turn::Step::Ended(executed) => {
            let asker = requests::asker_of_turn(&turn);
            effects.extend(requests::first_answer(now, asker, Ok(executed)));
            effects.push(Effect::Note(Note::Turned(turn)));
        }
    }
    effects
}

/// What follows from a step of an execution.
pub(crate) fn follow(now: Moment, happened: Happened) -> Vec<Effect> {
    let Happened { execution, effect } = happened;
    let kept = Effect::Store(Change::Execution(execution.clone()));
    match effect {
        command::Effect::Advanced => vec![kept],
        command::Effect::Late(_) => vec![kept, Effect::Note(Note::Late(execution))],
        command::Effect::Ended(executed) => {
            let asker = requests::asker_of(&execution);
            let mut effects = vec![kept, Effect::Note(Note::Ended(execution))];
            effects.extend(requests::first_answer(now, asker, Ok(executed)));
            effects
        }
    }
}

#[cfg(test)]
mod tests;
