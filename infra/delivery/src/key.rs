//! The key that signs releases.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kit::ca::files::{WriteError, write_secret};
use kit::signing::{NotAKey, SigningKey};

use crate::output::say;

/// The key that signs releases.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key in a file that only its owner reads; prints its public half, for `--trust`.
    New(New),
    /// Print the public half of a key.
    Public(New),
}

/// Arguments of `key new` and `key public`.
#[derive(Debug, Clone, Args)]
pub(crate) struct New {
    /// The file of the key.
    file: PathBuf,
}

impl KeyCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), KeyError> {
        match self {
            Self::New(New { file }) => {
                if file.exists() {
                    return Err(KeyError::There { file });
                }
                let text = SigningKey::generate();
                write_secret(&file, text.as_bytes())?;
                say(SigningKey::read(&text)?.public().text());
            }
            Self::Public(New { file }) => say(read(&file)?.public().text()),
        }
        Ok(())
    }
}

/// Reads a signing key.
pub(crate) fn read(file: &Path) -> Result<SigningKey, KeyError> {
    let text = std::fs::read_to_string(file).map_err(|source| KeyError::Read {
        file: file.to_owned(),
        source,
    })?;
    Ok(SigningKey::read(&text)?)
}

/// A key cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is one already; boxes may believe it.
    #[error("{} is there already; move it away, or choose another name", file.display())]
    There {
        /// The file.
        file: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read the key {}; `cargo x key new` makes one", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It is no key.
    #[error(transparent)]
    NotAKey(#[from] NotAKey),
}
