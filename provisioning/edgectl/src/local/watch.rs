//! Carries out what a [`Keeper`] asks for, for one process.

use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::clock::Clock;
use kit::notify::Notice;
use rustix::process::Signal;
use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use super::bucket::Buckets;
use super::keeper::{Effect, Input, Keeper, State};
use super::launch::Launch;
use super::notices::Notices;
use super::process::Process;
use super::roster::{Kind, Part, Roster};

/// A process that is ready as soon as it runs needs no time; any bound will do.
const RUNS_WITHIN: Duration = Duration::from_mins(1);

/// A process to be kept running.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) launch: Launch,
    pub(super) readiness: Readiness,
    /// Where it may say `READY=1`.
    pub(super) socket: PathBuf,
}

/// When a process counts as ready.
#[derive(Debug, Clone)]
pub(super) enum Readiness {
    /// When it says so, within this time.
    Notified(Duration),
    /// When these buckets could be made, within this time.
    Makes(Buckets, Duration),
    /// As soon as it runs.
    Runs,
}

impl Readiness {
    fn within(&self) -> Duration {
        match self {
            Self::Notified(within) | Self::Makes(_, within) => *within,
            Self::Runs => RUNS_WITHIN,
        }
    }
}

/// Keeps a process running until the stop, and returns when nothing of it is left.
pub(super) async fn keep(kept: Kept, roster: Arc<Roster>, clock: Clock, stop: CancellationToken) {
    let (keeper, effects) = Keeper::new(clock.monotonic(), kept.readiness.within());
    let mut watch = Watch {
        kept,
        roster,
        clock,
        keeper,
        running: None,
        wake_at: None,
        since: None,
        detail: String::new(),
        restarts_before: 0,
    };
    watch.carry_out(effects);
    while watch.keeper.state() != State::Stopped {
        let stopping = watch.keeper.state() == State::Stopping;
        let event = tokio::select! {
            () = stop.cancelled(), if !stopping => Event::Stop,
            event = watch.next() => event,
        };
        watch.take(event);
    }
}

struct Watch {
    kept: Kept,
    roster: Arc<Roster>,
    clock: Clock,
    keeper: Keeper,
    running: Option<Running>,
    wake_at: Option<Instant>,
    since: Option<wire::Integer>,
    detail: String,
    /// Restarts of its program below processes that have ended.
    restarts_before: u64,
}

struct Running {
    child: Child,
    process: Option<Process>,
    notices: Notices,
    /// What the process said of the program that it keeps running, if it keeps one.
    program: Program,
}

/// A program that is kept running by the process that was started.
#[derive(Default)]
struct Program {
    /// Absent when the process keeps none.
    is: Option<Is>,
    restarts: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    /// It runs, is not ready yet, or rests.
    Busy(Option<Process>),
    /// It does its work.
    Ready(Option<Process>),
}

enum Event {
    Ended(String),
    Noticed(Notice),
    Ready,
    Elapsed,
    Stop,
}

impl Watch {
    async fn next(&mut self) -> Event {
        let waits_for_bucket = self.keeper.state() == State::Starting;
        let wake_at = self.wake_at;
        let elapsed = async {
            match wake_at {
                Some(moment) => tokio::time::sleep_until(moment.into()).await,
                None => pending().await,
            }
        };
        let Some(Running { child, notices, .. }) = &mut self.running else {
            elapsed.await;
            return Event::Elapsed;
        };
        let ready = async {
            match &self.kept.readiness {
                Readiness::Makes(buckets, _) if waits_for_bucket => buckets.make().await,
                Readiness::Runs if waits_for_bucket => {}
                Readiness::Makes(..) | Readiness::Notified(_) | Readiness::Runs => pending().await,
            }
        };
        tokio::select! {
            ended = child.wait() => Event::Ended(how(ended)),
            notice = notices.next() => Event::Noticed(notice.unwrap_or_default()),
            () = ready => Event::Ready,
            () = elapsed => Event::Elapsed,
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Ended(how) => self.ended(how),
            Event::Noticed(notice) => {
                if let Some(status) = &notice.status {
                    self.detail.clone_from(status);
                }
                if let Some(running) = &mut self.running {
                    running.program.hear(&notice);
                }
                if notice.ready && matches!(self.kept.readiness, Readiness::Notified(_)) {
                    self.feed(Input::Ready);
                }
            }
            Event::Ready => self.feed(Input::Ready),
            Event::Elapsed => {
                self.wake_at = None;
                self.feed(Input::Elapsed);
            }
            Event::Stop => self.feed(Input::Stop),
        }
        self.record();
    }

    fn ended(&mut self, how: String) {
        if self.keeper.state() == State::Stopping {
            tracing::info!(part = self.kept.name, how, "process stopped");
        } else {
            tracing::warn!(part = self.kept.name, how, "process ended");
        }
        self.detail = how;
        if let Some(running) = self.running.take() {
            self.restarts_before += running.program.restarts;
            if let Some(process) = running.process {
                // Whatever it started must not outlive it.
                process.signal_group(Signal::KILL);
            }
        }
        self.feed(Input::Ended);
    }

    fn feed(&mut self, input: Input) {
        let effects = self.keeper.handle(self.clock.monotonic(), input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Spawn => self.spawn(),
                Effect::Terminate => {
                    self.signal(Signal::TERM);
                    // One that stands still would not hear it.
                    self.signal(Signal::CONT);
                }
                Effect::Kill => self.signal(Signal::KILL),
                Effect::WakeAt(moment) => self.wake_at = Some(moment),
            }
        }
    }

    fn spawn(&mut self) {
        match self.start() {
            Ok(running) => {
                self.since = Some(self.clock.wall());
                self.running = Some(running);
                self.detail.clear();
                self.record();
            }
            Err(error) => self.ended(format!("cannot be started: {error}")),
        }
    }

    fn start(&self) -> io::Result<Running> {
        let notices = Notices::listen(&self.kept.socket)?;
        let child = self.kept.launch.spawn()?;
        Ok(Running {
            process: child.id().and_then(Process::of),
            child,
            notices,
            program: Program::default(),
        })
    }

    fn signal(&self, signal: Signal) {
        if let Some(Running {
            process: Some(process),
            ..
        }) = &self.running
        {
            process.signal_group(signal);
        }
    }

    fn record(&self) {
        let process = self.running.as_ref().and_then(|running| running.process);
        let program = self.running.as_ref().map(|running| &running.program);
        let is = program.and_then(|program| program.is);
        let restarts = program.map_or(0, |program| program.restarts);
        self.roster.record(Part {
            name: self.kept.name.clone(),
            kind: self.kept.kind,
            process,
            program: match is {
                Some(Is::Busy(program) | Is::Ready(program)) => program,
                None => None,
            },
            since: self.since.filter(|_| process.is_some()),
            restarts: self.keeper.restarts() + self.restarts_before + restarts,
            ready: matches!(self.keeper.state(), State::Up(_)) && !matches!(is, Some(Is::Busy(_))),
            detail: self.detail.clone(),
        });
    }
}

impl Program {
    fn hear(&mut self, notice: &Notice) {
        if let Some(restarts) = notice.restarts {
            self.restarts = restarts;
        }
        if let Some(pid) = notice.program {
            self.is = Some(Is::Busy(Process::of(pid)));
        }
        if let (true, Some(Is::Busy(program))) = (notice.ready, self.is) {
            self.is = Some(Is::Ready(program));
        }
    }
}

fn how(ended: io::Result<ExitStatus>) -> String {
    match ended {
        Ok(status) => format!("ended with {status}"),
        Err(error) => format!("cannot be waited for: {error}"),
    }
}

#[cfg(test)]
mod tests;
