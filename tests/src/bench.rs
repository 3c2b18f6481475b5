//! `hotel-bench`: how fast it is, beside a peer and beside the bare floor, in one run.
//!
//! Promises: each figure's three numbers come from the same machine in the same minute, on the same
//! work; nothing is asserted, a miss is printed like a hit.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use serde::de::DeserializeOwned;

mod bare;
mod devices;
pub mod figure;
mod models;
mod peers;
mod prints;
mod questions;
pub mod samples;
mod spool;
mod tablets;

pub use figure::{Better, Figure, Value};

/// Measures areas of the suite.
#[derive(Debug, Parser)]
#[command(name = "hotel-bench")]
struct Arguments {
    /// What to measure; everything when nothing is named.
    areas: Vec<Area>,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A part of the suite that is measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Area {
    /// Questions over the broker.
    Bus,
    /// Devices and the gateway.
    Gateway,
    /// Models over HTTP.
    Inference,
    /// Connections between peers.
    Peer,
    /// Tickets.
    Print,
    /// Tablets and the hub.
    Sync,
    /// The spool.
    Uplink,
}

/// Runs the program on the command line of the process.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are for whoever called"
)]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let areas = if arguments.areas.is_empty() {
        Area::value_variants()
    } else {
        &arguments.areas
    };
    let mut figures = Vec::new();
    println!("{}", Figure::HEADING);
    for area in areas {
        let measured = match area {
            Area::Bus => questions::measure(),
            Area::Gateway => devices::measure(),
            Area::Inference => models::measure(),
            Area::Peer => peers::measure(),
            Area::Print => prints::measure(),
            Area::Sync => tablets::measure(),
            Area::Uplink => spool::measure(),
        };
        for figure in measured {
            println!("{figure}");
            figures.push(figure);
        }
    }
    match arguments.json.map(|file| write(&file, &figures)) {
        None | Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("hotel-bench: cannot write figures: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The memory that a process has now, in megabytes.
fn rss_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kb.expect("the kernel tells it") / 1_024.0
}

/// What a script measured, one JSON object on its standard output.
fn told<T: DeserializeOwned>(script: &mut Command) -> T {
    let output = script.output().expect("node can be started");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script:?}: {complaints}");
    serde_json::from_slice(&output.stdout).expect("it tells what it measured")
}

fn write(file: &std::path::Path, figures: &[Figure]) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(figures)?;
    text.push('\n');
    fs::write(file, text)
}
