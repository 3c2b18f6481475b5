//! The text of a recipe: exactly the keys that are interpreted, spelled as Nucleus Lite needs them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::platform::Platform;

/// A recipe as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    #[serde(rename = "RecipeFormatVersion")]
    pub(super) format: String,
    #[serde(rename = "ComponentName")]
    pub(super) name: String,
    #[serde(rename = "ComponentVersion")]
    _version: String,
    #[serde(rename = "ComponentType")]
    pub(super) kind: String,
    #[serde(rename = "ComponentDescription")]
    _description: String,
    #[serde(rename = "ComponentPublisher")]
    _publisher: String,
    #[serde(rename = "ComponentDependencies", default)]
    pub(super) dependencies: BTreeMap<String, Dependency>,
    #[serde(rename = "ComponentConfiguration", default)]
    pub(super) configuration: Configuration,
    #[serde(rename = "Manifests")]
    pub(super) manifests: Vec<Manifest>,
}

/// Another component that is started earlier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    /// Which versions will do.
    #[serde(rename = "VersionRequirement")]
    _version: String,
    /// What happens when it stops.
    #[serde(rename = "DependencyType")]
    _kind: DependencyType,
}

/// What happens to a component when one it depends on stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum DependencyType {
    /// It is stopped too.
    Hard,
    /// Nothing.
    Soft,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    #[serde(rename = "DefaultConfiguration")]
    pub(super) defaults: Value,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            defaults: Value::Object(serde_json::Map::new()),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "Platform")]
    pub(super) platform: Platform,
    #[serde(rename = "Lifecycle")]
    pub(super) lifecycle: Phases,
    #[serde(rename = "Artifacts", default)]
    pub(super) artifacts: Vec<Artifact>,
}

/// A file that comes with the component.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Artifact {
    /// Where it is fetched from.
    #[serde(rename = "URI")]
    pub uri: String,
    #[serde(rename = "Unarchive", default)]
    unarchive: Unarchive,
    #[serde(rename = "Permission", default)]
    _permission: Permission,
}

impl Artifact {
    /// Its name in the artifact directory.
    pub(crate) fn file(&self) -> &str {
        self.uri.rsplit('/').next().unwrap_or(&self.uri)
    }

    /// What is there when it is installed: the file, or the directory that an archive becomes.
    pub(crate) fn installed(&self) -> &str {
        match self.unarchive {
            Unarchive::None => self.file(),
            Unarchive::Zip => self.file().trim_end_matches(".zip"),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Unarchive {
    #[default]
    None,
    Zip,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permission {
    #[serde(rename = "Read", default)]
    _read: Whose,
    #[serde(rename = "Execute", default)]
    _execute: Whose,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Whose {
    None,
    #[default]
    Owner,
    All,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phases {
    #[serde(rename = "Setenv", default)]
    pub(super) setenv: BTreeMap<String, String>,
    pub(super) install: Option<Phase>,
    pub(super) startup: Option<Phase>,
    pub(super) run: Option<Phase>,
}

/// One step: its script alone, or a map.
#[derive(Debug, Clone)]
pub(super) struct Phase(pub(super) PhaseForm);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseForm {
    #[serde(rename = "Script")]
    pub(super) script: String,
    /// Here everything runs with the privileges of the caller; scripts that need more ask for the
    /// Unix user of the component first, and a local hotel has none.
    #[serde(rename = "RequiresPrivilege", default)]
    _privilege: bool,
    #[serde(rename = "Timeout", default)]
    pub(super) timeout: Option<String>,
    #[serde(rename = "Setenv", default)]
    pub(super) setenv: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PhaseVisitor).map(Self)
    }
}

struct PhaseVisitor;

impl<'de> Visitor<'de> for PhaseVisitor {
    type Value = PhaseForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a script, or a map with Script")
    }

    fn visit_str<E>(self, script: &str) -> Result<PhaseForm, E> {
        Ok(PhaseForm {
            script: script.to_owned(),
            ..PhaseForm::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PhaseForm, A::Error> {
        PhaseForm::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads the text; plain scalars that look like numbers are refused where a text is due.
pub(super) fn parse(text: &str) -> Result<Form, FormError> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        no_schema: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|source| FormError(Box::new(source)))
}

/// The text is not a recipe.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct FormError(Box<serde_saphyr::Error>);
