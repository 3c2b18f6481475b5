//! The list of a release: every component, and every file with its digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::{Sha256, Word};

use crate::digest::Summed;
use crate::error::ReleaseError;
use crate::place::Place;
use crate::version::Version;

/// Most components of a release; there are ten.
pub const COMPONENTS_MAX: usize = 64;
/// Most artifacts of a component.
pub(crate) const ARTIFACTS_MAX: usize = 64;
/// Largest artifact: what the cloud takes for a component, 2 GB.
pub(crate) const ARTIFACT_BYTES_MAX: u64 = 2_000_000_000;
/// Largest recipe that the cloud takes.
pub const RECIPE_BYTES_MAX: u64 = 16 * 1024;
/// The only form there is.
pub(crate) const FORM: u32 = 1;

/// A release as its list says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Form of this list.
    pub v: u32,
    /// The release.
    pub version: Version,
    /// What it was made from.
    pub source: Source,
    /// The components by name. One that did not change keeps the version of an earlier release.
    pub components: BTreeMap<Word, Component>,
    /// What it was built from.
    pub sbom: File,
}

/// What a release was made from, for whoever makes it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The commit; ends in `-changed` when the tree had changes of its own.
    pub commit: String,
    /// The compiler, as it names itself.
    pub compiler: String,
    /// The profile: `release`, or `dev` for a rehearsal.
    pub profile: String,
}

/// One component of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its version.
    pub version: Version,
    /// Its recipe, with the version but without the bucket.
    pub recipe: File,
    /// What the recipe's `Artifacts` name, in their order.
    pub artifacts: Vec<File>,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where it is, below the directory of the list.
    pub path: Place,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
}

impl File {
    /// Whether what was read is this file.
    pub fn is(&self, found: Summed) -> bool {
        self.compare(found).is_ok()
    }

    /// Refuses what was read unless it is this file.
    pub fn compare(&self, found: Summed) -> Result<(), ReleaseError> {
        let what = if found.bytes != self.bytes {
            format!("it has {} bytes, the list says {}", found.bytes, self.bytes)
        } else if found.sha256 != self.sha256 {
            let (is, said) = (found.sha256, self.sha256);
            format!("its SHA-256 is {is}, the list says {said}")
        } else {
            return Ok(());
        };
        let file = self.path.clone();
        Err(ReleaseError::Tampered { file, what })
    }
}

impl Set {
    /// Every file that the list names, component by component.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        let components = self.components.values().flat_map(Component::files);
        components.chain([&self.sbom])
    }

    /// What is wrong with the numbers in the list, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.v != FORM {
            let Self { v, .. } = self;
            return Some(format!("v is {v}; this program knows {FORM}"));
        }
        if self.components.is_empty() || self.components.len() > COMPONENTS_MAX {
            let count = self.components.len();
            return Some(format!(
                "components: {count}, expected 1 to {COMPONENTS_MAX}"
            ));
        }
        self.components
            .iter()
            .find_map(|(name, component)| component.fault(name))
    }
}

impl Component {
    /// Its recipe and its artifacts.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        [&self.recipe].into_iter().chain(&self.artifacts)
    }

    fn fault(&self, name: &Word) -> Option<String> {
        let own = format!("{name}/{}/", self.version);
        if self.recipe.bytes > RECIPE_BYTES_MAX {
            let bytes = self.recipe.bytes;
            let most = RECIPE_BYTES_MAX;
            return Some(format!(
                "components.{name}.recipe: {bytes} bytes, at most {most}"
            ));
        }
        if self.artifacts.len() > ARTIFACTS_MAX {
            let most = ARTIFACTS_MAX;
            return Some(format!("components.{name}.artifacts: more than {most}"));
        }
        let stray = |file: &&File| {
            let rest = file.path.as_str().strip_prefix(&own);
            rest.is_none_or(|rest| rest.contains('/')) || file.bytes > ARTIFACT_BYTES_MAX
        };
        let file = self.files().find(stray)?;
        Some(format!(
            "components.{name}: {} is not a file of {own} of at most {ARTIFACT_BYTES_MAX} bytes",
            file.path
        ))
    }
}
