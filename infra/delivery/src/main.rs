//! From the tree to boxes: packs releases, publishes them, deploys them, and takes them back.
//!
//! Run as `cargo x package|publish|deploy|status|rollback|key`. Promises, one by one:
//! `docs/spec/delivery.md`. What is in the cloud is the truth: nothing here depends on files of the
//! machine that deployed before. Deliberately left out: making the cloud's resources
//! (`infra/cloudformation`), and provisioning boxes (`provisioning/`).

mod cli;
mod cloud;
mod deploy;
mod deployment;
mod fleet;
mod group;
mod key;
mod output;
mod package;
mod publish;
mod request;
mod rollback;
mod status;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
