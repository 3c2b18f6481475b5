//! Reading and writing the property's own files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::ca::files::{WriteError, write_open};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a JSON file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|source| StoreError::Decode {
        path: path.to_owned(),
        source,
    })
}

/// Reads a text file.
pub(super) fn read_text(path: &Path) -> Result<String, StoreError> {
    fs::read_to_string(path).map_err(|source| StoreError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Reads a text file that may be missing.
pub(super) fn find_text(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a JSON file, at once or not at all.
pub(super) fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), WriteError> {
    let mut text =
        serde_json::to_string_pretty(value).expect("records of a property have text keys");
    text.push('\n');
    write_open(path, text.as_bytes())
}

/// A file of the property cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Missing, or not ours to read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// Damaged, or written by a newer version.
    #[error("cannot decode {}", path.display())]
    Decode {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
