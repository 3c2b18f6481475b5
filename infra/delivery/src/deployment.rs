//! What a deployment consists of, from a release and the operator's file.
//!
//! The list is always complete: Greengrass uninstalls what a new deployment of a target does not
//! name. Each component's configuration is reset before the file's values are merged, so that a box
//! has the defaults of this version and the values of this file, whatever was deployed before.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use release::{RecipeError, Release, ReleaseError, Version, sum};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::request::{
    Abort, Criterion, Deployment, Exponential, Increase, Job, Notice, Pace, Policies, RELEASE,
    Specification, Timeout, Update, Validation,
};

/// Largest file of an operator.
const FILE_MAX: u64 = 1024 * 1024;
/// Everything of a component's configuration.
const WHOLE: &str = "";
/// How long a nucleus waits for the verdict on a new configuration; the default of Greengrass.
const VALIDATION_S: i32 = 30;

/// The operator's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wishes {
    /// Components of others that belong on the boxes, too: name and version.
    others: BTreeMap<String, String>,
    /// Components of the release that these boxes do without.
    without: Vec<String>,
    /// Values by component, merged over its recipe's defaults.
    configuration: BTreeMap<String, Map<String, Value>>,
    /// How long components may put an update off, in seconds; nothing on Nucleus Lite.
    notify_s: i32,
    /// What a box does that cannot run it; nothing on Nucleus Lite.
    on_failure: OnFailure,
    /// How fast it spreads.
    rollout: Rollout,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            others: BTreeMap::new(),
            without: Vec::new(),
            configuration: BTreeMap::new(),
            notify_s: 60,
            on_failure: OnFailure::Rollback,
            rollout: Rollout::default(),
        }
    }
}

/// What a box does with a deployment that fails there.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnFailure {
    Rollback,
    Nothing,
}

/// How fast a deployment spreads over a group, and when it is stopped.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rollout {
    /// Boxes that are told in the first minute.
    first_per_minute: i32,
    /// By how much more each time …
    factor: f64,
    /// … that so many boxes have succeeded.
    after_succeeded: i32,
    /// Most boxes that are told in a minute.
    most_per_minute: i32,
    /// Percent of failed boxes at which no further one is told …
    stop_at_failed_percent: f64,
    /// … once so many have tried.
    stop_after: i32,
    /// Longest time of a box, in minutes.
    box_minutes: i64,
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            first_per_minute: 5,
            factor: 2.0,
            after_succeeded: 5,
            most_per_minute: 100,
            stop_at_failed_percent: 10.0,
            stop_after: 3,
            box_minutes: 60,
        }
    }
}

impl Wishes {
    /// Reads the operator's file; without one, everything is as it is usual.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, DeploymentError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let failed = |source| DeploymentError::Read {
            path: path.to_owned(),
            source,
        };
        if fs::metadata(path).map_err(failed)?.len() > FILE_MAX {
            return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        serde_saphyr::from_str(&text).map_err(|source| DeploymentError::Form {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// The deployment for a target, without its history.
    pub(crate) fn deployment(
        &self,
        release: &Release,
        target: &str,
        name: &str,
    ) -> Result<Deployment, DeploymentError> {
        let mut components = self.of_release(release)?;
        self.refuse_strangers(&components)?;
        for (name, version) in &self.others {
            if components.contains_key(name) {
                let name = name.clone();
                return Err(DeploymentError::Twice { name });
            }
            let merge = self.configuration.get(name);
            let specification = Specification {
                component_version: version.clone(),
                configuration_update: merge.map(|merge| Update {
                    merge: Some(json(merge)),
                    reset: Vec::new(),
                }),
            };
            components.insert(name.clone(), specification);
        }
        let release = release.set.version.to_string();
        Ok(Deployment {
            target_arn: target.to_owned(),
            deployment_name: format!("{name} {release}"),
            components,
            deployment_policies: self.policies(),
            iot_job_configuration: self.rollout.job(),
            tags: [(RELEASE.to_owned(), release)].into(),
            client_token: None,
        })
    }

    fn of_release(
        &self,
        release: &Release,
    ) -> Result<BTreeMap<String, Specification>, DeploymentError> {
        let mut components = BTreeMap::new();
        for (name, component) in &release.set.components {
            let name = name.as_str();
            if self.without.iter().any(|without| without == name) {
                continue;
            }
            let merge = self.configuration.get(name);
            if let Some(merge) = merge {
                refuse_unfit(name, &defaults(release, component)?, merge)?;
            }
            let update = Update {
                merge: merge.map(json),
                reset: vec![WHOLE.to_owned()],
            };
            let specification = Specification {
                component_version: component.version.to_string(),
                configuration_update: Some(update),
            };
            components.insert(name.to_owned(), specification);
        }
        Ok(components)
    }

    /// Refuses values for components that are not deployed: a typing error, usually.
    fn refuse_strangers(
        &self,
        components: &BTreeMap<String, Specification>,
    ) -> Result<(), DeploymentError> {
        let known =
            |name: &&String| components.contains_key(*name) || self.others.contains_key(*name);
        match self.configuration.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(DeploymentError::Stranger { name: name.clone() }),
        }
    }

    fn policies(&self) -> Policies {
        let failure = match self.on_failure {
            OnFailure::Rollback => "ROLLBACK",
            OnFailure::Nothing => "DO_NOTHING",
        };
        Policies {
            failure_handling_policy: failure.to_owned(),
            component_update_policy: Notice {
                action: "NOTIFY_COMPONENTS".to_owned(),
                timeout_in_seconds: self.notify_s,
            },
            configuration_validation_policy: Validation {
                timeout_in_seconds: VALIDATION_S,
            },
        }
    }
}

impl Rollout {
    fn job(&self) -> Job {
        let criterion = Criterion {
            failure_type: "ALL".to_owned(),
            action: "CANCEL".to_owned(),
            threshold_percentage: self.stop_at_failed_percent,
            min_number_of_executed_things: self.stop_after,
        };
        Job {
            job_executions_rollout_config: Some(Pace {
                exponential_rate: Exponential {
                    base_rate_per_minute: self.first_per_minute,
                    increment_factor: self.factor,
                    rate_increase_criteria: Increase {
                        number_of_succeeded_things: self.after_succeeded,
                    },
                },
                maximum_per_minute: self.most_per_minute,
            }),
            abort_config: Some(Abort {
                criteria_list: vec![criterion],
            }),
            timeout_config: Some(Timeout {
                in_progress_timeout_in_minutes: self.box_minutes,
            }),
        }
    }
}

/// What a component is configured with by its recipe, if that is what the list says.
fn defaults(release: &Release, component: &release::Component) -> Result<Value, DeploymentError> {
    let path = release.path(&component.recipe.path);
    let read = |source| ReleaseError::Read {
        path: path.clone(),
        source,
    };
    let found = sum(&path).map_err(read)?;
    if found.sha256 != component.recipe.sha256 {
        let file = component.recipe.path.clone();
        let what = "its SHA-256 is another".to_owned();
        return Err(ReleaseError::Tampered { file, what }.into());
    }
    let text = fs::read_to_string(&path).map_err(read)?;
    release::defaults(&text).map_err(|source| DeploymentError::Recipe {
        version: component.version,
        source,
    })
}

/// Refuses a key that the recipe does not declare and a value of another kind than its default, by
/// place. What a value has to be beyond its kind, the component knows, and keeps its last good one.
fn refuse_unfit(
    component: &str,
    defaults: &Value,
    merge: &Map<String, Value>,
) -> Result<(), DeploymentError> {
    unfit(defaults, merge, "").map_or(Ok(()), |(place, why)| {
        Err(DeploymentError::Unfit {
            component: component.to_owned(),
            place,
            why,
        })
    })
}

fn unfit(
    defaults: &Value,
    merge: &Map<String, Value>,
    place: &str,
) -> Option<(String, &'static str)> {
    let declared = defaults.as_object()?;
    // A recipe that declares an empty map takes any key.
    if declared.is_empty() && !place.is_empty() {
        return None;
    }
    merge.iter().find_map(|(key, value)| {
        let place = format!("{place}/{key}");
        let Some(default) = declared.get(key) else {
            return Some((place, "is not declared by its recipe"));
        };
        match (default, value) {
            (Value::Object(_), Value::Object(below)) => unfit(default, below, &place),
            (Value::Object(_), _) => Some((place, "holds further keys, not a value")),
            (Value::Array(_), Value::Array(_)) => None,
            (Value::Array(_), _) => Some((place, "is a list")),
            (_, Value::Object(_) | Value::Array(_)) => Some((place, "is a single value")),
            (Value::String(usual), value) if is_number(usual) => {
                let fits = match value {
                    Value::String(text) => is_number(text),
                    value => value.is_number(),
                };
                (!fits).then_some((place, "is a number"))
            }
            _ => None,
        }
    })
}

/// Numbers stand in quotes in recipes.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn json(merge: &Map<String, Value>) -> String {
    Value::Object(merge.clone()).to_string()
}

/// A deployment cannot be made of these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeploymentError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The file says something else.
    #[error("{} is not the file of a deployment", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<serde_saphyr::Error>,
    },
    /// The release is not believed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// A recipe cannot be read.
    #[error("version {version}")]
    Recipe {
        /// The version of its component.
        version: Version,
        /// Why not.
        source: RecipeError,
    },
    /// Values for what is not deployed.
    #[error(
        "configuration.{name}: the deployment has no such component; name it in others, or correct \
         it"
    )]
    Stranger {
        /// Its name.
        name: String,
    },
    /// Ours and somebody else's.
    #[error("others.{name}: it is a component of the release, which says its version")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A key that nobody reads.
    #[error("configuration.{component}: {place} {why}; correct or remove it")]
    Unfit {
        /// The component.
        component: String,
        /// Place of the key, a JSON pointer.
        place: String,
        /// What it is instead.
        why: &'static str,
    },
}

#[cfg(test)]
mod tests;
