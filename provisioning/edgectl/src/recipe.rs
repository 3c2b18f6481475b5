//! Greengrass recipes, read as both nuclei read them, without touching the world.
//!
//! Promise: what is accepted here runs on the classic nucleus and on Nucleus Lite, and means here
//! what it means there, but for privileges: everything runs as the caller. Whatever this does not
//! interpret (`shutdown`, `Skipif`, patterns in platforms, unquoted numbers) is refused by name instead
//! of skipped.

use std::collections::BTreeMap;

use serde_json::Value;

mod configuration;
mod error;
mod form;
mod interpolation;
mod lifecycle;
mod platform;

pub(crate) use configuration::{declares, merge, set};
pub(crate) use error::RecipeError;
pub(crate) use form::{Artifact, Dependency};
pub(crate) use interpolation::Scope;
pub(crate) use lifecycle::{Lifecycle, Service, Step};
pub(crate) use platform::Host;

/// The only recipe format there is.
const FORMAT: &str = "2020-01-25";

/// The kind of component that runs as its own process.
const GENERIC: &str = "aws.greengrass.generic";

/// A component as it is deployed.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// Its name: folder, crate, bus client.
    pub name: String,
    /// What it starts after.
    pub dependencies: BTreeMap<String, Dependency>,
    /// Its configuration before a deployment merges its own.
    pub defaults: Value,
    manifests: Vec<form::Manifest>,
}

impl Recipe {
    /// Reads a recipe; `name` is what it must call itself.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, RecipeError> {
        let form = form::parse(text).map_err(|source| RecipeError::Form {
            recipe: name.to_owned(),
            source,
        })?;
        expect(name, "RecipeFormatVersion", &form.format, FORMAT)?;
        expect(name, "ComponentName", &form.name, name)?;
        expect(name, "ComponentType", &form.kind, GENERIC)?;
        configuration::refuse_numbers(name, &form.configuration.defaults)?;
        Ok(Self {
            name: form.name,
            dependencies: form.dependencies,
            defaults: form.configuration.defaults,
            manifests: form.manifests,
        })
    }

    /// The artifacts of the first manifest that fits the host.
    pub(crate) fn artifacts(&self, host: Host<'_>) -> Result<&[Artifact], RecipeError> {
        Ok(&self.manifest(host)?.artifacts)
    }

    /// What to run on this host, with every variable replaced.
    pub(crate) fn lifecycle(
        &self,
        host: Host<'_>,
        scope: &Scope<'_>,
    ) -> Result<Lifecycle, RecipeError> {
        lifecycle::resolve(&self.name, &self.manifest(host)?.lifecycle, scope)
    }

    fn manifest(&self, host: Host<'_>) -> Result<&form::Manifest, RecipeError> {
        self.manifests
            .iter()
            .find(|manifest| manifest.platform.fits(host))
            .ok_or_else(|| RecipeError::NoManifest {
                recipe: self.name.clone(),
                host: host.to_string(),
            })
    }
}

fn expect(recipe: &str, key: &str, got: &str, expected: &str) -> Result<(), RecipeError> {
    if got == expected {
        return Ok(());
    }
    Err(RecipeError::Unexpected {
        recipe: recipe.to_owned(),
        key: key.to_owned(),
        got: got.to_owned(),
        expected: expected.to_owned(),
    })
}

#[cfg(test)]
mod tests;
