//! The local hotel: a whole property on one machine, run from the recipes that are deployed.
//!
//! Promises: nothing outside its directory is changed; what runs and with which configuration comes
//! from `recipes/`; whatever ends is started again; `down` leaves no process, also when the program
//! that kept the hotel was killed.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use kit::config::Address;
use wire::Component;

mod bucket;
mod detach;
mod down;
mod estate;
mod figures;
mod files;
mod hotel;
mod http;
mod install;
mod installed;
mod keeper;
mod launch;
mod layout;
mod logs;
mod models;
mod notices;
mod plan;
mod ports;
mod process;
mod rooms;
mod roster;
mod rotation;
mod settings;
mod shelf;
mod status;
mod up;
mod watch;

use files::FileError;
pub(crate) use hotel::{Hotel, S3};
use layout::Layout;
use plan::PlanError;

/// Where everything listens unless it is told otherwise: nothing of a local hotel is reachable from
/// outside.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The broker of the local hotel in a directory; none when there is no hotel.
pub(crate) fn broker(dir: &Path) -> Option<Address> {
    Some(hotel(dir)?.broker.into())
}

/// The authority of the local hotel in a directory; none when there is no hotel.
pub(crate) fn authority(dir: &Path) -> Option<Address> {
    let listeners = hotel(dir)?.listeners;
    let own = listeners.get(Component::Authority.as_str())?;
    own.get("tls_listener").cloned().map(Address::from)
}

/// Where everything of the local hotel in a directory is; none when there is no hotel.
pub(crate) fn hotel(dir: &Path) -> Option<Hotel> {
    let layout = layout_of(dir).ok()?;
    files::read_json(&layout.hotel()).ok()?
}

/// What can be done with a local hotel.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start the hotel, or say that it runs.
    Up(up::Up),
    /// Check a release and make it the one that `up --installed` runs.
    Install(installed::Install),
    /// Show how every part is; exit code 0 ready, 3 not ready, 4 not running.
    Status(status::Status),
    /// Show a log.
    Logs(logs::Logs),
    /// Stop the hotel and everything it started.
    Down(down::Down),
}

impl LocalCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<ExitCode, LocalError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| LocalError::Signals { source })?;
        runtime.block_on(async {
            match self {
                Self::Up(up) => up.run().await,
                Self::Install(install) => Ok(install.run()?),
                Self::Status(status) => status.run().await,
                Self::Logs(logs) => logs.run().await,
                Self::Down(down) => down.run().await,
            }
        })
    }
}

fn layout_of(dir: &Path) -> Result<Layout, FileError> {
    files::absolute(dir).map(Layout::new)
}

/// The local hotel cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    /// The hotel cannot be planned.
    #[error("cannot prepare the hotel")]
    Plan(#[from] PlanError),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A release cannot be installed, or there is none.
    #[error(transparent)]
    Installed(#[from] installed::InstallError),
    /// Signals and timers are not to be had.
    #[error("cannot listen for signals")]
    Signals {
        /// What the machine said.
        source: io::Error,
    },
    /// Logs of this program itself cannot start.
    #[error("cannot start logs")]
    Logs {
        /// Why.
        source: kit::telemetry::TelemetryError,
    },
    /// The machine does not tell about processes.
    #[error("cannot read /proc")]
    NoProc,
    /// An install step failed.
    #[error("cannot install {name}: {how}, see {}", log.display())]
    Install {
        /// The component.
        name: String,
        /// How it ended.
        how: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// The program that stays cannot be started.
    #[error("cannot start in the background")]
    Detach {
        /// What the machine said.
        source: io::Error,
    },
    /// The program that stays did not stay.
    #[error("the hotel did not start, see {}; last words: {why}", log.display())]
    Ended {
        /// Its last words.
        why: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// A task of this program failed.
    #[error("a supervising task failed")]
    Broken {
        /// Why.
        source: tokio::task::JoinError,
    },
}
