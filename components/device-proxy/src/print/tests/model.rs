//! Thousands of histories with a program that dies between any two effects and a printer that dies
//! at any byte: nothing is lost, and nothing is printed twice without its mark.

use std::collections::{BTreeMap, VecDeque};

use super::*;

/// Histories.
const SEEDS: u64 = 1_000;
/// Jobs of each.
const JOBS: u32 = 6;
/// Steps within which everything has ended.
const STEPS: usize = 4_000;

/// Chance that can be repeated (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What came out of a printer.
#[derive(Debug, Clone, PartialEq)]
struct Paper {
    document: Document,
    marked: bool,
}

/// A printer with its link, as a row of possible fates of each attempt.
#[derive(Default)]
struct Printer {
    attempt: Option<Order>,
    begun: bool,
    /// In its buffer without paper, on a link that is open.
    buffered: bool,
    paper: Vec<Paper>,
}

struct World {
    chance: Chance,
    rig: Rig,
    printers: BTreeMap<Word, Printer>,
    /// Effects that the program has decided and not done.
    pending: VecDeque<Effect>,
    /// Jobs whose acceptance somebody was told.
    acknowledged: Vec<u32>,
    calm: bool,
}

impl World {
    fn new(seed: u64, unconfirmed: &str) -> Self {
        let rig = Rig::ready(unconfirmed);
        let names = rig.config.printers.keys().cloned();
        Self {
            chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            printers: names.map(|name| (name, Printer::default())).collect(),
            rig,
            pending: VecDeque::new(),
            acknowledged: Vec::new(),
            calm: false,
        }
    }

    /// Does what was decided, one effect at a time; the program may die before each.
    fn carry_out(&mut self) -> bool {
        while let Some(effect) = self.pending.pop_front() {
            if !self.calm && self.chance.one_in(40) {
                self.die();
                return false;
            }
            if let Effect::Print(order) = effect {
                let printer = self.printers.get_mut(&order.printer).unwrap();
                assert!(printer.attempt.is_none(), "one attempt at a time");
                printer.attempt = Some(*order);
                printer.begun = false;
            } else {
                self.rig.carry_out(vec![effect]);
            }
        }
        true
    }

    /// The program is gone, and with it its links; a printer prints what it has in its buffer.
    fn die(&mut self) {
        self.pending.clear();
        for printer in self.printers.values_mut() {
            if let Some(order) = printer.attempt.take()
                && (printer.buffered || self.chance.one_in(2))
            {
                printer.print(&order);
            }
            printer.buffered = false;
        }
        let entries: Vec<_> = self.rig.disk.values().cloned().collect();
        let seed = self.chance.below(u64::MAX);
        self.rig.spooler = Spooler::new(&self.rig.config, entries, seed);
        let started = self.rig.spooler.start(self.rig.now);
        self.pending = started.into();
        if self.carry_out() {
            for printer in ["pass", "bar"] {
                self.hear(&word(printer), LinkEvent::Is(READY));
            }
        }
    }

    fn hear(&mut self, printer: &Word, event: LinkEvent) -> bool {
        let effects = self.rig.spooler.hear(self.rig.now, printer, event);
        self.pending.extend(effects);
        self.carry_out()
    }

    fn submit(&mut self, number: u32) {
        let route = if number.is_multiple_of(2) {
            "kitchen"
        } else {
            "bar"
        };
        let new = wish(number, route);
        let content = digest(&new);
        let admitted = self
            .rig
            .spooler
            .admit(self.rig.now, &pos(), new, content, 100);
        if let Admission::New(entry) = admitted.unwrap() {
            let effects = self.rig.spooler.accept(self.rig.now, *entry);
            self.pending.extend(effects);
            if self.carry_out() {
                self.acknowledged.push(number);
            }
        } else {
            self.acknowledged.push(number);
        }
    }

    /// Something happens at one printer.
    fn step(&mut self) {
        let names: Vec<_> = self.printers.keys().cloned().collect();
        let name = &names[usize::try_from(self.chance.below(2)).unwrap()];
        let printer = self.printers.get_mut(name).unwrap();
        let fate = if self.calm { 9 } else { self.chance.below(10) };
        let Some(order) = printer.attempt.clone() else {
            let condition = if fate == 0 { held(Held::Paper) } else { READY };
            self.hear(name, LinkEvent::Is(condition));
            return;
        };
        let token = order.token;
        if !printer.begun {
            if fate == 0 {
                printer.attempt = None;
                self.hear(name, LinkEvent::Untouched(token));
            } else {
                printer.begun = true;
                self.hear(name, LinkEvent::Begun(token));
            }
            return;
        }
        match fate {
            // It dies amid the ticket: some of it is on paper, or all, or nothing.
            0 => {
                if self.chance.one_in(2) {
                    printer.print(&order);
                }
                printer.attempt = None;
                printer.buffered = false;
                self.hear(name, LinkEvent::Lost(token));
            }
            // Its paper is out: it holds everything and is late.
            1 if !printer.buffered => {
                printer.buffered = true;
                self.hear(name, LinkEvent::Overdue(token));
            }
            // The link is cut after it printed.
            2 => {
                printer.print(&order);
                printer.attempt = None;
                printer.buffered = false;
                self.hear(name, LinkEvent::Lost(token));
            }
            _ => {
                printer.print(&order);
                printer.attempt = None;
                printer.buffered = false;
                self.hear(name, LinkEvent::Proved(token));
            }
        }
    }

    /// All that came out of all printers for a job.
    fn papers(&self, number: u32) -> Vec<Paper> {
        let document = wish(number, "bar").document;
        let papers = self.printers.values().flat_map(|printer| &printer.paper);
        papers
            .filter(|paper| paper.document == document)
            .cloned()
            .collect()
    }

    /// A person looks at the printer and says what lies there.
    fn decide(&mut self) {
        for number in 1..=JOBS {
            let state = self.rig.spooler.job(&pos(), &of(number));
            if state.is_ok_and(|job| job.state == JobState::Unconfirmed) {
                let decision = if self.papers(number).is_empty() {
                    self.refuse_to_kick_again(number)
                } else {
                    Decision::Printed
                };
                let decided = self
                    .rig
                    .spooler
                    .resolve(self.rig.now, &pos(), &of(number), decision);
                self.pending.extend(decided.unwrap());
                self.carry_out();
            }
        }
    }

    /// What is decided of a job of which nothing came out.
    fn refuse_to_kick_again(&mut self, number: u32) -> Decision {
        if !is_drawer(number) {
            return Decision::Reprint;
        }
        let again = (&pos(), &of(number), Decision::Reprint);
        let refused = self
            .rig
            .spooler
            .resolve(self.rig.now, again.0, again.1, again.2);
        assert_eq!(refused.unwrap_err().code, Code::Conflict);
        Decision::Drop
    }

    fn run(mut self) {
        for number in 1..=JOBS {
            self.submit(number);
            for _ in 0..self.chance.below(12) {
                self.step();
            }
        }
        // Whoever was not told that a job was taken asks again.
        for number in 1..=JOBS {
            while !self.acknowledged.contains(&number) {
                self.submit(number);
            }
        }
        self.calm = true;
        let mut steps = 0;
        while !self.has_ended() {
            self.step();
            self.decide();
            steps += 1;
            assert!(steps < STEPS, "something waits for ever");
        }
        for number in 1..=JOBS {
            self.judge(number);
        }
    }

    fn has_ended(&self) -> bool {
        self.rig.spooler.backlog() == 0
    }

    #[track_caller]
    fn judge(&self, number: u32) {
        let job = self.rig.spooler.job(&pos(), &of(number)).unwrap();
        let papers = self.papers(number);
        if is_drawer(number) {
            let ended = match job.state {
                JobState::Done => papers.len() == 1,
                JobState::Failed { .. } => papers.len() <= 1,
                _ => false,
            };
            assert!(ended && !job.marked, "a drawer: {job:?}, {papers:?}");
            return;
        }
        assert_eq!(job.state, JobState::Done, "job {number}: {job:?}");
        assert!(!papers.is_empty(), "job {number} is lost: {job:?}");
        let unmarked = papers.iter().filter(|paper| !paper.marked).count();
        assert!(unmarked <= 1, "job {number} came twice without a mark");
        assert!(papers.len() == 1 || job.marked, "{job:?}");
    }
}

/// Every third job opens a drawer: of six, each of two drawers.
fn is_drawer(number: u32) -> bool {
    number.is_multiple_of(3)
}

fn wish(number: u32, route: &str) -> Submit {
    let mut submit = submit(number, route);
    if is_drawer(number) {
        let pin = if number == 3 {
            DrawerPin::Two
        } else {
            DrawerPin::Five
        };
        submit.document = Document::Drawer { pin };
    }
    submit
}

impl Printer {
    fn print(&mut self, order: &Order) {
        self.paper.push(Paper {
            document: (*order.document).clone(),
            marked: order.marked,
        });
    }
}

// device-proxy-3.7, device-proxy-3.8
#[test]
fn whatever_dies_between_any_two_steps_nothing_is_lost_or_printed_twice_without_its_mark() {
    for seed in 1..=SEEDS {
        for unconfirmed in ["ask", "reprint-marked"] {
            World::new(seed, unconfirmed).run();
        }
    }
}
