//! `edgectl local up`: plan, start, keep running, stop in reverse.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::future::{Future, pending};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kit::clock::Clock;
use rustix::fs::{FlockOperation, flock};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::LocalError;
use super::files::{self, FileError};
use super::installed::Store;
use super::layout::Layout;
use super::plan::{self, Plan, Sources, Wanted};
use super::process::Process;
use super::roster::{Part, Roster};
use super::{detach, down, install, rooms, rotation, status, watch};
use crate::device::ROOMS_MAX;
use crate::output::say;

/// Start the hotel, or say that it runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Up {
    /// Where the hotel keeps everything.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
    /// Simulated rooms, four devices each; at first 5, later as many as before.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(ROOMS_MAX)))]
    rooms: Option<u32>,
    /// Run these parts only, separated by commas: components, `s3`, `hotel-sim`,
    /// `hotel-vprinter`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Address on which components serve pages, peers and people; at first loopback only, later
    /// as before.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    /// Return when everything is ready; the hotel stays until `down`.
    #[arg(long)]
    detach: bool,
    /// Directory of the programs.
    #[arg(long, default_value = "target/debug")]
    artifacts: PathBuf,
    /// Directory of the recipes.
    #[arg(long, default_value = "recipes")]
    recipes: PathBuf,
    /// Run the components of the installed release (`local install`), not those just built.
    #[arg(long)]
    installed: bool,
    /// Python environment that has `moto_server`.
    #[arg(long, default_value = ".local/venv")]
    venv: PathBuf,
    /// Longest wait for everything to be ready, in seconds (with --detach).
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// The detached program itself.
    #[arg(long, hide = true, conflicts_with = "detach")]
    detached: bool,
}

impl Up {
    pub(super) async fn run(self) -> Result<ExitCode, LocalError> {
        files::make_dir(&self.dir)?;
        let layout = super::layout_of(&self.dir)?;
        for dir in [layout.run(), layout.logs(), layout.dir().join("config")] {
            files::make_dir(&dir)?;
        }
        if self.detach {
            return detach::up(&layout, self.arguments()?, Duration::from_secs(self.wait)).await;
        }
        if self.detached {
            detach::leave_session();
            kit::telemetry::start("info").map_err(|source| LocalError::Logs { source })?;
        }
        let Some(_lock) = lock(&layout)? else {
            say(format_args!(
                "the hotel in {} is already running",
                layout.dir().display()
            ));
            return Ok(ExitCode::SUCCESS);
        };
        let supervisor = Process::own().ok_or(LocalError::NoProc)?;
        down::end_leftovers(&layout).await?;
        let roster = Arc::new(Roster::open(&layout, supervisor)?);
        let outcome = self.live(&layout, roster).await;
        down::forget(&layout)?;
        outcome
    }

    async fn live(&self, layout: &Layout, roster: Arc<Roster>) -> Result<ExitCode, LocalError> {
        say(format_args!(
            "preparing the hotel in {}",
            layout.dir().display()
        ));
        let wanted = Wanted {
            rooms: self.rooms,
            listen: self.listen,
            only: self.only.clone(),
        };
        let mut sources = self.sources()?;
        if self.installed {
            let store = Store::of(layout);
            store.tidy()?;
            sources.installed = Some(store.current()?);
        }
        let plan = plan::make(layout, &sources, &wanted)?;
        let asked_to_stop = asked_to_stop()?;
        tokio::pin!(asked_to_stop);
        tokio::select! {
            installed = install::run(&plan.installs) => installed?,
            () = &mut asked_to_stop => return Ok(ExitCode::SUCCESS),
        }
        let parts = start(&plan, &roster);
        say("starting; Ctrl-C stops the hotel");
        let show = async {
            if self.detached {
                pending::<()>().await;
            } else {
                status::show(layout).await;
            }
        };
        let furnish = async {
            rooms::write(&plan).await;
            pending::<()>().await;
        };
        tokio::select! {
            () = &mut asked_to_stop => {}
            () = rotation::watch(&plan.hotel) => {}
            () = furnish => {}
            () = show => {}
        }
        say("stopping");
        for (stop, part) in parts.into_iter().rev() {
            stop.cancel();
            part.await.map_err(|source| LocalError::Broken { source })?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn sources(&self) -> Result<Sources, FileError> {
        Ok(Sources {
            artifacts: files::absolute(&self.artifacts)?,
            recipes: files::absolute(&self.recipes)?,
            venv: files::absolute(&self.venv)?,
            installed: None,
        })
    }

    /// The same request, for the program that stays.
    fn arguments(&self) -> Result<Vec<OsString>, FileError> {
        let sources = self.sources()?;
        let mut arguments: Vec<OsString> = vec!["local".into(), "up".into()];
        arguments.extend([
            "--detached".into(),
            "--dir".into(),
            files::absolute(&self.dir)?.into(),
        ]);
        arguments.extend(["--artifacts".into(), sources.artifacts.into()]);
        arguments.extend(["--recipes".into(), sources.recipes.into()]);
        arguments.extend(["--venv".into(), sources.venv.into()]);
        if let Some(rooms) = self.rooms {
            arguments.extend(["--rooms".into(), rooms.to_string().into()]);
        }
        if let Some(listen) = self.listen {
            arguments.extend(["--listen".into(), listen.to_string().into()]);
        }
        if self.installed {
            arguments.push("--installed".into());
        }
        if !self.only.is_empty() {
            arguments.extend(["--only".into(), self.only.join(",").into()]);
        }
        Ok(arguments)
    }
}

/// Takes the hotel for this program, as long as the file stays open; none when another has it.
fn lock(layout: &Layout) -> Result<Option<std::fs::File>, FileError> {
    let path = layout.lock();
    let failed = |source| FileError::Write {
        path: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => Ok(None),
        Err(error) => Err(failed(error.into())),
    }
}

/// Listens from now on; the future ends when somebody wants the hotel to stop.
fn asked_to_stop() -> Result<impl Future<Output = ()>, LocalError> {
    let listen = |kind| signal(kind).map_err(|source| LocalError::Signals { source });
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

fn start(plan: &Plan, roster: &Arc<Roster>) -> Vec<(CancellationToken, JoinHandle<()>)> {
    for kept in &plan.parts {
        roster.record(Part::awaited(&kept.name, kept.kind));
    }
    let keep = |kept: &watch::Kept| {
        let stop = CancellationToken::new();
        let part = watch::keep(
            kept.clone(),
            Arc::clone(roster),
            Clock::system(),
            stop.clone(),
        );
        (stop, tokio::spawn(part))
    };
    plan.parts.iter().map(keep).collect()
}
