//! `edgectl`: makes a box a member of a property, and runs a whole hotel on one machine.

use std::process::ExitCode;

mod cli;
mod component;
mod device;
mod local;
mod output;
mod policy;
mod property;
mod recipe;

fn main() -> ExitCode {
    cli::run()
}
