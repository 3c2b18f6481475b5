//! How the boxes of a group are: what they report, and what follows from it.
//!
//! Promise: a box counts as running a deployment only if it says so itself, is healthy, and reports
//! every version of the deployment; whatever does not is named with its component and reason.

use std::collections::BTreeMap;

use aws_sdk_greengrassv2::types::{
    CoreDevice, CoreDeviceStatus, EffectiveDeployment,
    EffectiveDeploymentExecutionStatus as Execution, InstalledComponent,
    InstalledComponentLifecycleState as State,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::group::Sent;

/// Boxes that are asked about at a time.
const AT_ONCE: usize = 8;
/// Most boxes of a group.
const BOXES_MAX: usize = 10_000;

/// A group and what it runs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fleet {
    pub(crate) target: String,
    pub(crate) deployment: String,
    pub(crate) deployment_id: String,
    /// Of the deployment: `CANCELED` when too many boxes failed.
    pub(crate) status: String,
    pub(crate) boxes: Vec<Box>,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Box {
    pub(crate) name: String,
    pub(crate) healthy: bool,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// Versions that it reports, of the deployment's components.
    pub(crate) versions: BTreeMap<String, String>,
}

/// Whether a box runs the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It does.
    Runs,
    /// Not yet, because.
    Underway(String),
    /// It will not, because.
    Failed(String),
}

/// What a box says of itself.
#[derive(Debug)]
struct Report {
    name: String,
    healthy: bool,
    execution: Option<EffectiveDeployment>,
    installed: Vec<InstalledComponent>,
}

/// What follows for the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Runs,
    Underway,
    Failed,
}

impl Fleet {
    /// Asks about every box of a target.
    pub(crate) async fn look(cloud: &Cloud, sent: &Sent) -> Result<Self, CloudError> {
        let target = &sent.deployment.target_arn;
        let devices = devices(cloud, target).await?;
        let reports: Vec<Report> = stream::iter(devices)
            .map(|device| report(cloud, device, &sent.id))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Self {
            target: target.clone(),
            deployment: sent.deployment.deployment_name.clone(),
            deployment_id: sent.id.clone(),
            status: sent.status.clone(),
            boxes: reports
                .into_iter()
                .map(|report| report.judged(sent))
                .collect(),
        })
    }

    /// What follows: one failed box is a failure, one that is not ready makes all wait, and a group
    /// without boxes (or that does not exist) runs nothing.
    pub(crate) fn outcome(&self) -> Outcome {
        let any = |is: fn(&Verdict) -> bool| self.boxes.iter().any(|b| is(&b.verdict));
        if self.status == "CANCELED" || any(|verdict| matches!(verdict, Verdict::Failed(_))) {
            Outcome::Failed
        } else if self.boxes.is_empty() || any(|verdict| matches!(verdict, Verdict::Underway(_))) {
            Outcome::Underway
        } else {
            Outcome::Runs
        }
    }
}

impl Report {
    fn judged(self, sent: &Sent) -> Box {
        let wanted = &sent.deployment.components;
        let versions = self.installed.iter().filter_map(|component| {
            let name = component.component_name()?;
            let version = component.component_version()?;
            wanted
                .contains_key(name)
                .then(|| (name.to_owned(), version.to_owned()))
        });
        Box {
            versions: versions.collect(),
            verdict: self.verdict(sent),
            name: self.name,
            healthy: self.healthy,
        }
    }

    fn verdict(&self, sent: &Sent) -> Verdict {
        let failing = self.failing(sent);
        let Some(execution) = &self.execution else {
            return Verdict::Underway("has not heard of it".to_owned());
        };
        match execution.core_device_execution_status() {
            Execution::Succeeded | Execution::Completed => match failing {
                Some((true, why)) => Verdict::Failed(why),
                Some((false, why)) => Verdict::Underway(why),
                None if !self.healthy => Verdict::Failed("is unhealthy".to_owned()),
                None => self.lacks(sent).map_or(Verdict::Runs, Verdict::Underway),
            },
            Execution::InProgress | Execution::Queued => {
                let state = execution.core_device_execution_status().as_str();
                Verdict::Underway(
                    failing.map_or(state.to_owned(), |(_, why)| format!("{state}, {why}")),
                )
            }
            status => {
                let reason = reason(execution).unwrap_or_else(|| "no reason given".to_owned());
                let reason = format!("{}: {reason}", status.as_str());
                Verdict::Failed(
                    failing.map_or(reason.clone(), |(_, why)| format!("{reason}; {why}")),
                )
            }
        }
    }

    /// The component that does not run, whether that is final, and why.
    fn failing(&self, sent: &Sent) -> Option<(bool, String)> {
        let of_it = |component: &&InstalledComponent| {
            let name = component.component_name().unwrap_or_default();
            sent.deployment.components.contains_key(name)
        };
        self.installed.iter().filter(of_it).find_map(|component| {
            let state = component.lifecycle_state()?;
            let is_final = match state {
                State::Broken => true,
                State::Errored => false,
                _ => return None,
            };
            let name = component.component_name().unwrap_or_default();
            let version = component.component_version().unwrap_or_default();
            let details = component
                .lifecycle_state_details()
                .map(|text| format!(": {text}"));
            let details = details.unwrap_or_default();
            Some((
                is_final,
                format!("{name} {version} is {}{details}", state.as_str()),
            ))
        })
    }

    /// A component of the deployment that the box does not report in its version.
    fn lacks(&self, sent: &Sent) -> Option<String> {
        let reported = |name: &str| {
            let mut installed = self.installed.iter();
            installed.find(|component| component.component_name() == Some(name))
        };
        let mut wanted = sent.deployment.components.iter();
        wanted.find_map(|(name, wanted)| {
            let wanted = &wanted.component_version;
            match reported(name).and_then(InstalledComponent::component_version) {
                None => Some(format!("does not report {name} {wanted}")),
                Some(version) if version == wanted => None,
                Some(version) => Some(format!("reports {name} {version}, not {wanted}")),
            }
        })
    }
}

/// What a box says about its failure, the deepest cause last.
fn reason(execution: &EffectiveDeployment) -> Option<String> {
    let details = execution.status_details();
    let stack = details.map(|details| details.error_stack().join(" > "));
    let stack = stack.filter(|stack| !stack.is_empty());
    match (execution.reason(), stack) {
        (Some(reason), Some(stack)) => Some(format!("{reason} ({stack})")),
        (Some(reason), None) => Some(reason.to_owned()),
        (None, stack) => stack,
    }
}

/// Names of the boxes of a target.
pub(crate) async fn names(cloud: &Cloud, target: &str) -> Result<Vec<String>, CloudError> {
    let devices = devices(cloud, target).await?;
    let name = |device: CoreDevice| device.core_device_thing_name().map(str::to_owned);
    Ok(devices.into_iter().filter_map(name).collect())
}

async fn devices(cloud: &Cloud, target: &str) -> Result<Vec<CoreDevice>, CloudError> {
    let pages = cloud.greengrass.list_core_devices().thing_group_arn(target);
    let mut items = pages.into_paginator().items().send();
    let mut devices = Vec::new();
    while let Some(device) = items.next().await {
        devices.push(device.map_err(|error| {
            let act = format!("list the boxes of {target}");
            CloudError::of(act, "greengrass:ListCoreDevices", &error)
        })?);
        if devices.len() > BOXES_MAX {
            return Err(CloudError::Refused {
                act: format!("list the boxes of {target}"),
                code: "too many".to_owned(),
                message: format!("a group has at most {BOXES_MAX} boxes here; look at its parts"),
            });
        }
    }
    devices.sort_by_key(|device: &CoreDevice| device.core_device_thing_name().map(str::to_owned));
    Ok(devices)
}

async fn report(cloud: &Cloud, device: CoreDevice, id: &str) -> Result<Report, CloudError> {
    let name = device
        .core_device_thing_name()
        .unwrap_or_default()
        .to_owned();
    let (executions, installed) =
        tokio::try_join!(executions(cloud, &name), installed(cloud, &name))?;
    Ok(Report {
        healthy: device.status() != Some(&CoreDeviceStatus::Unhealthy),
        execution: executions
            .into_iter()
            .find(|execution| execution.deployment_id() == id),
        installed,
        name,
    })
}

async fn executions(cloud: &Cloud, name: &str) -> Result<Vec<EffectiveDeployment>, CloudError> {
    let request = cloud.greengrass.list_effective_deployments();
    let pages = request.core_device_thing_name(name).into_paginator();
    let found = pages.items().send().try_collect().await;
    found.map_err(|error| {
        let act = format!("list the deployments of {name}");
        CloudError::of(act, "greengrass:ListEffectiveDeployments", &error)
    })
}

async fn installed(cloud: &Cloud, name: &str) -> Result<Vec<InstalledComponent>, CloudError> {
    let request = cloud.greengrass.list_installed_components();
    let pages = request.core_device_thing_name(name).into_paginator();
    let found = pages.items().send().try_collect().await;
    found.map_err(|error| {
        let act = format!("list the components of {name}");
        CloudError::of(act, "greengrass:ListInstalledComponents", &error)
    })
}

#[cfg(test)]
mod tests;
