//! Why a release cannot be packed.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use release::archive::ArchiveError;
use release::{BadPlace, RecipeError, ReleaseError};
use wire::Word;

use super::{KeyError, WriteError};

/// A release cannot be packed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackageError {
    /// The signing key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An earlier release, or the new one, cannot be used.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Pages cannot be packed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A recipe cannot be packed.
    #[error("cannot pack {}", path.display())]
    Recipe {
        /// The recipe.
        path: PathBuf,
        /// Why not.
        source: RecipeError,
    },
    /// A component was asked for that there is not.
    #[error("there is no recipe for {name}")]
    NoRecipe {
        /// Its name.
        name: Word,
    },
    /// An artifact was not built.
    #[error(
        "recipe {component} names {name}, which is in none of {places:?}; build the pages and fetch \
         ONNX Runtime with `tests/run.sh` or `provisioning/local.sh up`, or name their directory \
         with --also"
    )]
    NoArtifact {
        /// The component.
        component: Word,
        /// Its artifact.
        name: String,
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// The name of an artifact is no file name.
    #[error(transparent)]
    Place(#[from] BadPlace),
    /// The version is taken by other contents.
    #[error(
        "{} was packed before with other contents; versions never change, choose a higher --version",
        path.display()
    )]
    Packed {
        /// What is there.
        path: PathBuf,
    },
    /// A program of the tool chain does not run.
    #[error("cannot run {program}")]
    Start {
        /// The program.
        program: &'static str,
        /// What the machine said.
        source: io::Error,
    },
    /// A program of the tool chain failed.
    #[error("{program} ended with {status}, its reasons are above")]
    Exit {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// A program of the tool chain says something else than expected.
    #[error("{program} says something that is not understood: {what}")]
    Said {
        /// The program.
        program: &'static str,
        /// What is missing.
        what: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Written(#[from] WriteError),
}
