//! The executions that are open, or whose device may still tell how they ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wire::device::Ack;
use wire::{Code, DeviceId, ExecutionId, Integer, Problem};

use crate::command::{Effect, Execution, Input};

/// Most executions under way at once.
pub const OPEN_MAX: usize = 1_000;
/// Most executions under way on one device.
pub const OPEN_PER_DEVICE_MAX: usize = 10;
/// Most executions that are remembered; when there are more, those that ended are forgotten.
pub const KEPT_MAX: usize = 10_000;
/// How long after its end a device may tell how an execution really went.
pub const LATE: Duration = Duration::from_hours(1);

/// Executions by their ids.
#[derive(Debug, Clone, Default)]
pub struct Executions(BTreeMap<ExecutionId, Timed>);

#[derive(Debug, Clone)]
struct Timed {
    execution: Execution,
    /// When it expires; once it has ended, when it is forgotten.
    due_at: Instant,
}

/// What happened to an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// The execution as it is now.
    pub execution: Execution,
    /// What follows.
    pub effect: Effect,
}

impl Executions {
    /// Goes on with what was kept. How long an open one still has is told by the wall clock, and
    /// is never more than a command may take.
    pub fn resume(wall: Integer, now: Instant, kept: Vec<Execution>) -> Self {
        let timed = |execution: Execution| {
            let left_ms = execution.expires_at.value().saturating_sub(wall.value());
            let left = Duration::from_millis(left_ms).min(crate::command::LONGEST);
            let due_at = now + if execution.is_open() { left } else { LATE };
            (execution.id, Timed { execution, due_at })
        };
        Self(kept.into_iter().map(timed).collect())
    }

    /// The execution of that name.
    pub fn find(&self, id: ExecutionId) -> Option<&Execution> {
        self.0.get(&id).map(|timed| &timed.execution)
    }

    /// Whether there is room for one more on a device.
    pub fn check_room(&self, device: &DeviceId) -> Result<(), Problem> {
        let open = || self.open().map(|timed| &timed.execution);
        let on_device = open().filter(|execution| execution.device == *device);
        if open().count() < OPEN_MAX && on_device.count() < OPEN_PER_DEVICE_MAX {
            return Ok(());
        }
        Err(Problem::new(Code::Busy, "too many commands are under way"))
    }

    /// Adds an execution that expires at `due_at`.
    pub fn add(&mut self, execution: Execution, due_at: Instant) {
        if self.0.len() >= KEPT_MAX {
            self.0.retain(|_, timed| timed.execution.is_open());
        }
        self.0.insert(execution.id, Timed { execution, due_at });
    }

    /// When [`Executions::expire`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        self.open().map(|timed| timed.due_at).min()
    }

    /// Takes in what a device tells; refused when it is not about a command to that device.
    pub fn acknowledge(
        &mut self,
        now: Instant,
        device: &DeviceId,
        ack: Ack,
    ) -> Result<Option<Happened>, Problem> {
        let timed = self.0.get_mut(&ack.execution);
        let timed = timed.filter(|timed| timed.execution.device == *device);
        let timed = timed.ok_or_else(|| {
            let detail = "the device was not given this command, or long ago";
            Problem::new(Code::NotFound, detail).at("execution")
        })?;
        Ok(timed.feed(now, Input::Ack(ack.status, ack.problem)))
    }

    /// Ends what is overdue and forgets what ended long ago.
    pub fn expire(&mut self, now: Instant) -> Vec<Happened> {
        self.0
            .retain(|_, timed| timed.execution.is_open() || now < timed.due_at);
        self.0
            .values_mut()
            .filter(|timed| timed.execution.is_open() && timed.due_at <= now)
            .filter_map(|timed| timed.feed(now, Input::Expired))
            .collect()
    }

    fn open(&self) -> impl Iterator<Item = &Timed> {
        self.0.values().filter(|timed| timed.execution.is_open())
    }
}

impl Timed {
    fn feed(&mut self, now: Instant, input: Input) -> Option<Happened> {
        let effect = self.execution.handle(input)?;
        if !self.execution.is_open() {
            self.due_at = now + LATE;
        }
        Some(Happened {
            execution: self.execution.clone(),
            effect,
        })
    }
}
