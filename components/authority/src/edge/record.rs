//! What provisioning leaves in the directory of the CA, as JSON.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Largest of these files: keys of fifty thousand devices.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What a file holds; nothing where there is none.
pub(crate) fn find<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FileError> {
    let path = path.to_owned();
    let text = match fs::metadata(&path) {
        Ok(attributes) if attributes.len() > BYTES_MAX => return Err(FileError::Size { path }),
        Ok(_) => fs::read(&path),
        Err(error) => Err(error),
    };
    match text {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|source| FileError::Decode { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Read { path, source }),
    }
}

/// A file that provisioning left cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk does not give it away.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// None of ours is so large.
    #[error("{} is larger than {BYTES_MAX} bytes", path.display())]
    Size {
        /// Which.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("cannot decode {}", path.display())]
    Decode {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
