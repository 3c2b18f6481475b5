//! What to run: install once, then one long-lived process.

use std::collections::BTreeMap;
use std::time::Duration;

use super::RecipeError;
use super::form::{Phase, Phases};
use super::interpolation::{Scope, interpolate};

/// What both nuclei give install and startup when the recipe says nothing.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Longest time-out that is believed to be meant.
const TIMEOUT_MAX_S: u64 = 3600;

/// A component's steps, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    /// Run to its end before the first start.
    pub install: Option<Step>,
    /// The component itself.
    pub service: Service,
}

/// The long-lived process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    /// Ready when it says so, within the step's time-out.
    Startup(Step),
    /// Ready as soon as it runs.
    Run(Step),
}

/// One script with its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// For the shell.
    pub script: String,
    /// Longest time until it has ended (install) or is ready (startup).
    pub timeout: Duration,
    /// In addition to what the nucleus gives.
    pub env: BTreeMap<String, String>,
}

pub(super) fn resolve(
    recipe: &str,
    phases: &Phases,
    scope: &Scope<'_>,
) -> Result<Lifecycle, RecipeError> {
    let resolver = Resolver {
        recipe,
        scope,
        common: &phases.setenv,
    };
    let install = phases
        .install
        .as_ref()
        .map(|phase| resolver.step("install", phase))
        .transpose()?;
    let service = match (&phases.startup, &phases.run) {
        (Some(startup), None) => Service::Startup(resolver.step("startup", startup)?),
        (None, Some(run)) => Service::Run(resolver.step("run", run)?),
        (Some(_), Some(_)) | (None, None) => {
            return Err(RecipeError::Lifecycle {
                recipe: recipe.to_owned(),
            });
        }
    };
    Ok(Lifecycle { install, service })
}

struct Resolver<'a> {
    recipe: &'a str,
    scope: &'a Scope<'a>,
    common: &'a BTreeMap<String, String>,
}

impl Resolver<'_> {
    fn step(&self, name: &str, Phase(phase): &Phase) -> Result<Step, RecipeError> {
        let mut env = self.environment("Setenv", self.common)?;
        env.extend(self.environment(&format!("{name}.Setenv"), &phase.setenv)?);
        Ok(Step {
            script: self.text(&format!("{name}.Script"), &phase.script)?,
            timeout: self.timeout(&format!("{name}.Timeout"), phase.timeout.as_deref())?,
            env,
        })
    }

    fn environment(
        &self,
        key: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, RecipeError> {
        variables
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.text(&format!("{key}.{name}"), value)?)))
            .collect()
    }

    fn timeout(&self, key: &str, seconds: Option<&str>) -> Result<Duration, RecipeError> {
        let Some(seconds) = seconds else {
            return Ok(TIMEOUT);
        };
        let got = self.text(key, seconds)?;
        match got.parse() {
            Ok(seconds @ 1..=TIMEOUT_MAX_S) => Ok(Duration::from_secs(seconds)),
            Ok(_) | Err(_) => Err(RecipeError::Timeout {
                recipe: self.recipe.to_owned(),
                key: key.to_owned(),
                got,
            }),
        }
    }

    fn text(&self, key: &str, text: &str) -> Result<String, RecipeError> {
        interpolate(text, self.scope).map_err(|bad| RecipeError::Variable {
            recipe: self.recipe.to_owned(),
            key: key.to_owned(),
            variable: bad.variable,
            problem: bad.problem,
        })
    }
}
