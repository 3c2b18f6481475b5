//! `cargo x recipe check`: recipes that both nuclei understand, and understand alike.
//!
//! Promise: what passes uses only what the recipe reference of Greengrass v2 describes and Nucleus Lite
//! neither refuses nor ignores, grants nothing that is not needed, and carries a default configuration
//! that fits its schema. Each finding names the file, the place in it as a JSON pointer, and what to do.
//! Left out: whether scripts do what they should; the local hotel runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

mod access;
mod configuration;
mod dependency;
mod form;
mod manifest;
mod schema;
mod variable;

/// File names in a recipe's folder.
const RECIPE: &str = "recipe.yaml";
const SCHEMA: &str = "configuration.schema.json";

/// A recipe as it lies in its folder.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Name of the folder.
    name: String,
    text: Value,
    schema: Option<Value>,
}

/// What is wrong, one sentence each, collected while a recipe is read.
#[derive(Debug, Default)]
struct Findings {
    file: String,
    list: Vec<String>,
}

impl Findings {
    fn of(recipe: &str) -> Self {
        Self {
            file: format!("recipes/{recipe}/{RECIPE}"),
            list: Vec::new(),
        }
    }

    /// Adds one; `place` is a JSON pointer, `advice` says what is wrong and what to do.
    fn add(&mut self, place: &str, advice: impl AsRef<str>) {
        let place = if place.is_empty() { "/" } else { place };
        let finding = format!("{}: {place}: {}", self.file, advice.as_ref());
        self.list.push(finding);
    }
}

/// Reads every recipe below a directory.
pub(crate) fn read(directory: &Path) -> Result<Vec<Recipe>, ReadError> {
    let listed = fs::read_dir(directory).map_err(|error| ReadError::of(directory, &error))?;
    let mut recipes = Vec::new();
    for entry in listed {
        let folder = entry
            .map_err(|error| ReadError::of(directory, &error))?
            .path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        recipes.push(Recipe::read(&folder, &name)?);
    }
    recipes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(recipes)
}

impl Recipe {
    fn read(folder: &Path, name: &str) -> Result<Self, ReadError> {
        let path = folder.join(RECIPE);
        let text = fs::read_to_string(&path).map_err(|error| ReadError::of(&path, &error))?;
        let text = parse(&text).map_err(|message| ReadError::of(&path, &message))?;
        let path = folder.join(SCHEMA);
        let schema = match fs::read(&path) {
            Ok(schema) => {
                let schema = serde_json::from_slice(&schema);
                Some(schema.map_err(|error| ReadError::of(&path, &error))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ReadError::of(&path, &error)),
        };
        Ok(Self {
            name: name.to_owned(),
            text,
            schema,
        })
    }

    fn defaults(&self) -> Option<&Value> {
        self.text
            .pointer("/ComponentConfiguration/DefaultConfiguration")
    }
}

/// Reads YAML as both nuclei do: `yes` is a text, a key stands once.
fn parse(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// Everything that is wrong with a set of recipes, as it is deployed to one core device.
pub(crate) fn offences(recipes: &[Recipe]) -> Vec<String> {
    let versions: BTreeMap<_, _> = recipes
        .iter()
        .map(|recipe| (recipe.name.as_str(), &recipe.text["ComponentVersion"]))
        .collect();
    let mut policies = BTreeSet::new();
    let mut offences = Vec::new();
    for recipe in recipes {
        let mut findings = Findings::of(&recipe.name);
        form::check(recipe, &mut findings);
        dependency::check(recipe, &versions, &mut findings);
        configuration::check(recipe, &mut findings);
        access::check(recipe, &mut policies, &mut findings);
        manifest::check(recipe, &mut findings);
        offences.append(&mut findings.list);
    }
    offences
}

/// A file cannot be read, or is no recipe.
#[derive(Debug)]
pub(crate) struct ReadError(String);

impl ReadError {
    fn of(path: &Path, error: &dyn std::fmt::Display) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
