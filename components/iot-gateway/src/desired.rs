//! What a device should become and what it says it is: the shadow semantics of AWS IoT.

use std::time::{Duration, Instant};

use wire::device::{Delta, State};
use wire::{Code, Integer, Problem, Version};

/// Shortest time between two deltas of one version to one device.
pub const AGAIN: Duration = Duration::from_secs(10);
/// Shortest time between two deltas of one version to a device that comes and goes.
pub const CAME_AGAIN: Duration = Duration::from_secs(1);

/// The state of a device as it says itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The outbox store it was said from.
    pub boot: Integer,
    /// The place in it.
    pub seq: Integer,
    /// When, by the device's clock; for people, never for order.
    pub at: Integer,
    /// The last desired version applied.
    pub version: Integer,
    /// The whole state.
    pub state: State,
}

/// What the device should become.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desired {
    /// Grows with every change; 0 before the first.
    pub version: Integer,
    /// The settings wished for.
    pub state: State,
}

/// What happens to a shadow.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The device is connected, or was born again.
    Came,
    /// The device is gone.
    Went,
    /// The device said what it is.
    Reported(Report),
    /// Somebody wishes something else; the change is checked already.
    Set(State),
    /// The moment of [`Shadow::wake_at`] may have come.
    Elapsed,
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Keep the report.
    StoreReport(Report),
    /// Keep the wish.
    StoreDesired(Desired),
    /// Tell the device.
    Send(Delta),
}

/// Desired and reported state of one device.
///
/// ```text
/// settled ──set──▶ unsettled ──report without difference, of this version──▶ settled
///                  │ present: a delta now, and again every AGAIN
/// ```
///
/// Invariants: versions only grow; a settled shadow sends nothing; a report replaces only an older
/// one.
#[derive(Debug, Clone, Default)]
pub struct Shadow {
    desired: Desired,
    report: Option<Report>,
    present: bool,
    sent: Option<Sent>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    version: Integer,
    at: Instant,
}

impl Shadow {
    /// Goes on with what was kept; the device is not heard yet.
    pub fn resume(desired: Desired, report: Option<Report>) -> Self {
        Self {
            desired,
            report,
            present: false,
            sent: None,
        }
    }

    /// What the device should become.
    pub fn desired(&self) -> &Desired {
        &self.desired
    }

    /// What the device last said it is.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Desired minus reported.
    pub fn delta(&self) -> State {
        match &self.report {
            None => self.desired.state.clone(),
            Some(report) => self.desired.state.minus(&report.state),
        }
    }

    /// Refuses a change that was made for another version than the current.
    pub fn check_version(&self, expected: Option<Integer>) -> Result<(), Problem> {
        let current = self.desired.version;
        if expected.is_none_or(|expected| expected == current) {
            return Ok(());
        }
        let detail = format!("the desired version is {current}");
        Err(Problem::new(Code::Conflict, detail).at("version"))
    }

    /// When [`Input::Elapsed`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        let sent = self.sent?;
        (self.present && !self.is_settled()).then(|| sent.at + AGAIN)
    }

    /// Takes in what happens.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match input {
            Input::Came => {
                self.present = true;
                self.send(now, CAME_AGAIN)
            }
            Input::Went => {
                self.present = false;
                vec![]
            }
            Input::Reported(report) => self.hear(now, report),
            Input::Set(change) => self.change(now, &change),
            Input::Elapsed => self.send(now, AGAIN),
        }
    }

    fn hear(&mut self, now: Instant, report: Report) -> Vec<Effect> {
        let place = |report: &Report| (report.boot, report.seq);
        let is_older = |known: &Report| place(&report) <= place(known);
        if self.report.as_ref().is_some_and(is_older) {
            return vec![];
        }
        self.report = Some(report.clone());
        let mut effects = vec![Effect::StoreReport(report)];
        effects.extend(self.send(now, AGAIN));
        effects
    }

    fn change(&mut self, now: Instant, change: &State) -> Vec<Effect> {
        let mut state = self.desired.state.clone();
        state.merge(change);
        if state == self.desired.state {
            return vec![];
        }
        self.desired = Desired {
            version: self.desired.version.next(),
            state,
        };
        let mut effects = vec![Effect::StoreDesired(self.desired.clone())];
        effects.extend(self.send(now, AGAIN));
        effects
    }

    /// Whether the device has nothing left to do.
    fn is_settled(&self) -> bool {
        let applied = self.report.as_ref().map(|report| report.version);
        let is_current = applied.unwrap_or_default() >= self.desired.version;
        is_current && self.delta().is_empty()
    }

    /// A delta, unless there is none, nobody to hear it, or the same went out within `pause`.
    fn send(&mut self, now: Instant, pause: Duration) -> Vec<Effect> {
        let version = self.desired.version;
        let is_fresh = |sent: Sent| sent.version == version && now < sent.at + pause;
        if !self.present || self.is_settled() || self.sent.is_some_and(is_fresh) {
            return vec![];
        }
        self.sent = Some(Sent { version, at: now });
        vec![Effect::Send(Delta {
            v: Version,
            version,
            state: self.delta(),
        })]
    }
}

#[cfg(test)]
mod tests;
