//! Which machine a manifest is for.

use std::fmt;

use serde::Deserialize;

/// A manifest's `Platform`: plain words or `*`, no patterns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Platform {
    os: Word,
    #[serde(default)]
    architecture: Word,
    /// Nucleus Lite finds no manifest without it.
    runtime: AnyRuntime,
}

impl Platform {
    pub(super) fn fits(&self, host: Host<'_>) -> bool {
        let AnyRuntime::Any = self.runtime;
        self.os.fits(host.os) && self.architecture.fits(host.architecture)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "String")]
enum Word {
    #[default]
    Any,
    Exactly(String),
}

impl Word {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(exactly) => exactly == word,
        }
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        if text == "*" {
            Self::Any
        } else {
            Self::Exactly(text)
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum AnyRuntime {
    #[serde(rename = "*")]
    Any,
}

/// A machine, in the words of recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Host<'a> {
    /// `linux`.
    pub os: &'a str,
    /// `amd64`, `aarch64`.
    pub architecture: &'a str,
}

impl Host<'static> {
    /// The machine this program was built for.
    pub(crate) fn this() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            other => other,
        };
        Self {
            os: std::env::consts::OS,
            architecture,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.os, self.architecture)
    }
}
