//! What a look found.

use std::fmt;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    /// Nothing to do.
    Well,
    /// It works; look again.
    Watch,
    /// Act.
    Wrong,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: String,
    /// How it is.
    pub(super) health: Health,
    /// What was found.
    pub(super) found: String,
    /// What to do; empty when there is nothing to do.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) advice: &'static str,
}

impl Finding {
    pub(super) fn well(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            health: Health::Well,
            found: found.into(),
            advice: "",
        }
    }

    pub(super) fn watch(
        check: impl Into<String>,
        found: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            health: Health::Watch,
            advice,
            ..Self::well(check, found)
        }
    }

    pub(super) fn wrong(
        check: impl Into<String>,
        found: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            health: Health::Wrong,
            advice,
            ..Self::well(check, found)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.health {
            Health::Well => "ok   ",
            Health::Watch => "watch",
            Health::Wrong => "WRONG",
        };
        write!(f, "{mark}  {:24} {}", self.check, self.found)?;
        if self.advice.is_empty() {
            return Ok(());
        }
        write!(f, "\n       {:24} do: {}", "", self.advice)
    }
}
