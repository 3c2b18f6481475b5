//! A group of boxes and its deployments, as the cloud knows them.

use aws_sdk_greengrassv2::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_greengrassv2::types::{DeploymentHistoryFilter, DeploymentStatus};

use crate::cloud::{Cloud, CloudError};
use crate::request::Deployment;

/// A deployment that is in the cloud.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) deployment: Deployment,
    /// `ACTIVE`, `CANCELED`, …
    pub(crate) status: String,
}

impl Cloud {
    /// The latest deployment of a target; none when nothing was ever deployed.
    pub(crate) async fn latest(&self, target: &str) -> Result<Option<Sent>, CloudError> {
        let listed = self
            .greengrass
            .list_deployments()
            .target_arn(target)
            .history_filter(DeploymentHistoryFilter::LatestOnly)
            .send()
            .await
            .map_err(|error| {
                let act = format!("list the deployments of {target}");
                CloudError::of(act, "greengrass:ListDeployments", &error)
            })?;
        let id = listed
            .deployments()
            .first()
            .and_then(|found| found.deployment_id());
        match id {
            None => Ok(None),
            Some(id) => self.deployment(id).await.map(Some),
        }
    }

    /// One deployment.
    pub(crate) async fn deployment(&self, id: &str) -> Result<Sent, CloudError> {
        let found: GetDeploymentOutput = self
            .greengrass
            .get_deployment()
            .deployment_id(id)
            .send()
            .await
            .map_err(|error| {
                let act = format!("read deployment {id}");
                CloudError::of(act, "greengrass:GetDeployment", &error)
            })?;
        let status = found.deployment_status().map(DeploymentStatus::as_str);
        Ok(Sent {
            id: id.to_owned(),
            deployment: Deployment::of(&found),
            status: status.unwrap_or("ACTIVE").to_owned(),
        })
    }

    /// Sends a deployment; returns its id.
    pub(crate) async fn deploy(&self, deployment: &Deployment) -> Result<String, CloudError> {
        let act = || format!("deploy {}", deployment.deployment_name);
        let request = deployment.fill(self.greengrass.create_deployment());
        let request = request.map_err(|error| CloudError::Refused {
            act: act(),
            code: "incomplete".to_owned(),
            message: error.to_string(),
        })?;
        let created = request.send().await;
        let created = created
            .map_err(|error| CloudError::of(act(), "greengrass:CreateDeployment", &error))?;
        Ok(created.deployment_id().unwrap_or_default().to_owned())
    }
}
