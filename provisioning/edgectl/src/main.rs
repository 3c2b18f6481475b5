//! `edgectl`: makes a box a member of a property, and runs a whole hotel on one machine.

use std::process::ExitCode;

mod audit;
mod authority;
mod cli;
mod component;
mod device;
mod first_boot;
mod fleet;
mod gateway;
mod local;
mod model;
mod operator;
mod output;
mod policy;
mod probe;
mod property;
mod recipe;
mod runtime;
mod uplink;

fn main() -> ExitCode {
    cli::run()
}
