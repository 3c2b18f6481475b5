//! The state machine over all jobs, routes and printers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::print::{Decision, Document, Job, JobOf, JobState, Submit};
use wire::{Code, Integer, Principal, Problem, Sha256, Word};

use super::config::{FALLBACKS_MAX, PrintConfig, RouteConfig, Unconfirmed};
use super::job::{Attempt, End, Entry, Key, Stage};
use super::standing::{Condition, Line, Standing};
use super::token::{Token, Tokens};

mod admit;
mod course;
mod look;

pub(crate) use admit::Admission;
#[cfg(test)]
pub(crate) use admit::{BYTES_MAX, ROUTE_MAX};

/// How long ids are kept after their job has ended: whoever repeats a job later gets it twice.
pub(crate) const KEPT_MS: u64 = 7 * 24 * 3_600_000;
/// How long a printer is held before those that stand in for it are asked: paper is changed in
/// less, and a ticket in the wrong kitchen is a nuisance too.
pub(crate) const FALLBACK_AFTER_MS: u64 = 15_000;
/// How often a copy that may have printed is printed again without anybody looking.
pub(crate) const REPRINTS_MAX: u32 = 3;

/// All jobs, routes and printers.
#[derive(Debug)]
pub(crate) struct Spooler {
    routes: BTreeMap<Word, RouteConfig>,
    printers: BTreeMap<Word, Standing>,
    entries: BTreeMap<u64, Entry>,
    by_key: BTreeMap<Key, u64>,
    /// Entries that have not ended.
    live: BTreeSet<u64>,
    /// How each live entry was last shown.
    shown: BTreeMap<u64, (JobState, Integer)>,
    /// Jobs that somebody else's transaction is about to keep.
    reserved: BTreeMap<Key, u64>,
    next: u64,
    tokens: Tokens,
    effects: Vec<Effect>,
}

/// What a printer's link tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkEvent {
    /// How the printer is.
    Is(Condition),
    /// The printer has taken the first byte of an attempt.
    Begun(Token),
    /// The printer has proved an attempt.
    Proved(Token),
    /// Everything was sent to a printer that proves nothing.
    Sent(Token),
    /// An attempt is over before its first byte.
    Untouched(Token),
    /// No proof came in time; the link is still open.
    Overdue(Token),
    /// The link is gone, and no proof came.
    Lost(Token),
}

/// What follows; in order, and nothing before what stands ahead of it is on the disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Keeps a job as it is now.
    Keep(Box<Entry>),
    /// Forgets a job.
    Forget(u64),
    /// Prints a copy.
    Print(Box<Order>),
    /// Whether jobs wait for a printer, so that its link should be up.
    Want { printer: Word, wanted: bool },
    /// Shows a job that changed.
    Tell(Box<Job>),
}

/// A copy to be printed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub(crate) printer: Word,
    pub(crate) token: Token,
    pub(crate) document: Arc<Document>,
    /// Whether it says that it may be there twice.
    pub(crate) marked: bool,
}

impl Spooler {
    /// The jobs that the disk holds, with printers of which nothing is known. Next comes
    /// [`Self::start`].
    pub(crate) fn new(
        config: &PrintConfig,
        entries: impl IntoIterator<Item = Entry>,
        seed: u64,
    ) -> Self {
        let printers = config.printers.keys();
        let mut spooler = Self {
            routes: config.routes.clone(),
            printers: printers
                .map(|name| (name.clone(), Standing::default()))
                .collect(),
            entries: BTreeMap::new(),
            by_key: BTreeMap::new(),
            live: BTreeSet::new(),
            shown: BTreeMap::new(),
            reserved: BTreeMap::new(),
            next: 1,
            tokens: Tokens::new(seed),
            effects: Vec::new(),
        };
        for entry in entries {
            spooler.insert(entry);
        }
        spooler
    }

    /// Takes up what was under way when the program ended: an attempt without an outcome may have
    /// printed.
    pub(crate) fn start(&mut self, now: Integer) -> Vec<Effect> {
        for number in self.live.clone() {
            if self.entry(number).open_attempt().is_some() {
                self.lose(now, number);
            } else if self.route(number).is_none() {
                let problem = Problem::new(Code::NotFound, "its route is not there any more");
                self.end(now, number, End::Failed(problem));
            }
        }
        self.conclude(now)
    }

    /// Takes a job whose row somebody else's transaction has kept.
    pub(crate) fn kept(&mut self, now: Integer, entry: Entry) -> Vec<Effect> {
        self.reserved.remove(&entry.key);
        self.insert(entry);
        self.conclude(now)
    }

    /// Gives up a reservation: the transaction failed.
    pub(crate) fn not_kept(&mut self, key: &Key) {
        self.reserved.remove(key);
    }

    /// Takes a job, to be kept by the effects.
    pub(crate) fn accept(&mut self, now: Integer, entry: Entry) -> Vec<Effect> {
        self.effects.push(Effect::Keep(Box::new(entry.clone())));
        self.insert(entry);
        self.conclude(now)
    }

    /// Takes what a link tells.
    pub(crate) fn hear(&mut self, now: Integer, printer: &Word, event: LinkEvent) -> Vec<Effect> {
        if self.printers.contains_key(printer) {
            self.heard(now, printer, event);
        }
        self.conclude(now)
    }

    /// Ends a job whose attempt cannot be made: its document does not fit the printer.
    pub(crate) fn unprintable(
        &mut self,
        now: Integer,
        printer: &Word,
        token: Token,
        problem: Problem,
    ) -> Vec<Effect> {
        if let Some(number) = self.under_way(printer, token) {
            self.set_line(printer, Line::Free);
            self.end(now, number, End::Failed(problem));
        }
        self.conclude(now)
    }

    /// Ends a job whose time was over before its attempt could be handed to the printer: the disk took
    /// so long to keep it. None when there is still time.
    pub(crate) fn too_late(&mut self, now: Integer, order: &Order) -> Option<Vec<Effect>> {
        let number = self.under_way(&order.printer, order.token)?;
        if now < self.entry(number).expires_at {
            return None;
        }
        self.set_line(&order.printer, Line::Free);
        self.wait(now, number);
        self.expire(now);
        Some(self.conclude(now))
    }

    /// Takes that time has passed.
    pub(crate) fn tick(&mut self, now: Integer) -> Vec<Effect> {
        self.expire(now);
        self.sweep(now);
        self.conclude(now)
    }

    /// Ends a job that waits; the same again changes nothing.
    pub(crate) fn cancel(
        &mut self,
        now: Integer,
        asker: &Principal,
        job: &JobOf,
    ) -> Result<Vec<Effect>, Problem> {
        let number = self.find(asker, job)?;
        let entry = self.entry(number);
        match &entry.stage {
            Stage::Waiting if entry.may_have_printed() => {
                self.end(now, number, End::given_up(Code::Conflict, "called off"));
            }
            Stage::Waiting => self.end(now, number, End::Cancelled),
            Stage::Ended {
                end: End::Cancelled,
                ..
            } => {}
            Stage::Attempt(_) | Stage::Unconfirmed(_) | Stage::Ended { .. } => {
                let detail = "only a job that waits can be called off";
                return Err(Problem::new(Code::Conflict, detail));
            }
        }
        Ok(self.conclude(now))
    }

    /// Decides a job that may have printed.
    pub(crate) fn resolve(
        &mut self,
        now: Integer,
        asker: &Principal,
        job: &JobOf,
        decision: Decision,
    ) -> Result<Vec<Effect>, Problem> {
        let number = self.find(asker, job)?;
        if !matches!(self.entry(number).stage, Stage::Unconfirmed(_)) {
            let detail = "only a job that may have printed can be decided";
            return Err(Problem::new(Code::Conflict, detail));
        }
        if decision == Decision::Reprint && self.entry(number).is_drawer() {
            let detail = "a drawer is not opened again by itself; ask for it anew";
            return Err(Problem::new(Code::Conflict, detail).at("decision"));
        }
        match decision {
            Decision::Printed => self.copy_done(now, number, End::Done),
            Decision::Reprint => self.reprint(now, number),
            Decision::Drop => self.end(now, number, End::given_up(Code::TimedOut, "forgotten")),
        }
        Ok(self.conclude(now))
    }

    /// Begins what can begin, and says what has changed.
    fn conclude(&mut self, now: Integer) -> Vec<Effect> {
        self.dispatch(now);
        self.want();
        self.tell(now);
        std::mem::take(&mut self.effects)
    }

    fn insert(&mut self, entry: Entry) {
        self.next = self.next.max(entry.number + 1);
        self.by_key.insert(entry.key.clone(), entry.number);
        if !entry.has_ended() {
            self.live.insert(entry.number);
        }
        self.entries.insert(entry.number, entry);
    }

    fn entry(&self, number: u64) -> &Entry {
        &self.entries[&number]
    }

    fn entry_mut(&mut self, number: u64) -> &mut Entry {
        let entry = self.entries.get_mut(&number);
        entry.expect("numbers of entries come from the entries")
    }

    fn route(&self, number: u64) -> Option<&RouteConfig> {
        self.routes.get(&self.entry(number).route)
    }

    fn keep(&mut self, number: u64) {
        let entry = Box::new(self.entry(number).clone());
        self.effects.push(Effect::Keep(entry));
    }
}
