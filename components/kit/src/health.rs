//! What a component needs to do its work, and whether it has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use wire::status::Check;

/// The checks of one component; cloned freely, all clones see the same.
#[derive(Debug, Clone)]
pub struct Health(Arc<watch::Sender<Report>>);

/// All checks at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    checks: BTreeMap<&'static str, Result<(), String>>,
    backlog: u64,
    in_flight: BTreeMap<&'static str, u64>,
}

impl Health {
    /// No checks yet: healthy by default.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Report::default())))
    }

    /// Adds a thing that is needed, not there yet.
    pub fn need(&self, name: &'static str) -> Probe {
        let probe = Probe {
            health: self.clone(),
            name,
        };
        probe.missing("not there yet");
        probe
    }

    /// Tells how much work is accepted and not yet done.
    pub fn backlog(&self, backlog: u64) {
        self.0.send_if_modified(|report| {
            let changed = report.backlog != backlog;
            report.backlog = backlog;
            changed
        });
    }

    /// Tells how much of one kind of work is at a point where a stop would leave its outcome in
    /// doubt: a print, a door command. Updates are put off meanwhile, where the nucleus lets us.
    pub fn in_flight(&self, work: &'static str, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.0.send_if_modified(|report| {
            let before = report.in_flight.insert(work, count);
            before.unwrap_or_default() != count
        });
    }

    /// The checks now.
    pub fn report(&self) -> Report {
        self.0.borrow().clone()
    }

    /// The checks, now and whenever they change.
    pub fn watch(&self) -> watch::Receiver<Report> {
        self.0.subscribe()
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Report {
    /// Whether everything needed is there.
    pub fn ready(&self) -> bool {
        self.checks.values().all(Result::is_ok)
    }

    /// Work accepted and not yet done.
    pub fn backlog(&self) -> u64 {
        self.backlog
    }

    /// Whether no work is in flight.
    pub fn idle(&self) -> bool {
        self.in_flight.values().all(|count| *count == 0)
    }

    /// The checks as they are shown.
    pub fn checks(&self) -> Vec<Check> {
        let check = |(name, state): (&&str, &Result<(), String>)| Check {
            name: (*name).to_owned(),
            ready: state.is_ok(),
            detail: state.clone().err().unwrap_or_default(),
        };
        self.checks.iter().map(check).collect()
    }
}

/// The one who knows whether one needed thing is there.
#[derive(Debug, Clone)]
pub struct Probe {
    health: Health,
    name: &'static str,
}

impl Probe {
    /// It is there.
    pub fn there(&self) {
        self.set(Ok(()));
    }

    /// It is not there, and why.
    pub fn missing(&self, why: impl Into<String>) {
        self.set(Err(why.into()));
    }

    fn set(&self, state: Result<(), String>) {
        self.health.0.send_if_modified(|report| {
            let changed = report.checks.get(self.name) != Some(&state);
            report.checks.insert(self.name, state);
            changed
        });
    }
}

#[cfg(test)]
mod tests;
