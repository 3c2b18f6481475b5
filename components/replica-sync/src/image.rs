//! What a row is, with the versions of its values, and how two images of one row become one.
//!
//! An image is a state, not a step: merging is commutative, associative and idempotent, so that
//! images may arrive in any order and any number of times. `life` compares first: odd is alive,
//! even deleted, the higher wins whole. At equal lives each column is taken from where its version
//! is higher; columns of one group have one version and stay together.
//!
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::version::{Stamp, Version};

/// Columns by name, as JSON.
pub(crate) type Columns = Map<String, Value>;

/// The state of one row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Image {
    /// How often it was made and deleted: odd is alive.
    pub(crate) life: i32,
    /// Version of every column that is not in `versions`.
    pub(crate) base: Version,
    /// Versions above `base`, by column or group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) versions: BTreeMap<String, Version>,
    /// The values; none of a deleted row. A column that is absent is not known, one that is `null`
    /// is empty.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) columns: Columns,
}

/// Which columns share a version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Grain {
    /// All of them: the row is written as a whole.
    #[default]
    Row,
    /// Those of one group, by column; every other column has its own.
    Columns(BTreeMap<String, String>),
}

impl Grain {
    /// Under which name the version of a column is kept; none when it is the row's.
    pub(crate) fn key<'a>(&'a self, column: &'a str) -> Option<&'a str> {
        match self {
            Self::Row => None,
            Self::Columns(groups) => Some(groups.get(column).map_or(column, String::as_str)),
        }
    }
}

impl Image {
    /// Whether there is a row.
    pub(crate) fn is_alive(&self) -> bool {
        self.life % 2 == 1
    }

    /// The version of a column.
    pub(crate) fn version(&self, grain: &Grain, column: &str) -> Version {
        let own = grain.key(column).and_then(|key| self.versions.get(key));
        own.copied().unwrap_or(self.base)
    }

    /// The latest stamp in it.
    pub(crate) fn top(&self) -> Stamp {
        let versions = self.versions.values().chain([&self.base]);
        versions
            .map(|version| version.stamp)
            .max()
            .expect("the base is one of them")
    }

    /// One image of both.
    #[must_use]
    pub(crate) fn merge(&self, other: &Self, grain: &Grain) -> Self {
        match self.life.cmp(&other.life) {
            std::cmp::Ordering::Less => other.clone(),
            std::cmp::Ordering::Greater => self.clone(),
            std::cmp::Ordering::Equal => self.join(other, grain),
        }
    }

    fn join(&self, other: &Self, grain: &Grain) -> Self {
        let base = self.base.max(other.base);
        let mut joined = Self {
            life: self.life,
            base,
            ..Self::default()
        };
        let names: BTreeSet<_> = self.columns.keys().chain(other.columns.keys()).collect();
        for name in names {
            let (value, version) = self.later(other, grain, name);
            joined.columns.insert(name.clone(), value.clone());
            let key = grain.key(name).filter(|_| version > base);
            if let Some(key) = key {
                let kept = joined.versions.entry(key.to_owned()).or_insert(version);
                *kept = version.max(*kept);
            }
        }
        joined
    }

    /// The later value of a column that at least one of the two knows.
    fn later<'a>(&'a self, other: &'a Self, grain: &Grain, name: &str) -> (&'a Value, Version) {
        let here = (self.version(grain, name), self.columns.get(name));
        let there = (other.version(grain, name), other.columns.get(name));
        match (here, there) {
            ((version, Some(value)), (_, None)) | ((_, None), (version, Some(value))) => {
                (value, version)
            }
            ((ours, Some(value)), (theirs, Some(other))) => {
                // Equal versions are equal writes; the text decides should a clone have lied.
                let ours_wins = (ours, value.to_string()) >= (theirs, other.to_string());
                if ours_wins {
                    (value, ours)
                } else {
                    (other, theirs)
                }
            }
            ((_, None), (_, None)) => unreachable!("the name comes from one of the two"),
        }
    }
}

#[cfg(test)]
mod tests;
