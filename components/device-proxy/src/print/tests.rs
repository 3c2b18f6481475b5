//! The machine by example; `model` kills it between every two effects.

use wire::print::{
    DRAWER_WAIT_MS, Decision, Document, DrawerPin, Held, Job, JobOf, JobState, Submit,
};
use wire::{Code, Integer, JobId, Principal, Problem, Sha256, Word};

use super::spooler::{FALLBACK_AFTER_MS, KEPT_MS, Order, REPRINTS_MAX};
use super::*;

mod admission;
mod course;
mod drawer;
mod model;

const READY: Condition = Condition {
    held: None,
    paper_low: false,
};

fn held(reason: Held) -> Condition {
    Condition {
        held: Some(reason),
        ..READY
    }
}

fn at(ms: u64) -> Integer {
    Integer::new(1_800_000_000_000 + ms).unwrap()
}

fn word(word: &str) -> Word {
    word.parse().unwrap()
}

fn id(number: u32) -> JobId {
    format!("01941f29-7c00-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

fn pos() -> Principal {
    "pos-1".parse().unwrap()
}

fn of(number: u32) -> JobOf {
    JobOf {
        job: id(number),
        principal: None,
    }
}

fn config(unconfirmed: &str) -> PrintConfig {
    serde_json::from_value(serde_json::json!({
        "printers": {
            "pass": { "address": "127.0.0.1:1" },
            "bar": { "address": "127.0.0.1:2" },
        },
        "routes": {
            "kitchen": { "printers": ["pass", "bar"], "unconfirmed": unconfirmed },
            "bar": { "printers": ["bar"], "unconfirmed": unconfirmed, "expires_ms": "60000" },
        },
    }))
    .unwrap()
}

fn submit(number: u32, route: &str) -> Submit {
    serde_json::from_value(serde_json::json!({
        "v": 1, "job": id(number), "route": route,
        "document": { "kind": "receipt", "lines": [{ "kind": "text", "text": number.to_string() }] },
    }))
    .unwrap()
}

/// The machine with its disk: what it said to keep, in the order it said so.
struct Rig {
    config: PrintConfig,
    spooler: Spooler,
    disk: std::collections::BTreeMap<u64, Entry>,
    now: Integer,
    /// Copies that were handed to links and not looked at.
    prints: Vec<Order>,
    told: Vec<Job>,
}

impl Rig {
    fn new(unconfirmed: &str) -> Self {
        let config = config(unconfirmed);
        let mut rig = Self {
            spooler: Spooler::new(&config, [], 1),
            config,
            disk: std::collections::BTreeMap::new(),
            now: at(0),
            prints: Vec::new(),
            told: Vec::new(),
        };
        let started = rig.spooler.start(rig.now);
        rig.carry_out(started);
        rig
    }

    /// With both printers ready.
    fn ready(unconfirmed: &str) -> Self {
        let mut rig = Self::new(unconfirmed);
        rig.hear("pass", LinkEvent::Is(READY));
        rig.hear("bar", LinkEvent::Is(READY));
        rig
    }

    /// Ends the program and starts it again, with nothing but its disk.
    fn restart(&mut self) {
        let entries: Vec<_> = self.disk.values().cloned().collect();
        self.spooler = Spooler::new(&self.config, entries, 2);
        self.prints.clear();
        let started = self.spooler.start(self.now);
        self.carry_out(started);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Keep(entry) => drop(self.disk.insert(entry.number, *entry)),
                Effect::Forget(number) => drop(self.disk.remove(&number)),
                Effect::Print(order) => self.prints.push(*order),
                Effect::Want { .. } => {}
                Effect::Tell(job) => self.told.push(*job),
            }
        }
    }

    fn hear(&mut self, printer: &str, event: LinkEvent) {
        let effects = self.spooler.hear(self.now, &word(printer), event);
        self.carry_out(effects);
    }

    fn wait(&mut self, ms: u64) {
        self.now = Integer::new(self.now.value() + ms).unwrap();
        let effects = self.spooler.tick(self.now);
        self.carry_out(effects);
    }

    fn submit(&mut self, submit: Submit) -> Result<Job, Problem> {
        let job = submit.job;
        let content = digest(&submit);
        match self.spooler.admit(self.now, &pos(), submit, content, 100)? {
            Admission::Known(job) => Ok(*job),
            Admission::New(entry) => {
                let effects = self.spooler.accept(self.now, *entry);
                self.carry_out(effects);
                let job = JobOf {
                    job,
                    principal: None,
                };
                self.spooler.job(&pos(), &job)
            }
        }
    }

    /// The only copy that was handed to a link since the last look.
    #[track_caller]
    fn printing(&mut self) -> Order {
        let mut prints = std::mem::take(&mut self.prints);
        assert_eq!(prints.len(), 1, "{prints:?}");
        prints.remove(0)
    }

    #[track_caller]
    fn check(&self, number: u32, expected: &JobState) {
        let job = self.spooler.job(&pos(), &of(number)).unwrap();
        assert_eq!(job.state, *expected);
    }

    fn state(&self, number: u32) -> JobState {
        self.spooler.job(&pos(), &of(number)).unwrap().state
    }
}

/// Stands in for SHA-256, which the machine does not compute.
fn digest(submit: &Submit) -> Sha256 {
    let mut digest = [0; 32];
    let content = format!("{} {} {:?}", submit.route, submit.copies, submit.document);
    for (at, byte) in content.bytes().enumerate() {
        digest[at % 32] ^= byte.rotate_left(u32::try_from(at / 32 % 8).unwrap());
    }
    Sha256(digest)
}
