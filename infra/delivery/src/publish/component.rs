//! Versions of components that are made once and never replaced.

use std::time::Duration;

use aws_sdk_greengrassv2::operation::describe_component::{
    DescribeComponentError, DescribeComponentOutput,
};
use aws_sdk_greengrassv2::primitives::Blob;
use aws_sdk_greengrassv2::types::CloudComponentState;
use kit::clock::Clock;
use kit::digest::sha256;
use release::Component;

use super::{ComponentVersion, PublishError};
use crate::cloud::{Cloud, CloudError};
use crate::output::note;

/// Tag by which a component version is known again: Greengrass itself rewrites recipes.
const CONTENT: &str = "hotel-content";
/// Longest wait until a version can be deployed; Greengrass copies its artifacts meanwhile.
const WAIT: Duration = Duration::from_mins(3);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

impl ComponentVersion {
    pub(super) fn new(name: &str, component: &Component, inline_recipe: String) -> Self {
        let mut content = sha256(inline_recipe.as_bytes()).to_string();
        for artifact in &component.artifacts {
            content.extend([" ", artifact.path.as_str(), " "]);
            content.push_str(&artifact.sha256.to_string());
        }
        let content = sha256(content.as_bytes()).to_string();
        Self {
            inline_recipe,
            tags: [(CONTENT.to_owned(), content.clone())].into(),
            // The same for the same content, so that a repeated request makes nothing twice.
            client_token: content,
            name: name.to_owned(),
            version: component.version.to_string(),
        }
    }

    /// Makes it, unless it is there.
    pub(super) async fn send(&self, cloud: &Cloud) -> Result<(), PublishError> {
        let Self { name, version, .. } = self;
        match self.described(cloud).await? {
            Some(found)
                if found.tags().and_then(|tags| tags.get(CONTENT)) == self.tags.get(CONTENT) =>
            {
                note(format_args!("{name} {version} is there"));
                Ok(())
            }
            Some(_) => Err(PublishError::Other {
                name: name.clone(),
                version: version.clone(),
            }),
            None => self.create(cloud).await,
        }
    }

    async fn create(&self, cloud: &Cloud) -> Result<(), PublishError> {
        let Self { name, version, .. } = self;
        note(format_args!("making {name} {version}"));
        let request = cloud
            .greengrass
            .create_component_version()
            .inline_recipe(Blob::new(self.inline_recipe.as_bytes()))
            .set_tags(Some(self.tags.clone().into_iter().collect()))
            .client_token(&self.client_token);
        request.send().await.map_err(|error| {
            let act = format!("make {name} {version}");
            CloudError::of(act, "greengrass:CreateComponentVersion", &error)
        })?;
        Ok(())
    }

    /// Waits until it can be deployed.
    pub(super) async fn deployable(&self, cloud: &Cloud) -> Result<(), PublishError> {
        let clock = Clock::system();
        let begun = clock.monotonic();
        loop {
            let found = self.described(cloud).await?;
            let (state, why) = state(found.as_ref());
            let (name, version) = (self.name.clone(), self.version.clone());
            match state {
                CloudComponentState::Deployable => return Ok(()),
                CloudComponentState::Requested | CloudComponentState::Initiated => {}
                _ => {
                    let state = state.as_str().to_owned();
                    return Err(PublishError::Broken {
                        name,
                        version,
                        state,
                        why,
                    });
                }
            }
            if clock.monotonic().duration_since(begun) >= WAIT {
                return Err(PublishError::Late {
                    name,
                    version,
                    state: state.as_str().to_owned(),
                    waited_s: WAIT.as_secs(),
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn described(
        &self,
        cloud: &Cloud,
    ) -> Result<Option<DescribeComponentOutput>, PublishError> {
        let Self { name, version, .. } = self;
        let arn = cloud.home.component(name, version);
        match cloud.greengrass.describe_component().arn(arn).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeComponentError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => {
                let act = format!("look at {name} {version}");
                Err(CloudError::of(act, "greengrass:DescribeComponent", &error).into())
            }
        }
    }
}

/// The state of a version, and Greengrass's words; one that is not there yet is only requested.
fn state(found: Option<&DescribeComponentOutput>) -> (CloudComponentState, String) {
    let status = found.and_then(DescribeComponentOutput::status);
    let state = status.and_then(|status| status.component_state());
    let message = status.and_then(|status| status.message());
    (
        state.cloned().unwrap_or(CloudComponentState::Requested),
        message.unwrap_or("no reason given").to_owned(),
    )
}
