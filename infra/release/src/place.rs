//! Where a file of a release is, below the directory of its list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest place; the longest of ours is a third of it.
const PLACE_MAX: usize = 200;

/// A path of plain words: no `..`, no start at the root, nothing that a shell or URL would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(String);

impl Place {
    /// The path as text, with slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last word.
    pub fn file(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let plain = |word: &str| {
            !word.is_empty() && !word.starts_with(['.', '-']) && word.bytes().all(allowed)
        };
        if text.len() <= PLACE_MAX && text.split('/').all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPlace(text.chars().take(PLACE_MAX).collect()))
        }
    }
}

impl TryFrom<String> for Place {
    type Error = BadPlace;

    fn try_from(text: String) -> Result<Self, BadPlace> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a path that stays where it is put.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a relative path of letters, digits, '.', '-' and '_'")]
pub struct BadPlace(String);
