//! Health of a component, retained on the bus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};

/// How a component is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Version of this body.
    pub v: Version<1>,
    /// Version of the component.
    pub version: String,
    /// Whether it does its work; false in the last will.
    pub ready: bool,
    /// What it needs for that.
    pub checks: Vec<Check>,
    /// Work accepted and not yet done: records, jobs.
    pub backlog: Integer,
}

/// One thing a component needs to be ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What is needed: `bus`, `journal`, `cloud`.
    pub name: String,
    /// Whether it is there.
    pub ready: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}
