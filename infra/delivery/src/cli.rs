//! The command line.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::deploy::Deploy;
use crate::key::KeyCommand;
use crate::output;
use crate::package::Package;
use crate::publish::Publish;
use crate::rollback::Rollback;
use crate::status::Status;

/// From the tree to boxes.
#[derive(Debug, Parser)]
#[command(name = "cargo x", bin_name = "cargo x")]
enum Command {
    /// Build a release, list its files, sign the list.
    Package(Package),
    /// Bring a release to the cloud, as artifacts and component versions.
    Publish(Publish),
    /// Let a group of boxes run a release; waits until they do.
    Deploy(Deploy),
    /// Show how the boxes of a group are; exit code 0 all run it, 3 not yet, 4 some failed.
    Status(Status),
    /// Let a group of boxes run what they ran before.
    Rollback(Rollback),
    /// The key that signs releases.
    #[command(subcommand)]
    Key(KeyCommand),
}

impl Command {
    fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Package(package) => package.run()?,
            Self::Key(key) => key.run()?,
            Self::Publish(publish) => runtime.block_on(publish.run())?,
            Self::Deploy(deploy) => return Ok(runtime.block_on(deploy.run())?),
            Self::Status(status) => return Ok(runtime.block_on(status.run())?),
            Self::Rollback(rollback) => return Ok(runtime.block_on(rollback.run())?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Does what the command line asks for; exit code 1 when it cannot be done, 2 when it is not
/// understood.
pub(crate) fn run() -> ExitCode {
    Command::parse().run().unwrap_or_else(|error| {
        output::complain(error.as_ref());
        ExitCode::FAILURE
    })
}
