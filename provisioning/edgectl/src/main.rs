//! `edgectl`: makes a box a member of a property, and runs a whole hotel on one machine.

use std::process::ExitCode;

mod audit;
mod authority;
mod backup;
mod bucket;
mod bundle;
mod cli;
mod cloud;
mod component;
mod device;
mod doctor;
mod first_boot;
mod fleet;
mod gateway;
mod image;
mod join;
mod local;
mod model;
mod operator;
mod output;
mod policy;
mod probe;
mod property;
mod recipe;
mod rotate;
mod runtime;
mod uplink;
mod wipe;

fn main() -> ExitCode {
    cli::run()
}
