//! Versions of components: three numbers, as both nuclei compare them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Largest of the three numbers that is believed to be meant.
const NUMBER_MAX: u32 = 99_999;

/// A version, `1.2.3`; suffixes are left out because the nuclei disagree on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u32; 3]);

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bad = || BadVersion(text.chars().take(40).collect());
        let number = |text: &str| {
            let number: u32 = text.parse().ok().filter(|number| *number <= NUMBER_MAX)?;
            (number.to_string() == text).then_some(number)
        };
        let numbers: Option<Vec<u32>> = text.split('.').map(number).collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
        numbers.map(Self).ok_or_else(bad)
    }
}

impl TryFrom<String> for Version {
    type Error = BadVersion;

    fn try_from(text: String) -> Result<Self, BadVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// The text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version; write three numbers, as in 1.2.3")]
pub struct BadVersion(String);
