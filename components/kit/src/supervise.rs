//! Keeps one program running below the nucleus (docs/adr/0019).
//!
//! A nucleus gives a component up after three failed starts in an hour, so a crash is no business of the
//! nucleus: this program is what the nucleus starts, and it starts the component again after a growing
//! rest. It ends only when it is asked to, when starting again cannot help, or when a version that never
//! worked on this box is not ready in time.
//!
//! Promise: the program never outlives its supervisor (`PR_SET_PDEATHSIG`), nor its children it; both
//! run as the same Unix user; readiness reaches the notify socket and, where there is one, the nucleus.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::clock::{Clock, floor};
use crate::config::DATA_VARIABLE;
use crate::error::Chain;
use crate::lifecycle::exit;
use crate::notify::{self, Ear, Notice};
use crate::telemetry;

mod herald;
mod keeper;
mod leaf;
mod order;
mod proof;

use herald::Herald;
use keeper::{Effect, Ended, Input, Keeper, State};
use order::Order;
use proof::Proof;

/// Sets the signal that a child gets when its parent dies, and other things that need the moment
/// between fork and exec, which Rust cannot offer without unsafe code (util-linux, in every Debian).
const SETPRIV: &str = "/usr/bin/setpriv";

/// The whole `main` of `supervise`; exit codes are those of [`exit`].
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(exit::CONFIGURATION)
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "logs may not have started when the command line is wrong"
)]
fn complain(error: &SuperviseError) {
    eprintln!("supervise: {}", Chain(error));
}

fn run(arguments: impl Iterator<Item = OsString>) -> Result<u8, SuperviseError> {
    let order = Order::parse(arguments)?;
    floor::raise();
    if let Some(error) = order.become_user() {
        return Err(SuperviseError::User(error));
    }
    telemetry::start("info").map_err(SuperviseError::Telemetry)?;
    // One thread: the signal at a parent's death comes when the thread dies that started the child.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SuperviseError::System)?;
    runtime.block_on(async {
        let mut watch = Watch::new(order).map_err(SuperviseError::System)?;
        watch.live().await.map_err(SuperviseError::System)
    })
}

/// One program with all that belongs to it.
struct Watch {
    order: Order,
    clock: Clock,
    ear: Ear,
    herald: Herald,
    keeper: Keeper,
    proof: Option<Proof>,
    running: Option<Running>,
    /// Says that the program's leaf is another one.
    renewed: mpsc::Receiver<()>,
}

struct Running {
    child: Child,
    /// The child, which leads a process group.
    leader: Option<Pid>,
}

enum Event {
    Ended(ExitStatus),
    Noticed(Notice),
    Renewed,
    Elapsed,
    Stop,
    Orphaned,
}

impl Watch {
    fn new(order: Order) -> io::Result<Self> {
        let clock = Clock::system();
        let own = env::current_exe()?;
        let proof = order
            .data
            .as_deref()
            .map(|dir| Proof::of(dir, &own, &order.program));
        let proven = proof.as_ref().is_some_and(Proof::is_there);
        Ok(Self {
            keeper: Keeper::new(clock.monotonic(), order.within, proven),
            ear: Ear::open()?,
            herald: Herald::start(),
            renewed: leaf::keep(order.leaf(), &clock),
            order,
            clock,
            proof,
            running: None,
        })
    }

    /// Keeps the program running, and returns with what code to end.
    async fn live(&mut self) -> io::Result<u8> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        self.carry_out(vec![Effect::Spawn]);
        loop {
            if let State::Done(code) = self.keeper.state() {
                self.herald.finish().await;
                return Ok(code);
            }
            let event = tokio::select! {
                _ = terminate.recv() => Event::Stop,
                _ = interrupt.recv() => Event::Stop,
                event = self.next() => event,
            };
            self.take(event);
        }
    }

    async fn next(&mut self) -> Event {
        let wake_at = self.keeper.wake_at();
        let elapsed = async {
            match wake_at {
                Some(moment) => tokio::time::sleep_until(moment.into()).await,
                None => std::future::pending().await,
            }
        };
        let ended = async {
            match &mut self.running {
                Some(running) => running.child.wait().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            status = ended => Event::Ended(status.unwrap_or_else(|_| ExitStatus::from_raw(1 << 8))),
            Some(()) = self.renewed.recv() => Event::Renewed,
            notice = self.ear.next() => Event::Noticed(notice.unwrap_or_default()),
            () = elapsed => Event::Elapsed,
            () = self.herald.orphaned() => Event::Orphaned,
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.clock.monotonic();
        let input = match event {
            Event::Elapsed => Input::Elapsed,
            Event::Stop => {
                say("STOPPING=1");
                Input::Stop
            }
            Event::Orphaned => Input::Orphaned,
            // It reads its files again; one that has just begun to start is ended by it, and started anew.
            Event::Renewed => return self.signal(Signal::HUP),
            Event::Ended(status) => {
                self.bury();
                match self.keeper.state() {
                    State::Stopping { .. } => tracing::info!(%status, "the program stopped"),
                    State::Resting { .. } | State::Running { .. } | State::Done(_) => {
                        tracing::warn!(%status, "the program ended");
                    }
                }
                say(&format!("X_HOTEL_PROGRAM=0\nSTATUS=ended with {status}"));
                Input::Ended(how(status))
            }
            Event::Noticed(notice) => {
                if let Some(status) = &notice.status {
                    say(&format!("STATUS={status}"));
                }
                if !notice.ready || self.running.is_none() {
                    return;
                }
                Input::Ready
            }
        };
        let effects = self.keeper.handle(now, input);
        self.carry_out(effects);
    }

    /// Ends whatever the program left behind.
    fn bury(&mut self) {
        if let Some(Running {
            leader: Some(leader),
            ..
        }) = self.running.take()
        {
            // Usually nothing is left.
            _ = kill_process_group(leader, Signal::KILL);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Spawn => self.spawn(),
                Effect::Terminate => self.signal(self.order.stop_signal),
                Effect::Kill => self.signal(Signal::KILL),
                Effect::TellRunning => {
                    say("READY=1");
                    self.herald.running();
                }
                Effect::TellReadyAgain => say("READY=1"),
                Effect::TellErrored => self.herald.errored(),
                Effect::Prove => {
                    if let Some(Err(error)) = self.proof.as_ref().map(Proof::leave) {
                        tracing::warn!(%error, "it is not noted that this version works");
                    }
                }
            }
        }
    }

    fn spawn(&mut self) {
        match self.start() {
            Ok(child) => {
                let pid = child.id();
                tracing::info!(pid, restarts = self.keeper.restarts(), "the program starts");
                say(&format!(
                    "X_HOTEL_PROGRAM={}\nX_HOTEL_RESTARTS={}\nSTATUS=",
                    pid.unwrap_or_default(),
                    self.keeper.restarts()
                ));
                let leader = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
                self.running = Some(Running { child, leader });
            }
            Err(error) => {
                tracing::error!(%error, "the program cannot be started");
                let effects = self
                    .keeper
                    .handle(self.clock.monotonic(), Input::Ended(Ended::NotStarted));
                self.carry_out(effects);
            }
        }
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(SETPRIV);
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.order.program)
            .args(&self.order.arguments)
            .env(notify::VARIABLE, self.ear.name())
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(data) = &self.order.data {
            command.env(DATA_VARIABLE, data);
        }
        command.spawn()
    }

    fn signal(&self, signal: Signal) {
        let leader = self.running.as_ref().and_then(|running| running.leader);
        let Some(leader) = leader else { return };
        // It may have ended a moment ago.
        _ = kill_process(leader, signal);
        if signal == Signal::KILL {
            _ = kill_process_group(leader, Signal::KILL);
        } else {
            // One that stands still would not hear it.
            _ = kill_process(leader, Signal::CONT);
        }
    }
}

fn say(lines: &str) {
    if let Err(error) = notify::send(lines) {
        tracing::warn!(%error, "cannot notify whoever started this");
    }
}

/// What an end means; 126 and 127 are those of a program that cannot be run (setpriv, sh).
fn how(status: ExitStatus) -> Ended {
    match status.code() {
        Some(126 | 127) => Ended::NotStarted,
        Some(code) => Ended::Code(u8::try_from(code).unwrap_or(exit::FAILED)),
        None => Ended::Killed,
    }
}

/// Nothing can be supervised.
#[derive(Debug, thiserror::Error)]
enum SuperviseError {
    #[error("the command line is wrong")]
    Order(#[from] order::WrongOrder),
    #[error("cannot become the Unix user of the component")]
    User(#[source] io::Error),
    #[error("cannot start logs")]
    Telemetry(#[source] telemetry::TelemetryError),
    #[error("the system does not let us work")]
    System(#[source] io::Error),
}
