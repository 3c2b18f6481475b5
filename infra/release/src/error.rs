//! Why a release is not believed.

use std::io;
use std::path::PathBuf;

use kit::ca::files::WriteError;

use crate::place::Place;

/// A release cannot be read, or is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Larger than a list is.
    #[error("{} is larger than {most} bytes, which no list is", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// How large it may be.
        most: u64,
    },
    /// No known key signed the list.
    #[error(
        "{} is signed by none of the keys that are believed; nothing of it is used", path.display()
    )]
    Signature {
        /// The list.
        path: PathBuf,
    },
    /// The list has another form.
    #[error("{} is not the list of a release", path.display())]
    Form {
        /// The list.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The list says what cannot be.
    #[error("{}: {fault}", path.display())]
    Fault {
        /// The list.
        path: PathBuf,
        /// The place in it and what is wrong.
        fault: String,
    },
    /// A file is not what the list says.
    #[error("{file} was changed after it was signed: {what}; nothing of the release is used")]
    Tampered {
        /// The file.
        file: Place,
        /// The size or digest that differs.
        what: String,
    },
}
