//! What provisioning leaves in the directory of the CA, as JSON.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Largest of these files: keys of fifty thousand devices.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Which file of a name is there, since provisioning puts another in its place: two that were written within
/// one tick of the file system's clock (some milliseconds) are told apart by their inodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Mark {
    pub(crate) fn of(file: &Metadata) -> Self {
        Self {
            inode: file.ino(),
            bytes: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
        }
    }
}

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
