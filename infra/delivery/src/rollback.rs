//! `cargo x rollback`: a group of boxes runs what it ran before.
//!
//! Promise: what is sent is the deployment that the latest one came after, with its versions,
//! configuration, policies and pace; a second rollback goes one further back.

use std::process::ExitCode;

use clap::Args;

use crate::cloud::{CloudArgs, CloudError};
use crate::deploy::Wait;
use crate::group::Sent;
use crate::output::{json, note};
use crate::request::{BEFORE, Deployment};
use crate::status::{self, StatusError, exit_code};

/// Tag: the deployment that a rollback took back.
const INSTEAD_OF: &str = "hotel-instead-of";

/// Let a group of boxes run what they ran before.
#[derive(Debug, Clone, Args)]
pub(crate) struct Rollback {
    /// The thing group, by name or ARN.
    #[arg(long)]
    target: String,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    wait: Wait,
    /// Print what would be sent, as JSON, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Rollback {
    /// Takes back.
    pub(crate) async fn run(self) -> Result<ExitCode, RollbackError> {
        let cloud = self.cloud.connect().await?;
        let latest = status::latest(&cloud, &self.target).await?;
        let Some(before) = latest.deployment.tags.get(BEFORE) else {
            let name = latest.deployment.deployment_name;
            return Err(RollbackError::First { name });
        };
        let before = cloud.deployment(before).await?;
        let deployment = again(before, &latest);
        if self.dry_run {
            json(&[deployment]);
            return Ok(ExitCode::SUCCESS);
        }
        let id = cloud.deploy(&deployment).await?;
        note(format_args!(
            "deployed {} as {id}",
            deployment.deployment_name
        ));
        let sent = cloud.deployment(&id).await?;
        let outcome = self.wait.until_it_runs(&cloud, sent).await?;
        Ok(exit_code(outcome))
    }
}

/// An earlier deployment, to be sent once more; its own past stays its past.
fn again(before: Sent, latest: &Sent) -> Deployment {
    let mut deployment = before.deployment;
    deployment
        .tags
        .insert(INSTEAD_OF.to_owned(), latest.id.clone());
    deployment.with_token()
}

/// Nothing can be taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RollbackError {
    /// The cloud refuses.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There is no deployment.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// There is nothing before it.
    #[error("{name} is the first deployment of its group; there is nothing to go back to")]
    First {
        /// Its name.
        name: String,
    },
}
