//! The recipe of a component, as far as packing and publishing need it.
//!
//! Recipes in the tree name no bucket and carry the version they were written with; both are put in
//! as text, so that comments and order stay. Left out: what steps do (`edgectl`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use wire::Word;

use crate::version::Version;

/// What stands for the bucket until a release is published.
const BUCKET: &str = "BUCKET_NAME";
/// What every artifact's URI starts with in the tree.
const ROOT: &str = "s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/";

/// A recipe: its text, and what it says.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The component.
    pub name: Word,
    /// File names of its artifacts, each once.
    pub artifacts: Vec<String>,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(rename = "ComponentName")]
    name: Word,
    #[serde(rename = "ComponentVersion")]
    _version: Version,
    #[serde(rename = "ComponentConfiguration", default)]
    configuration: Configuration,
    #[serde(rename = "Manifests")]
    manifests: Vec<Manifest>,
}

#[derive(Debug, Default, Deserialize)]
struct Configuration {
    #[serde(rename = "DefaultConfiguration", default)]
    defaults: Value,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(rename = "Platform", default)]
    platform: BTreeMap<String, String>,
    #[serde(rename = "Artifacts", default)]
    artifacts: Vec<Artifact>,
}

#[derive(Debug, Deserialize)]
struct Artifact {
    #[serde(rename = "URI")]
    uri: String,
}

impl Recipe {
    /// Reads a recipe; `architecture` is the one that programs are built for (`amd64`).
    pub fn parse(text: &str, architecture: &str) -> Result<Self, RecipeError> {
        let form = form(text)?;
        let name = form.name;
        let mut artifacts = Vec::new();
        for manifest in &form.manifests {
            let of = manifest.platform.get("architecture").map_or("*", |of| of);
            if of != "*" && of != architecture && !manifest.artifacts.is_empty() {
                let (name, of) = (name, of.to_owned());
                return Err(RecipeError::Architecture { name, of });
            }
            for Artifact { uri } in &manifest.artifacts {
                let file = uri.strip_prefix(ROOT).filter(|file| !file.contains('/'));
                let Some(file) = file else {
                    let (name, uri) = (name, uri.clone());
                    return Err(RecipeError::Artifact { name, uri });
                };
                if !artifacts.iter().any(|known| known == file) {
                    artifacts.push(file.to_owned());
                }
            }
        }
        Ok(Self {
            name,
            artifacts,
            text: text.to_owned(),
        })
    }

    /// The text with a version of its own; the bucket is still left open.
    pub fn versioned(&self, version: Version) -> String {
        let line = |line: &str| {
            if line.starts_with("ComponentVersion:") {
                format!("ComponentVersion: \"{version}\"\n")
            } else {
                format!("{line}\n")
            }
        };
        let text: String = self.text.lines().map(line).collect();
        let place = format!("s3://{BUCKET}/{}/{version}/", self.name);
        text.replace(ROOT, &place)
    }
}

/// The configuration of a component before a deployment merges its own.
pub fn defaults(text: &str) -> Result<Value, RecipeError> {
    Ok(form(text)?.configuration.defaults)
}

fn form(text: &str) -> Result<Form, RecipeError> {
    serde_saphyr::from_str(text).map_err(|source| RecipeError::Form {
        source: Box::new(source),
    })
}

/// Puts the bucket into the text of a versioned recipe.
pub fn published(text: &str, bucket: &str) -> String {
    text.replace(&format!("s3://{BUCKET}/"), &format!("s3://{bucket}/"))
}

/// A recipe cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// It is no recipe.
    #[error("not a recipe")]
    Form {
        /// Where and why.
        source: Box<serde_saphyr::Error>,
    },
    /// An artifact comes from somewhere else.
    #[error("recipe {name}: Artifacts has URI {uri}, expected {ROOT}FILE")]
    Artifact {
        /// The component.
        name: Word,
        /// What stands there.
        uri: String,
    },
    /// Programs for it are not built here.
    #[error("recipe {name}: a manifest is for {of}; pack it on such a machine")]
    Architecture {
        /// The component.
        name: Word,
        /// The architecture.
        of: String,
    },
}

#[cfg(test)]
mod tests;
