//! A deployment as it is sent: what `--dry-run` prints, in the words of `CreateDeployment`.
#![expect(clippy::struct_field_names, reason = "the names are those of the API")]

use std::collections::BTreeMap;

use aws_sdk_greengrassv2::error::BuildError;
use aws_sdk_greengrassv2::operation::create_deployment::builders::CreateDeploymentFluentBuilder;
use aws_sdk_greengrassv2::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_greengrassv2::types;
use kit::digest::sha256;
use serde::Serialize;

/// Tag: the release that a deployment brings.
pub(crate) const RELEASE: &str = "hotel-release";
/// Tag: the deployment that was there before.
pub(crate) const BEFORE: &str = "hotel-before";

/// `CreateDeployment`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    pub(crate) target_arn: String,
    pub(crate) deployment_name: String,
    pub(crate) components: BTreeMap<String, Specification>,
    pub(crate) deployment_policies: Policies,
    pub(crate) iot_job_configuration: Job,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_token: Option<String>,
}

/// `ComponentDeploymentSpecification`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Specification {
    pub(crate) component_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) configuration_update: Option<Update>,
}

/// `ComponentConfigurationUpdate`: what is reset, then what is merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Update {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) merge: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reset: Vec<String>,
}

/// `DeploymentPolicies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policies {
    pub(crate) failure_handling_policy: String,
    pub(crate) component_update_policy: Notice,
    pub(crate) configuration_validation_policy: Validation,
}

/// `DeploymentComponentUpdatePolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    pub(crate) action: String,
    pub(crate) timeout_in_seconds: i32,
}

/// `DeploymentConfigurationValidationPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Validation {
    pub(crate) timeout_in_seconds: i32,
}

/// `DeploymentIoTJobConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_executions_rollout_config: Option<Pace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abort_config: Option<Abort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_config: Option<Timeout>,
}

/// `IoTJobExecutionsRolloutConfig`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pace {
    pub(crate) exponential_rate: Exponential,
    pub(crate) maximum_per_minute: i32,
}

/// `IoTJobExponentialRolloutRate`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exponential {
    pub(crate) base_rate_per_minute: i32,
    pub(crate) increment_factor: f64,
    pub(crate) rate_increase_criteria: Increase,
}

/// `IoTJobRateIncreaseCriteria`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Increase {
    pub(crate) number_of_succeeded_things: i32,
}

/// `IoTJobAbortConfig`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Abort {
    pub(crate) criteria_list: Vec<Criterion>,
}

/// `IoTJobAbortCriteria`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Criterion {
    pub(crate) failure_type: String,
    pub(crate) action: String,
    pub(crate) threshold_percentage: f64,
    pub(crate) min_number_of_executed_things: i32,
}

/// `IoTJobTimeoutConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timeout {
    pub(crate) in_progress_timeout_in_minutes: i64,
}

impl Deployment {
    /// Gives it a token of its own: repeating the request after the same deployment makes nothing
    /// twice.
    pub(crate) fn with_token(mut self) -> Self {
        self.client_token = None;
        let text = serde_json::to_vec(&self).expect("a deployment is JSON");
        self.client_token = Some(sha256(&text).to_string());
        self
    }

    /// Whether boxes would run the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.target_arn == other.target_arn && self.components == other.components
    }

    /// Puts it into the SDK's form.
    pub(crate) fn fill(
        &self,
        request: CreateDeploymentFluentBuilder,
    ) -> Result<CreateDeploymentFluentBuilder, BuildError> {
        let mut request = request
            .target_arn(&self.target_arn)
            .deployment_name(&self.deployment_name)
            .deployment_policies(self.deployment_policies.built())
            .iot_job_configuration(self.iot_job_configuration.built()?)
            .set_tags(Some(self.tags.clone().into_iter().collect()))
            .set_client_token(self.client_token.clone());
        for (name, specification) in &self.components {
            request = request.components(name, specification.built()?);
        }
        Ok(request)
    }

    /// What a deployment was that is in the cloud.
    pub(crate) fn of(found: &GetDeploymentOutput) -> Self {
        let components = found.components().into_iter().flatten();
        Self {
            target_arn: found.target_arn().unwrap_or_default().to_owned(),
            deployment_name: found.deployment_name().unwrap_or_default().to_owned(),
            components: components
                .map(|(name, specification)| (name.clone(), Specification::of(specification)))
                .collect(),
            deployment_policies: Policies::of(found.deployment_policies()),
            iot_job_configuration: found
                .iot_job_configuration()
                .map(Job::of)
                .unwrap_or_default(),
            tags: found
                .tags()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            client_token: None,
        }
    }
}

impl Specification {
    fn built(&self) -> Result<types::ComponentDeploymentSpecification, BuildError> {
        let update = self.configuration_update.as_ref().map(|update| {
            let reset = (!update.reset.is_empty()).then(|| update.reset.clone());
            types::ComponentConfigurationUpdate::builder()
                .set_merge(update.merge.clone())
                .set_reset(reset)
                .build()
        });
        types::ComponentDeploymentSpecification::builder()
            .component_version(&self.component_version)
            .set_configuration_update(update)
            .build()
    }

    fn of(found: &types::ComponentDeploymentSpecification) -> Self {
        let update = found.configuration_update();
        Self {
            component_version: found.component_version().to_owned(),
            configuration_update: update.map(|update| Update {
                merge: update.merge().map(str::to_owned),
                reset: update.reset().to_vec(),
            }),
        }
    }
}

impl Policies {
    fn built(&self) -> types::DeploymentPolicies {
        let notice = &self.component_update_policy;
        let notice = types::DeploymentComponentUpdatePolicy::builder()
            .action(notice.action.as_str().into())
            .timeout_in_seconds(notice.timeout_in_seconds)
            .build();
        let validation = types::DeploymentConfigurationValidationPolicy::builder()
            .timeout_in_seconds(self.configuration_validation_policy.timeout_in_seconds)
            .build();
        types::DeploymentPolicies::builder()
            .failure_handling_policy(self.failure_handling_policy.as_str().into())
            .component_update_policy(notice)
            .configuration_validation_policy(validation)
            .build()
    }

    /// Policies of a deployment, with Greengrass's own where it had none.
    fn of(found: Option<&types::DeploymentPolicies>) -> Self {
        let failure = found.and_then(|policies| policies.failure_handling_policy());
        let notice = found.and_then(|policies| policies.component_update_policy());
        let action = notice.and_then(|notice| notice.action());
        let validation = found.and_then(|policies| policies.configuration_validation_policy());
        Self {
            failure_handling_policy: failure
                .map_or("ROLLBACK", |policy| policy.as_str())
                .to_owned(),
            component_update_policy: Notice {
                action: action
                    .map_or("NOTIFY_COMPONENTS", |action| action.as_str())
                    .to_owned(),
                timeout_in_seconds: notice
                    .and_then(types::DeploymentComponentUpdatePolicy::timeout_in_seconds)
                    .unwrap_or(60),
            },
            configuration_validation_policy: Validation {
                timeout_in_seconds: validation
                    .and_then(types::DeploymentConfigurationValidationPolicy::timeout_in_seconds)
                    .unwrap_or(30),
            },
        }
    }
}

impl Job {
    fn built(&self) -> Result<types::DeploymentIoTJobConfiguration, BuildError> {
        let pace = self.job_executions_rollout_config.as_ref().map(Pace::built);
        let abort = self.abort_config.as_ref().map(Abort::built);
        let timeout = self.timeout_config.as_ref().map(|timeout| {
            types::IoTJobTimeoutConfig::builder()
                .in_progress_timeout_in_minutes(timeout.in_progress_timeout_in_minutes)
                .build()
        });
        Ok(types::DeploymentIoTJobConfiguration::builder()
            .set_job_executions_rollout_config(pace.transpose()?)
            .set_abort_config(abort.transpose()?)
            .set_timeout_config(timeout)
            .build())
    }

    fn of(found: &types::DeploymentIoTJobConfiguration) -> Self {
        let timeout = found.timeout_config();
        Self {
            job_executions_rollout_config: found.job_executions_rollout_config().and_then(Pace::of),
            abort_config: found.abort_config().map(Abort::of),
            timeout_config: timeout.and_then(|timeout| {
                let in_progress_timeout_in_minutes = timeout.in_progress_timeout_in_minutes()?;
                Some(Timeout {
                    in_progress_timeout_in_minutes,
                })
            }),
        }
    }
}

impl Pace {
    fn built(&self) -> Result<types::IoTJobExecutionsRolloutConfig, BuildError> {
        let rate = &self.exponential_rate;
        let increase = types::IoTJobRateIncreaseCriteria::builder()
            .number_of_succeeded_things(rate.rate_increase_criteria.number_of_succeeded_things)
            .build();
        let rate = types::IoTJobExponentialRolloutRate::builder()
            .base_rate_per_minute(rate.base_rate_per_minute)
            .increment_factor(rate.increment_factor)
            .rate_increase_criteria(increase)
            .build()?;
        Ok(types::IoTJobExecutionsRolloutConfig::builder()
            .exponential_rate(rate)
            .maximum_per_minute(self.maximum_per_minute)
            .build())
    }

    /// A pace of the kind that is made here; others are none.
    fn of(found: &types::IoTJobExecutionsRolloutConfig) -> Option<Self> {
        let rate = found.exponential_rate()?;
        let increase = rate.rate_increase_criteria()?;
        Some(Self {
            exponential_rate: Exponential {
                base_rate_per_minute: rate.base_rate_per_minute(),
                increment_factor: rate.increment_factor(),
                rate_increase_criteria: Increase {
                    number_of_succeeded_things: increase.number_of_succeeded_things()?,
                },
            },
            maximum_per_minute: found.maximum_per_minute()?,
        })
    }
}

impl Abort {
    fn built(&self) -> Result<types::IoTJobAbortConfig, BuildError> {
        let mut config = types::IoTJobAbortConfig::builder();
        for criterion in &self.criteria_list {
            let criterion = types::IoTJobAbortCriteria::builder()
                .failure_type(criterion.failure_type.as_str().into())
                .action(criterion.action.as_str().into())
                .threshold_percentage(criterion.threshold_percentage)
                .min_number_of_executed_things(criterion.min_number_of_executed_things)
                .build()?;
            config = config.criteria_list(criterion);
        }
        config.build()
    }

    fn of(found: &types::IoTJobAbortConfig) -> Self {
        let criterion = |criterion: &types::IoTJobAbortCriteria| Criterion {
            failure_type: criterion.failure_type().as_str().to_owned(),
            action: criterion.action().as_str().to_owned(),
            threshold_percentage: criterion.threshold_percentage(),
            min_number_of_executed_things: criterion.min_number_of_executed_things(),
        };
        Self {
            criteria_list: found.criteria_list().iter().map(criterion).collect(),
        }
    }
}
