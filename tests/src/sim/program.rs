//! The program `hotel-sim`.
//!
//! ```text
//! hotel-sim --hotel DIR/hotel.json [--interval-ms N] [--seed N] [--speed N] [--outbox-max N]
//!           [--faults KIND,…] [--identities DIR]
//! hotel-sim ledger --ledger FILE [--json] [--lines]
//! ```

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use kit::error::Chain;
use kit::lifecycle::{StillBusy, Supervisor, Systemd, Tasks};
use kit::telemetry::{self, TelemetryError};
use tokio::signal::unix::{SignalKind, signal};

use super::ledger::LedgerError;
use super::mischief::Mischief;
use super::{FileError, Hotel, HotelFile, INTERVAL, Identities, OUTBOX_MAX, StartError};

mod show;

use show::Show;

/// Threads, however many devices there are: two serve thousands, and leave the machine to what is
/// tested.
const WORKERS: usize = 2;
const BLOCKING: usize = 4;

/// Thermostats, locks, occupancy sensors and contacts of a simulated hotel.
#[derive(Debug, Parser)]
#[command(
    name = "hotel-sim",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show what the devices have said.
    Ledger(Show),
}

/// Lets the devices of a hotel live until SIGTERM.
#[derive(Debug, Args)]
struct Run {
    /// `hotel.json` of the hotel.
    #[arg(long, value_name = "FILE", required = true)]
    hotel: Option<PathBuf>,
    /// How often each device measures, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = default_interval_ms(),
          value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    interval_ms: u64,
    /// Chance of guests and weather.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seconds of weather and guests pass in one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    speed: u32,
    /// Most messages that a device holds unreceived.
    #[arg(long, default_value_t = OUTBOX_MAX)]
    outbox_max: usize,
    /// What goes wrong with every device, by chance of the seed; separated by commas.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    faults: Vec<Mischief>,
    /// Directory of the devices' own identities, one for each by its name, instead of those that
    /// `hotel.json` names.
    #[arg(long, value_name = "DIR")]
    identities: Option<PathBuf>,
    /// Log filter: `info`, `hotel_tests=debug,info`.
    #[arg(long, default_value = "info,kit::bus=warn")]
    log: String,
}

/// Runs the program on the command line of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build();
    let outcome = runtime.map_err(ProgramError::Runtime).and_then(|runtime| {
        runtime.block_on(async {
            match arguments.act {
                Some(Act::Ledger(show)) => show.run().await,
                None => arguments.run.run().await,
            }
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever called a program reads its errors there"
)]
fn complain(error: &ProgramError) {
    eprintln!("hotel-sim: {}", Chain(error));
}

impl Run {
    async fn run(self) -> Result<(), ProgramError> {
        telemetry::start(&self.log)?;
        let file = HotelFile::read(&self.hotel.expect("clap requires it"))?;
        let mut options = file.options()?;
        options.interval = Duration::from_millis(self.interval_ms);
        options.seed = self.seed;
        options.speed = self.speed;
        options.outbox_max = self.outbox_max;
        options.faults = self.faults;
        if let Some(directory) = self.identities {
            options.identities = Identities::Below(directory);
        }
        let tasks = Tasks::new();
        // Kept, so that the count of connected devices has a reader for as long as they live.
        let hotel = Hotel::start(options, &tasks).await?;
        Systemd.ready();
        let ended = wait_for_the_end(&tasks).await;
        Systemd.stopping();
        drop(hotel);
        tasks.drain().await?;
        tracing::info!("devices stopped");
        ended
    }
}

async fn wait_for_the_end(tasks: &Tasks) -> Result<(), ProgramError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ProgramError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ProgramError::Runtime)?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        task = tasks.broken() => Err(ProgramError::TaskEnded { task }),
    }
}

fn default_interval_ms() -> u64 {
    u64::try_from(INTERVAL.as_millis()).expect("the default interval is short")
}

/// The program cannot go on.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot start logs")]
    Telemetry(#[from] TelemetryError),
    #[error("cannot find the hotel")]
    File(#[from] FileError),
    #[error("cannot start the devices")]
    Start(#[from] StartError),
    #[error("task {task} ended by itself")]
    TaskEnded { task: &'static str },
    #[error("cannot stop in time")]
    Drain(#[from] StillBusy),
    #[error("cannot read the ledger")]
    Ledger(#[from] LedgerError),
    #[error("cannot print")]
    Print(#[source] io::Error),
}
