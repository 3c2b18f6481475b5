//! `edgectl cloud`: the operator's side of provisioning, in AWS.
//!
//! Promises: what exists is used and never replaced; what is missing is made, or named with what to
//! do about it; every act may be repeated; a refusal names the IAM action that is missing. The
//! stacks of `infra/cloudformation` make the same things under the same names; this fills the gaps
//! (the groups of a hotel) and does what no stack can: claims, and the end of a box.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use kit::clock::Clock;

mod boxes;
pub(crate) mod claim;
mod client;
mod end;
mod error;
pub(crate) mod names;
mod policies;
mod setup;

pub(crate) use error::CloudError;

use crate::output::complain;
use crate::runtime;
use client::Client;

/// Exit code where AWS denies an action.
const DENIED: u8 = 14;
/// Exit code where something is missing that this does not make.
const MISSING: u8 = 18;

/// Where AWS is; credentials come from the standard chain.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// AWS region; otherwise that of the environment.
    #[arg(long)]
    region: Option<String>,
    /// Another address of AWS's services, for tests.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

/// Does what provisioning needs of AWS. Exit codes: 0 done, 14 AWS denies an action, 18 something
/// is missing, 1 anything else.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CloudCommand {
    /// Make, or check, what a hotel needs in AWS IoT.
    Setup(setup::Setup),
    /// Expect a box: put it on the list and make the claim for its image.
    Claim(claim::Expect),
    /// Forget a claim that was lost or not used.
    RevokeClaim(claim::Revoke),
    /// Retire every certificate of a box but its newest, after a rotation.
    Retire(end::Retire),
    /// End a box for good: certificates revoked, thing, groups and list without it.
    Decommission(end::Decommission),
}

impl CloudCommand {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self.done() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error);
                match error {
                    CloudError::Denied { .. } => DENIED.into(),
                    CloudError::Missing { .. } => MISSING.into(),
                    _ => ExitCode::FAILURE,
                }
            }
        }
    }

    fn done(self) -> Result<(), CloudError> {
        let runtime = runtime::current()?;
        let clock = Clock::system();
        runtime.block_on(async {
            match self {
                Self::Setup(setup) => setup.run().await,
                Self::Claim(expect) => expect.run(&clock).await,
                Self::RevokeClaim(revoke) => revoke.run().await,
                Self::Retire(retire) => retire.run().await,
                Self::Decommission(end) => end.run().await,
            }
        })
    }
}

impl Place {
    async fn client(&self) -> Result<Client, CloudError> {
        Client::new(self).await
    }
}
