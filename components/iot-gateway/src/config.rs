//! What the component is told beside the keys that all components share.

use std::path::PathBuf;

use serde::Deserialize;

/// The keys of `iot-gateway`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file of the property's devices; read again whenever it changes.
    pub registry: PathBuf,
}
