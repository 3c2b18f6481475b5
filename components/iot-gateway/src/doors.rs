//! Bolts that people want turned: who may, what is under way, what the trail says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use wire::audit::{Fact, Intent, Refusal};
use wire::device::{Ack, AckStatus, Kind};
use wire::door::{LOCK, PETITION_MAX_MS, UNLOCK};
use wire::{Code, DeviceId, ExecutionId, Integer, Principal, Problem};

use crate::effect::{Change, Effect, Note};
use crate::moment::Moment;

pub mod moved;
pub mod policy;
pub mod turn;
pub mod wish;

use policy::Policy;
use turn::Turn;
use wish::Wish;

/// Longest time from petition to outcome: shorter than the page and its carrier wait.
pub const LONGEST: Duration = Duration::from_secs(7);
/// Most turns under way at once.
pub const OPEN_MAX: usize = 100;
/// Most different rooms that one person opens alone in [`MASS_WINDOW`].
pub const ROOMS_ALONE: usize = 5;
/// See [`ROOMS_ALONE`].
pub const MASS_WINDOW: Duration = Duration::from_mins(10);
/// Most turns that are remembered; staff of a large house sign fewer in an hour.
pub const KEPT_MAX: usize = 10_000;
/// How long a turn is remembered: longer than a petition can be good, than [`MASS_WINDOW`], and than
/// a lock's late word is awaited.
pub const KEPT: Duration = Duration::from_hours(1);
/// Most refusals written to the trail in a minute; a flood must not fill the disk.
pub const REFUSALS_MAX: u32 = 100;
const MINUTE: Duration = Duration::from_mins(1);

/// All turns of the property.
///
/// Invariants: nothing is sent before its intent is among the changes; a petition is begun at most
/// once; on one lock one turn at a time is under way; whatever is begun ends exactly once.
#[derive(Debug, Default)]
pub struct Doors {
    policy: Policy,
    turns: BTreeMap<ExecutionId, Timed>,
    /// Turns by the names of the questions for a challenge.
    asked: BTreeMap<ExecutionId, ExecutionId>,
    refusals: Option<(Instant, u32)>,
}

#[derive(Debug, Clone)]
struct Timed {
    turn: Turn,
    began: Instant,
    /// When it is over; once it has ended, when it is forgotten.
    due_at: Instant,
}

/// What is known of the lock that a wish is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What the device is.
    pub kind: Kind,
    /// Where it is.
    pub room: Option<String>,
    /// Its current life, while it is connected.
    pub boot: Option<Integer>,
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is under way, or was before: the answer comes when it ends.
    Later(Vec<Effect>),
    /// No, and what is to be written down about that.
    No(Problem, Vec<Effect>),
}

impl Doors {
    /// Begins with what was kept: whatever was under way has ended, and nobody knows how.
    pub fn resume(now: Moment, policy: Policy, kept: Vec<Turn>) -> (Self, Vec<turn::Happened>) {
        let timed = |turn: Turn| {
            let age = now.wall.value().saturating_sub(turn.at.value());
            let age = Duration::from_millis(age);
            // A machine that has just started has no moments long ago: those count as now.
            let began = now.monotonic.checked_sub(age).unwrap_or(now.monotonic);
            let due_at = now.monotonic + KEPT;
            let timed = Timed {
                turn,
                began,
                due_at,
            };
            (timed.turn.execution, timed)
        };
        let mut doors = Self {
            policy,
            turns: kept.into_iter().map(timed).collect(),
            ..Self::default()
        };
        let open = doors
            .turns
            .values_mut()
            .filter(|timed| timed.turn.is_open());
        let ended = open.filter_map(|timed| timed.turn.interrupted()).collect();
        (doors, ended)
    }

    /// Turns under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.open().count()
    }

    /// When [`Doors::expire`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        self.open().map(|timed| timed.due_at).min()
    }

    /// Takes in what somebody wants; `full` when the trail has no room.
    pub fn wish(&mut self, now: Moment, lock: Option<Lock>, full: bool, wish: &Wish) -> Answer {
        if self.is_known(wish) {
            return Answer::Later(vec![]);
        }
        match self.check(now, lock.as_ref(), full, wish) {
            Ok(boot) => Answer::Later(self.begin(now, lock, boot, wish)),
            Err(problem) => self.refuse(now, lock, wish, problem),
        }
    }

    /// Takes in what a lock tells of a command; nothing when the command is not one of doors.
    pub fn acknowledge(
        &mut self,
        now: Moment,
        device: &DeviceId,
        ack: &Ack,
    ) -> Option<Option<turn::Happened>> {
        let asked = self.asked.get(&ack.execution).copied();
        let timed = self.turns.get_mut(&asked.unwrap_or(ack.execution))?;
        if timed.turn.device != *device {
            return None;
        }
        let left = timed.due_at.saturating_duration_since(now.monotonic);
        let input = match (asked, ack.status, ack.challenge.clone()) {
            (Some(_), AckStatus::Succeeded, Some(challenge)) => turn::Input::Challenge {
                challenge,
                within: left,
            },
            (Some(_), AckStatus::Accepted | AckStatus::InProgress, _) => return Some(None),
            (Some(_), ..) => turn::Input::NoChallenge(ack.problem.clone()),
            (None, status, _) => turn::Input::Ack(status, ack.problem.clone()),
        };
        let happened = timed.feed(now.monotonic, input);
        if asked.is_some() {
            self.asked.remove(&ack.execution);
        }
        Some(happened)
    }

    /// Ends what is overdue and forgets what ended long ago.
    pub fn expire(&mut self, now: Instant) -> Vec<turn::Happened> {
        self.turns
            .retain(|_, timed| timed.turn.is_open() || now < timed.due_at);
        let overdue = self.turns.values_mut();
        let overdue = overdue.filter(|timed| timed.turn.is_open() && timed.due_at <= now);
        let ended = overdue.filter_map(|timed| timed.feed(now, turn::Input::Expired));
        let ended: Vec<_> = ended.collect();
        let turns = &self.turns;
        self.asked
            .retain(|_, turn| turns.get(turn).is_some_and(|timed| timed.turn.is_open()));
        ended
    }

    /// Whether it is under way for the same asker, who hears how it ends.
    fn is_known(&self, wish: &Wish) -> bool {
        let known = self.turns.get(&wish.what.execution);
        known.is_some_and(|timed| timed.turn.is_open() && timed.turn.asker == wish.asker.principal)
    }

    /// Whether the wish may begin; the life of the lock that it is for.
    fn check(
        &self,
        now: Moment,
        lock: Option<&Lock>,
        full: bool,
        wish: &Wish,
    ) -> Result<Integer, Problem> {
        let what = &wish.what;
        let people = wish.people.as_ref().map_err(Clone::clone)?;
        if what.execution.to_string() != wish.asker.id.to_string() {
            return Err(refusal(
                Code::Invalid,
                "not the id of the request",
                "execution",
            ));
        }
        if wish.is_repeated || self.turns.contains_key(&what.execution) {
            return Err(refusal(
                Code::Conflict,
                "this was wanted before",
                "execution",
            ));
        }
        let lock = lock
            .ok_or_else(|| refusal(Code::NotFound, "the registry has no such device", "device"))?;
        wish::check(now.wall, lock.kind, what)?;
        let (actor, approver) = (&people.actor, people.approver.as_ref());
        let room = lock.room.as_deref();
        self.policy
            .check(actor.standing(), &what.operation, room, wish.local)?;
        if approver.is_some_and(|approver| approver.principal() == actor.principal()) {
            let detail = "actor and approver are the same person";
            return Err(refusal(Code::Forbidden, detail, "approver"));
        }
        if approver.is_some_and(|approver| !approver.may_approve()) {
            let detail = "only front desk and managers approve";
            return Err(refusal(Code::Forbidden, detail, "approver"));
        }
        if approver.is_none() {
            self.check_mass(now.monotonic, actor.principal(), wish, room)?;
        }
        if full {
            let detail = "there is no room for the trail; open the door with a key";
            return Err(Problem::new(Code::StorageFull, detail));
        }
        self.check_room(&what.device)?;
        lock.boot
            .ok_or_else(|| refusal(Code::Unavailable, "the lock is offline", "device"))
    }

    /// Refuses one more room for somebody who has opened many alone.
    fn check_mass(
        &self,
        now: Instant,
        actor: &Principal,
        wish: &Wish,
        room: Option<&str>,
    ) -> Result<(), Problem> {
        if wish.what.operation.as_str() != UNLOCK {
            return Ok(());
        }
        let of_actor = self.turns.values().filter(|timed| {
            let turn = &timed.turn;
            turn.actor == *actor
                && turn.operation.as_str() == UNLOCK
                && now.saturating_duration_since(timed.began) < MASS_WINDOW
        });
        let mut rooms: BTreeSet<_> = of_actor.map(|timed| timed.turn.place()).collect();
        rooms.insert(room.unwrap_or(wish.what.device.as_str()));
        if rooms.len() <= ROOMS_ALONE {
            return Ok(());
        }
        let detail = "more than five rooms in ten minutes take a second person, of the front desk or a manager";
        Err(refusal(Code::Forbidden, detail, "approver"))
    }

    fn check_room(&self, device: &DeviceId) -> Result<(), Problem> {
        if self.open().any(|timed| timed.turn.device == *device) {
            let detail = "somebody else is turning this bolt";
            return Err(Problem::new(Code::Busy, detail));
        }
        if self.open().count() >= OPEN_MAX || self.turns.len() >= KEPT_MAX {
            return Err(Problem::new(Code::Busy, "too many bolts are being turned"));
        }
        Ok(())
    }

    fn begin(
        &mut self,
        now: Moment,
        lock: Option<Lock>,
        boot: Integer,
        wish: &Wish,
    ) -> Vec<Effect> {
        let room = lock.and_then(|lock| lock.room);
        let left = wish.left(now.wall).min(LONGEST);
        let due_at = now.monotonic + left;
        let (turn, people) = wish.turn(now.wall, left, boot, room);
        let (what, asker) = (&wish.what, &wish.asker);
        let intent = Intent {
            execution: what.execution,
            device: what.device.clone(),
            room: turn.room.clone(),
            operation: what.operation.clone(),
            arguments: what.arguments.clone(),
            expires_at: what.expires_at,
            asker: asker.principal.clone(),
            request: wish.request,
            actor: people.actor.witness(),
            approver: people.approver.as_ref().map(crate::person::Person::witness),
        };
        let question = turn.question(wish.challenge);
        self.asked.insert(wish.challenge, turn.execution);
        let effects = vec![
            Effect::Store(Change::Turn(turn.clone())),
            Effect::Store(Change::Audit(now.wall, Fact::Intent(Box::new(intent)))),
            question,
        ];
        let began = now.monotonic;
        let timed = Timed {
            turn,
            began,
            due_at,
        };
        self.turns.insert(what.execution, timed);
        effects
    }

    /// Says no, and writes it down unless too much was written down already.
    fn refuse(&mut self, now: Moment, lock: Option<Lock>, wish: &Wish, problem: Problem) -> Answer {
        let (since, written) = match self.refusals {
            Some((since, written)) if now.monotonic < since + MINUTE => (since, written),
            Some(_) | None => (now.monotonic, 0),
        };
        self.refusals = Some((since, written.saturating_add(1)));
        let note = Effect::Note(Note::Refused(wish.what.device.clone(), problem.clone()));
        if written >= REFUSALS_MAX {
            let detail = "too much was refused in the last minute; wait";
            return Answer::No(Problem::new(Code::Busy, detail), vec![note]);
        }
        let people = wish.people.as_ref().ok();
        let fact = Fact::Refused(Refusal {
            execution: wish.what.execution,
            device: wish.what.device.clone(),
            room: lock.and_then(|lock| lock.room),
            operation: wish.what.operation.clone(),
            asker: wish.asker.principal.clone(),
            actor: people.map(|people| people.actor.principal().clone()),
            problem: turn::short(problem.clone()),
        });
        let written = Effect::Store(Change::Audit(now.wall, fact));
        Answer::No(problem, vec![written, note])
    }

    fn open(&self) -> impl Iterator<Item = &Timed> {
        self.turns.values().filter(|timed| timed.turn.is_open())
    }
}

impl Timed {
    fn feed(&mut self, now: Instant, input: turn::Input) -> Option<turn::Happened> {
        let happened = self.turn.handle(input)?;
        if !self.turn.is_open() {
            self.due_at = now + KEPT;
        }
        Some(happened)
    }
}

/// Whether an operation is one of doors.
pub fn is_of_doors(operation: &str) -> bool {
    matches!(operation, UNLOCK | LOCK)
}

/// How far ahead a petition may expire.
const PETITION_MAX: Duration = Duration::from_millis(PETITION_MAX_MS as u64);

fn refusal(code: Code, detail: &str, field: &str) -> Problem {
    Problem::new(code, detail).at(field)
}

#[cfg(test)]
mod tests;
