//! The rules by which one process is kept running, free of IO.

use std::time::{Duration, Instant};

use kit::backoff::Backoff;

/// Ceiling of the first wait before a restart.
const REST_FIRST: Duration = Duration::from_millis(200);
/// Ceiling of every later one.
const REST_LONGEST: Duration = Duration::from_secs(10);
/// How long a process must have been up for its earlier failures to be forgotten.
const HEALTHY: Duration = Duration::from_mins(1);
/// How long a process may take to end by itself.
pub(super) const GRACE: Duration = Duration::from_secs(12);

/// What the world tells the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// The process is ready.
    Ready,
    /// The process ended, or could not be started.
    Ended,
    /// The moment asked for by [`Effect::WakeAt`] has come.
    Elapsed,
    /// It shall run no more.
    Stop,
}

/// What the keeper asks of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Start the process.
    Spawn,
    /// Ask the process, and all it started, to end.
    Terminate,
    /// End them.
    Kill,
    /// Feed [`Input::Elapsed`] at this moment; only the latest wish counts.
    WakeAt(Instant),
}

/// One process, kept running.
///
/// ```text
///              ┌──────────── Ended ◀─────────────┬───────────┐
///              ▼                                 │           │
///           Resting ──Elapsed──▶ Starting ──Ready──▶ Up   Failing
///                                    └────── Elapsed ───────▶┘
/// Resting ──Stop──▶ Stopped ◀──Ended── Stopping ◀──Stop── Starting, Up, Failing
/// ```
///
/// Invariant: `Spawn` is asked for only when no process is left, and it is given up only on `Stop`.
#[derive(Debug)]
pub(super) struct Keeper {
    state: State,
    rest: Backoff,
    startup: Duration,
    restarts: u64,
}

/// Where a process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Ended; waits before the next start.
    Resting,
    /// Runs, is not ready yet.
    Starting,
    /// Ready since.
    Up(Instant),
    /// Was not ready in time and is being ended.
    Failing,
    /// Is being ended for good.
    Stopping,
    /// Ended for good.
    Stopped,
}

impl Keeper {
    /// Asks for the first start, which must be ready within `startup`.
    pub(super) fn new(now: Instant, startup: Duration) -> (Self, Vec<Effect>) {
        let rest = Backoff::new(REST_FIRST, REST_LONGEST);
        let mut keeper = Self {
            state: State::Resting,
            rest,
            startup,
            restarts: 0,
        };
        let effects = keeper.start(now);
        (keeper, effects)
    }

    /// Where the process is in its life.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// How often it ended unasked.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Moves the process forward by one input.
    pub(super) fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match (self.state, input) {
            (State::Resting, Input::Elapsed) => self.start(now),
            (State::Starting, Input::Ready) => {
                self.state = State::Up(now);
                vec![]
            }
            (State::Starting, Input::Elapsed) => {
                self.state = State::Failing;
                vec![Effect::Terminate, Effect::WakeAt(now + GRACE)]
            }
            (State::Failing | State::Stopping, Input::Elapsed) => vec![Effect::Kill],
            (State::Starting | State::Up(_) | State::Failing, Input::Ended) => self.ended(now),
            (State::Stopping, Input::Ended) | (State::Resting, Input::Stop) => {
                self.state = State::Stopped;
                vec![]
            }
            (State::Starting | State::Up(_) | State::Failing, Input::Stop) => {
                self.state = State::Stopping;
                vec![Effect::Terminate, Effect::WakeAt(now + GRACE)]
            }
            // Late news, and a start-up time that no longer matters.
            (State::Resting, Input::Ready | Input::Ended)
            | (State::Up(_), Input::Ready | Input::Elapsed)
            | (State::Failing, Input::Ready)
            | (State::Stopping, Input::Ready | Input::Stop)
            | (State::Stopped, Input::Ready | Input::Ended | Input::Elapsed | Input::Stop) => {
                vec![]
            }
        }
    }

    fn start(&mut self, now: Instant) -> Vec<Effect> {
        self.state = State::Starting;
        vec![Effect::WakeAt(now + self.startup), Effect::Spawn]
    }

    fn ended(&mut self, now: Instant) -> Vec<Effect> {
        if matches!(self.state, State::Up(since) if now.duration_since(since) >= HEALTHY) {
            self.rest.reset();
        }
        self.state = State::Resting;
        self.restarts += 1;
        vec![Effect::WakeAt(now + self.rest.wait())]
    }
}

#[cfg(test)]
mod tests;
