//! What the component is told beside the keys that all components share.

use std::path::PathBuf;

use crate::doors::policy::Policy;

use schemars::JsonSchema;
use serde::Deserialize;

/// The keys of `iot-gateway`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file of the property's devices; read again whenever it changes.
    pub registry: PathBuf,
    /// Who may turn which bolts; nobody unless it is said.
    #[serde(default)]
    pub doors: Doors,
}

/// The rows of the house about doors.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Doors {
    /// The clock that the rows mean, a name of the tz database: `Europe/Lisbon`.
    #[serde(default = "universal")]
    pub time_zone: String,
    /// The rows; what none allows is refused.
    #[serde(default)]
    pub rules: Policy,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            time_zone: universal(),
            rules: Policy::default(),
        }
    }
}

fn universal() -> String {
    "Etc/UTC".to_owned()
}
