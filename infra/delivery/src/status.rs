//! `cargo x status`: how the boxes of a group are.

use std::process::ExitCode;

use clap::Args;

use crate::cloud::{Cloud, CloudArgs, CloudError};
use crate::fleet::{Box, Fleet, Outcome, Verdict};
use crate::group::Sent;
use crate::output::{json, say};

/// Exit code: not every box runs it yet.
const UNDERWAY: u8 = 3;
/// Exit code: some box will not run it.
const FAILED: u8 = 4;

/// Show how the boxes of a group are; exit code 0 all run it, 3 not yet, 4 some failed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Status {
    /// The thing group, by name or ARN.
    #[arg(long)]
    target: String,
    #[command(flatten)]
    cloud: CloudArgs,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Shows it.
    pub(crate) async fn run(self) -> Result<ExitCode, StatusError> {
        let cloud = self.cloud.connect().await?;
        let sent = latest(&cloud, &self.target).await?;
        let fleet = Fleet::look(&cloud, &sent).await?;
        if self.json {
            json(&fleet);
        } else {
            show(&fleet);
        }
        Ok(exit_code(fleet.outcome()))
    }
}

/// The latest deployment of a group.
pub(crate) async fn latest(cloud: &Cloud, group: &str) -> Result<Sent, StatusError> {
    let target = cloud.home.group(group);
    let latest = cloud.latest(&target).await?;
    latest.ok_or(StatusError::Nothing { target })
}

/// Shows a group, the boxes with problems in full.
pub(crate) fn show(fleet: &Fleet) {
    let count = |is: fn(&Verdict) -> bool| fleet.boxes.iter().filter(|b| is(&b.verdict)).count();
    let runs = count(|verdict| matches!(verdict, Verdict::Runs));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    say(format_args!(
        "{}: {} ({}): {runs} of {} boxes run it, {failed} failed",
        fleet.target,
        fleet.deployment,
        fleet.status,
        fleet.boxes.len(),
    ));
    for Box {
        name,
        healthy,
        verdict,
        versions,
    } in &fleet.boxes
    {
        let health = if *healthy { "healthy" } else { "unhealthy" };
        let told = match verdict {
            Verdict::Runs => "runs it".to_owned(),
            Verdict::Underway(why) => format!("not yet: {why}"),
            Verdict::Failed(why) => format!("failed: {why}"),
        };
        say(format_args!("  {name} {health}, {told}"));
        if *verdict != Verdict::Runs {
            for (component, version) in versions {
                say(format_args!("    {component} {version}"));
            }
        }
    }
}

/// What programs are told.
pub(crate) fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Runs => ExitCode::SUCCESS,
        Outcome::Underway => ExitCode::from(UNDERWAY),
        Outcome::Failed => ExitCode::from(FAILED),
    }
}

/// Nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatusError {
    /// The cloud refuses.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// Nothing was ever deployed.
    #[error("nothing was ever deployed to {target}; `cargo x deploy` does")]
    Nothing {
        /// The group.
        target: String,
    },
}
