//! How jobs and printers are shown.

use std::collections::BTreeSet;

use wire::print::{Held, Job, JobOf, JobState, Jobs, Printers};
use wire::{Code, Integer, Principal, Problem, Word};

use super::{Effect, Key, Line, Spooler, Stage};

impl Spooler {
    /// How a job stands.
    pub(crate) fn job(&self, asker: &Principal, job: &JobOf) -> Result<Job, Problem> {
        Ok(self.show(self.find(asker, job)?))
    }

    /// The newest jobs, of one principal or of all.
    pub(crate) fn jobs(&self, of: Option<&Principal>) -> Jobs {
        let newest = self.entries.values().rev();
        let theirs = newest.filter(|entry| of.is_none_or(|of| entry.key.principal == *of));
        let numbers = theirs.take(wire::print::JOBS_MAX).map(|entry| entry.number);
        Jobs {
            jobs: numbers.map(|number| self.show(number)).collect(),
        }
    }

    /// Printers and how they are.
    pub(crate) fn printers(&self) -> Printers {
        let waiting = |printer: &Word| {
            let first = |number: &u64| {
                let route = self.route(*number);
                route.is_some_and(|route| route.printers.first() == Some(printer))
            };
            u32::try_from(self.waiting().filter(first).count()).unwrap_or(u32::MAX)
        };
        let printers = self.printers.iter();
        let shown = printers.map(|(name, standing)| standing.shown(name, waiting(name)));
        Printers {
            printers: shown.collect(),
        }
    }

    /// Jobs that have not ended.
    pub(crate) fn backlog(&self) -> u64 {
        self.live.len() as u64
    }

    /// Attempts that have begun and have neither ended nor become late: a stop now would leave in
    /// doubt what is on the paper.
    pub(crate) fn in_flight(&self) -> usize {
        let under_way = |line: Line| matches!(line, Line::Begun(..) | Line::Printing(..));
        let lines = self.printers.values().map(|standing| standing.line);
        lines.filter(|line| under_way(*line)).count()
    }

    pub(super) fn find(&self, asker: &Principal, job: &JobOf) -> Result<u64, Problem> {
        let key = Key {
            principal: job.principal.as_ref().unwrap_or(asker).clone(),
            job: job.job,
        };
        let number = self.by_key.get(&key).copied();
        number.ok_or_else(|| Problem::new(Code::NotFound, "there is no such job").at("job"))
    }

    pub(super) fn show(&self, number: u64) -> Job {
        let entry = self.entry(number);
        let state = self.state(number);
        let at = match self.shown.get(&number) {
            Some((shown, at)) if *shown == state => *at,
            Some(_) | None => entry.at,
        };
        entry.shown(state, at)
    }

    fn state(&self, number: u64) -> JobState {
        let entry = self.entry(number);
        match &entry.stage {
            Stage::Waiting => match self.reason(number) {
                Some(reason) => JobState::Held { reason },
                None => JobState::Accepted,
            },
            Stage::Attempt(attempt) => match self.printers.get(&attempt.printer) {
                Some(standing) if matches!(standing.line, Line::Printing(..)) => JobState::Printing,
                Some(_) | None => JobState::Dispatching,
            },
            Stage::Unconfirmed(_) => JobState::Unconfirmed,
            Stage::Ended { end, .. } => end.shown(),
        }
    }

    /// What a job waits for: whatever keeps the usual printer of its route, or the one on which it
    /// may lie already.
    fn reason(&self, number: u64) -> Option<Held> {
        let usual = self.route(number)?.printers.first()?;
        let printer = self.entry(number).bound_to.as_ref().unwrap_or(usual);
        self.printers.get(printer)?.keeps_waiting()
    }

    /// Tells of every job that is shown otherwise than before.
    pub(super) fn tell(&mut self, now: Integer) {
        let numbers: Vec<u64> = self.live.iter().copied().collect();
        for number in numbers {
            let state = self.state(number);
            if self
                .shown
                .get(&number)
                .is_none_or(|(shown, _)| *shown != state)
            {
                self.shown.insert(number, (state, now));
                self.effects.push(Effect::Tell(Box::new(self.show(number))));
            }
        }
    }

    pub(super) fn tell_end(&mut self, number: u64) {
        self.shown.remove(&number);
        self.effects.push(Effect::Tell(Box::new(self.show(number))));
    }

    /// Tells links whether there is work for them.
    pub(super) fn want(&mut self) {
        let mut wanted = BTreeSet::new();
        for number in self.waiting() {
            let printers = self.route(number).map(|route| route.printers.iter());
            wanted.extend(printers.into_iter().flatten());
        }
        let wanted: BTreeSet<Word> = wanted.into_iter().cloned().collect();
        for (printer, standing) in &mut self.printers {
            let now = wanted.contains(printer);
            if standing.wanted != now {
                standing.wanted = now;
                self.effects.push(Effect::Want {
                    printer: printer.clone(),
                    wanted: now,
                });
            }
        }
    }
}
