//! The rules by which a program is kept running, free of IO.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::lifecycle::{DRAIN, exit};

/// Ceiling of the first rest before a restart.
const REST_FIRST: Duration = Duration::from_millis(200);
/// Ceiling of every later one: a hotel that heals waits no longer for its components.
const REST_LONGEST: Duration = Duration::from_secs(30);
/// How long a program must have been ready for its earlier failures to be forgotten.
const HEALTHY: Duration = Duration::from_mins(1);
/// How long a program may take to end by itself: as long as its tasks may, and a little.
const GRACE: Duration = DRAIN.saturating_add(Duration::from_secs(1));
/// What the world tells the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// The program is ready.
    Ready,
    /// The program ended, or could not be started.
    Ended(Ended),
    /// The moment of [`Keeper::wake_at`] has come.
    Elapsed,
    /// It shall run no more.
    Stop,
    /// The nucleus does not know us.
    Orphaned,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself.
    Code(u8),
    /// By a signal.
    Killed,
    /// It cannot be run at all.
    NotStarted,
}

/// What the keeper asks of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Start the program.
    Spawn,
    /// Ask it to end.
    Terminate,
    /// End it and all it started.
    Kill,
    /// Say everywhere that it does its work.
    TellRunning,
    /// Say so to whoever follows restarts; the nucleus knows.
    TellReadyAgain,
    /// Say to the nucleus that it cannot.
    TellErrored,
    /// Note that this version works on this box.
    Prove,
}

/// One program, kept running.
///
/// ```text
///             ┌──────── ended ◀──────┐
///             ▼                      │
///          Resting ──elapsed──▶ Running ──ready──▶ Running, ready
///             │                      │
///             └─stop─▶ Done ◀─ended─ Stopping ◀─stop, orphaned, never ready in time
/// ```
///
/// Invariants: `Spawn` is asked for only when no program is left; it ends only after a stop, when
/// starting again cannot help, or when a version without proof is not ready in time.
#[derive(Debug)]
pub(super) struct Keeper {
    state: State,
    rest: Backoff,
    restarts: u64,
    /// Until when the first readiness is awaited; none once the nucleus was told anything.
    first_ready: Option<Instant>,
    proven: bool,
}

/// Where a program is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Ended; waits for its next start.
    Resting {
        /// When that is.
        until: Instant,
    },
    /// Runs.
    Running {
        /// Since when it is ready.
        ready: Option<Instant>,
    },
    /// Is being ended for good.
    Stopping {
        /// When it is ended by force.
        kill_at: Option<Instant>,
        /// What to end with.
        code: u8,
    },
    /// Ended for good.
    Done(u8),
}

impl Keeper {
    /// A program that is started now and must be ready `within`, unless it is `proven`: this version was
    /// ready on this box before.
    pub(super) fn new(now: Instant, within: Duration, proven: bool) -> Self {
        Self {
            state: State::Running { ready: None },
            rest: Backoff::new(REST_FIRST, REST_LONGEST),
            restarts: 0,
            first_ready: Some(now + within),
            proven,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// How often it was started again.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    /// When [`Input::Elapsed`] is wanted.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let own = match self.state {
            State::Resting { until } => Some(until),
            State::Running { .. } => None,
            State::Stopping { kill_at, .. } => return kill_at,
            State::Done(_) => return None,
        };
        own.into_iter().chain(self.first_ready).min()
    }

    /// Moves the program forward by one input.
    pub(super) fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match (self.state, input) {
            (State::Running { ready: None }, Input::Ready) => self.ready(now),
            (State::Running { ready }, Input::Ended(ended)) => self.ended(now, ready, ended),
            (State::Running { .. } | State::Resting { .. }, Input::Elapsed) => self.elapsed(now),
            (State::Running { .. }, Input::Stop) => self.end(now, exit::STOPPED),
            (State::Running { .. }, Input::Orphaned) => self.end(now, exit::ORPHANED),
            (State::Resting { .. }, Input::Stop) => self.done(exit::STOPPED),
            (State::Resting { .. }, Input::Orphaned) => self.done(exit::ORPHANED),
            (State::Stopping { code, .. }, Input::Ended(_)) => self.done(code),
            (State::Stopping { code, .. }, Input::Elapsed) => {
                self.state = State::Stopping {
                    kill_at: None,
                    code,
                };
                vec![Effect::Kill]
            }
            // Late news.
            (State::Running { ready: Some(_) }, Input::Ready)
            | (State::Resting { .. }, Input::Ready | Input::Ended(_))
            | (State::Stopping { .. }, Input::Ready | Input::Stop | Input::Orphaned)
            | (State::Done(_), _) => vec![],
        }
    }

    fn ready(&mut self, now: Instant) -> Vec<Effect> {
        self.state = State::Running { ready: Some(now) };
        self.proven = true;
        match self.first_ready.take() {
            Some(_) => vec![Effect::TellRunning, Effect::Prove],
            None => vec![Effect::TellReadyAgain, Effect::Prove],
        }
    }

    fn ended(&mut self, now: Instant, ready: Option<Instant>, ended: Ended) -> Vec<Effect> {
        match ended {
            Ended::NotStarted | Ended::Code(exit::CONFIGURATION) => {
                self.state = State::Done(exit::CONFIGURATION);
                vec![Effect::TellErrored]
            }
            Ended::Code(exit::ORPHANED) => self.done(exit::ORPHANED),
            Ended::Code(_) | Ended::Killed => {
                if ready.is_some_and(|since| now.duration_since(since) >= HEALTHY) {
                    self.rest.reset();
                }
                // Whoever wants to start again after working well has not failed.
                let rest = match (ended, ready) {
                    (Ended::Code(exit::AGAIN), Some(_)) => Duration::ZERO,
                    _ => self.rest.wait(),
                };
                self.state = State::Resting { until: now + rest };
                vec![]
            }
        }
    }

    fn elapsed(&mut self, now: Instant) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.first_ready.is_some_and(|by| by <= now) {
            if !self.proven {
                effects.push(Effect::TellErrored);
                effects.extend(match self.state {
                    State::Running { .. } => self.end(now, exit::FAILED),
                    State::Resting { .. } | State::Stopping { .. } | State::Done(_) => {
                        self.done(exit::FAILED)
                    }
                });
                return effects;
            }
            // It worked before: the fault is not the deployment's, and we go on trying.
            self.first_ready = None;
            effects.push(Effect::TellRunning);
        }
        if matches!(self.state, State::Resting { until } if until <= now) {
            self.state = State::Running { ready: None };
            self.restarts += 1;
            effects.push(Effect::Spawn);
        }
        effects
    }

    fn end(&mut self, now: Instant, code: u8) -> Vec<Effect> {
        self.state = State::Stopping {
            kill_at: Some(now + GRACE),
            code,
        };
        vec![Effect::Terminate]
    }

    fn done(&mut self, code: u8) -> Vec<Effect> {
        self.state = State::Done(code);
        vec![]
    }
}

#[cfg(test)]
mod tests;
