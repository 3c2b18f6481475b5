//! `hotel-sim ledger`: what the devices have said.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::ProgramError;
use crate::sim::ledger::{self, Line, Totals};

/// Shows a ledger.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The ledger.
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// As JSON: one object, with --lines one object a line.
    #[arg(long)]
    json: bool,
    /// Every message instead of their number.
    #[arg(long)]
    lines: bool,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), ProgramError> {
        let lines = ledger::read(&self.ledger).await?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        let printed = match (self.lines, self.json) {
            (true, json) => lines
                .iter()
                .try_for_each(|line| print_line(&mut out, line, json)),
            (false, true) => print_json(&mut out, &Totals::of(&lines)),
            (false, false) => print_totals(&mut out, &Totals::of(&lines)),
        };
        match printed.and_then(|()| out.flush()) {
            // A reader like `head` that has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed.map_err(ProgramError::Print),
        }
    }
}

fn print_line(out: &mut impl Write, line: &Line, json: bool) -> io::Result<()> {
    if json {
        return print_json(out, line);
    }
    let Line {
        device,
        boot,
        seq,
        sha256,
        kind,
        received,
        dropped,
    } = line;
    let fate = match (received, dropped) {
        (_, true) => "dropped",
        (true, false) => "received",
        (false, false) => "held",
    };
    writeln!(out, "{device} {boot} {seq} {sha256} {kind} {fate}")
}

fn print_json(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

fn print_totals(out: &mut impl Write, totals: &Totals) -> io::Result<()> {
    let Totals {
        devices,
        total,
        received,
        held,
        dropped,
        kinds,
    } = totals;
    writeln!(out, "{total} messages of {devices} devices")?;
    writeln!(out, "{received} received, {held} held, {dropped} dropped")?;
    kinds
        .iter()
        .try_for_each(|(kind, count)| writeln!(out, "{count} {kind}"))
}
