//! The program `hotel-vprinter`.
//!
//! ```text
//! hotel-vprinter --listen 127.0.0.1:9100 [--out DIR] [--control 127.0.0.1:9180] [--width DOTS]
//! ```

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use kit::config::Address;
use kit::error::Chain;
use kit::http::{self, ListenError};
use kit::lifecycle::{StillBusy, Supervisor, Systemd, Tasks};
use kit::telemetry::{self, TelemetryError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::edge::shelf::{Shelf, ShelfError};
use super::edge::{Printer, StartError, control};
use super::layout::WIDTH;
use super::machine::{Model, Settings};

/// A receipt printer without paper.
#[derive(Debug, Parser)]
#[command(name = "hotel-vprinter")]
struct Arguments {
    /// Where it listens for ESC/POS.
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where tickets go, as text, image and operations.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where it is handled by HTTP; loopback only.
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    control: Option<SocketAddr>,
    /// Dots across: 576 on 80 mm paper, 384 on 58 mm.
    #[arg(long, default_value_t = WIDTH, value_parser = clap::value_parser!(u32).range(96..=1_024))]
    width: u32,
    /// Bytes a second that it prints; as fast as it can without.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pace: Option<u32>,
    /// What it calls its maker.
    #[arg(long, default_value_t = Model::default().maker)]
    maker: String,
    /// What it calls its type.
    #[arg(long, default_value_t = Model::default().name)]
    model: String,
    /// Log filter.
    #[arg(long, default_value = "info")]
    log: String,
}

/// Runs the program on the command line of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(ProgramError::Runtime)
        .and_then(|runtime| runtime.block_on(arguments.run()));
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
    eprintln!("hotel-vprinter: {}", Chain(error));
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "not an address".to_owned())?;
    let is_local = address.ip().is_loopback();
    is_local
        .then_some(address)
        .ok_or_else(|| "not a loopback address".to_owned())
}

impl Arguments {
    async fn run(self) -> Result<(), ProgramError> {
        telemetry::start(&self.log)?;
        // Before anybody is told that it runs, so that it can be stopped from then on.
        let mut end = End::expect()?;
        let tasks = Tasks::new();
        let printer = Printer::listen(self.listen, self.kind())?;
        if let Some(directory) = self.out {
            let tickets = Shelf::open(directory)?;
            tasks.spawn("tickets", |stop| tickets.run(printer.device(), stop));
        }
        if let Some(control) = self.control {
            let place = Address {
                host: control.ip().to_string(),
                port: control.port(),
            };
            let listener = http::listen(&place).await?;
            let router = control::router(printer.device());
            tasks.spawn("control", |stop| http::serve(listener, router, stop));
        }
        Systemd.ready();
        tracing::info!(address = %printer.address(), "printer ready");
        let ended = end.wait(&tasks).await;
        Systemd.stopping();
        drop(printer);
        tasks.drain().await?;
        tracing::info!("printer stopped");
        ended
    }

    fn kind(&self) -> Settings {
        Settings {
            width: self.width,
            pace: self.pace,
            model: Model {
                maker: self.maker.clone(),
                name: self.model.clone(),
            },
            ..Settings::default()
        }
    }
}

/// What asks a program to stop.
#[derive(Debug)]
struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    fn expect() -> Result<Self, ProgramError> {
        let expect = |kind| signal(kind).map_err(ProgramError::Runtime);
        Ok(Self {
            terminate: expect(SignalKind::terminate())?,
            interrupt: expect(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self, tasks: &Tasks) -> Result<(), ProgramError> {
        tokio::select! {
            _ = self.terminate.recv() => Ok(()),
            _ = self.interrupt.recv() => Ok(()),
            task = tasks.broken() => Err(ProgramError::TaskEnded { task }),
        }
    }
}

/// The program cannot go on.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot start logs")]
    Telemetry(#[from] TelemetryError),
    #[error("cannot start the printer")]
    Start(#[from] StartError),
    #[error("cannot keep tickets")]
    Shelf(#[from] ShelfError),
    #[error("cannot start the control")]
    Control(#[from] ListenError),
    #[error("task {task} ended by itself")]
    TaskEnded { task: &'static str },
    #[error("cannot stop in time")]
    Drain(#[from] StillBusy),
}
