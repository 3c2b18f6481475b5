//! `cargo x deploy`: a group of boxes runs a release, the first few before the others.
//!
//! Promise: what is sent names everything that the boxes shall run; what they ran before is noted
//! in the deployment itself, so that any machine can take it back; nothing is sent twice, and nothing
//! to the others before the first few run it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kit::clock::Clock;
use kit::signing::PublicKey;
use release::{Release, ReleaseError};

use crate::cloud::{Cloud, CloudArgs, CloudError};
use crate::deployment::{DeploymentError, Wishes};
use crate::fleet::{self, Fleet, Outcome};
use crate::group::Sent;
use crate::output::{json, note};
use crate::request::{BEFORE, Deployment};
use crate::status::{exit_code, show};

/// Let a group of boxes run a release; waits until they do.
#[derive(Debug, Clone, Args)]
pub(crate) struct Deploy {
    /// The thing group, by name or ARN.
    #[arg(long)]
    target: String,
    /// A group that runs it first; its boxes are in no other group that is deployed to.
    #[arg(long, value_name = "GROUP")]
    canary: Option<String>,
    /// List of the release, as `package` printed it.
    #[arg(long)]
    set: PathBuf,
    /// A key whose releases are believed.
    #[arg(long, required = true, value_name = "KEY", allow_hyphen_values = true)]
    trust: Vec<PublicKey>,
    /// Configuration, policies and pace (`infra/deployment.yaml` is an example).
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    wait: Wait,
    /// Print what would be sent, as JSON, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

/// How long to wait for boxes.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Wait {
    /// Longest wait for each group, in seconds; 0 returns at once.
    #[arg(long, default_value_t = 1800, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    wait: u64,
    /// Between two looks, in milliseconds.
    #[arg(long, default_value_t = 10_000, hide = true)]
    look_ms: u64,
}

impl Deploy {
    /// Deploys.
    pub(crate) async fn run(self) -> Result<ExitCode, DeployError> {
        let release = Release::open(&self.set, &self.trust)?;
        let wishes = Wishes::read(self.with.as_deref())?;
        let cloud = self.cloud.connect().await?;
        let groups: Vec<_> = self.canary.iter().chain([&self.target]).collect();
        if let Some(canary) = &self.canary {
            refuse_overlap(&cloud, canary, &self.target).await?;
        }
        let mut wanted = Vec::new();
        for group in groups {
            let target = cloud.home.group(group);
            let name = group.rsplit('/').next().unwrap_or(group);
            let deployment = wishes.deployment(&release, &target, name)?;
            let before = cloud.latest(&target).await?;
            wanted.push((after(deployment, before.as_ref()), before));
        }
        if self.dry_run {
            let requests: Vec<_> = wanted.iter().map(|(deployment, _)| deployment).collect();
            json(&requests);
            return Ok(ExitCode::SUCCESS);
        }
        let mut outcome = Outcome::Runs;
        for (deployment, before) in wanted {
            let sent = send(&cloud, deployment, before).await?;
            outcome = self.wait.until_it_runs(&cloud, sent).await?;
            if outcome != Outcome::Runs {
                break;
            }
        }
        Ok(exit_code(outcome))
    }
}

/// Notes what a deployment comes after.
fn after(mut deployment: Deployment, before: Option<&Sent>) -> Deployment {
    if let Some(before) = before {
        deployment.tags.insert(BEFORE.to_owned(), before.id.clone());
    }
    deployment.with_token()
}

/// Sends a deployment, unless the target has it already.
async fn send(
    cloud: &Cloud,
    deployment: Deployment,
    before: Option<Sent>,
) -> Result<Sent, CloudError> {
    if let Some(before) = before
        && before.status == "ACTIVE"
        && before.deployment.same(&deployment)
    {
        note(format_args!(
            "{} is deployed already",
            deployment.deployment_name
        ));
        return Ok(before);
    }
    let id = cloud.deploy(&deployment).await?;
    note(format_args!(
        "deployed {} as {id}",
        deployment.deployment_name
    ));
    cloud.deployment(&id).await
}

impl Wait {
    /// Waits until every box runs a deployment or one failed, and shows how they are.
    pub(crate) async fn until_it_runs(
        self,
        cloud: &Cloud,
        sent: Sent,
    ) -> Result<Outcome, CloudError> {
        let (longest, pause) = (
            Duration::from_secs(self.wait),
            Duration::from_millis(self.look_ms),
        );
        let clock = Clock::system();
        let begun = clock.monotonic();
        loop {
            let latest = cloud.deployment(&sent.id).await?;
            let fleet = Fleet::look(cloud, &latest).await?;
            let outcome = fleet.outcome();
            let is_late = clock.monotonic().duration_since(begun) >= longest;
            if outcome != Outcome::Underway || is_late {
                show(&fleet);
                return Ok(outcome);
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// A box in both groups would have two lists that contradict each other.
async fn refuse_overlap(cloud: &Cloud, canary: &str, target: &str) -> Result<(), DeployError> {
    let [first, others] = [canary, target].map(|group| cloud.home.group(group));
    let (first, others) =
        tokio::try_join!(fleet::names(cloud, &first), fleet::names(cloud, &others))?;
    match first.iter().find(|name| others.contains(name)) {
        None => Ok(()),
        Some(name) => Err(DeployError::Overlap {
            name: name.clone(),
            canary: canary.to_owned(),
            target: target.to_owned(),
        }),
    }
}

/// A release cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeployError {
    /// It is not believed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The deployment cannot be made.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The cloud refuses.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A box would get two lists.
    #[error(
        "{name} is in {canary} and in {target}: it would have to run two releases at once; take it \
         out of one of them"
    )]
    Overlap {
        /// The box.
        name: String,
        /// The one group.
        canary: String,
        /// The other.
        target: String,
    },
}
