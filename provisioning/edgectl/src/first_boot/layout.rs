//! Where a box keeps what it is in the cloud.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Failure;
use crate::fleet::Papers;

/// Files of provisioning below the hotel's directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The layout below `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The hotel's directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Everything of provisioning.
    pub(crate) fn provisioning(&self) -> PathBuf {
        self.dir.join("provisioning")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.provisioning().join("journal.json")
    }

    pub(super) fn report(&self, extension: &str) -> PathBuf {
        self.provisioning().join(format!("report.{extension}"))
    }

    /// The box in AWS IoT.
    pub(crate) fn thing(&self) -> PathBuf {
        self.provisioning().join("thing")
    }

    /// Name of the thing and id of its certificate.
    pub(crate) fn membership(&self) -> PathBuf {
        self.thing().join("thing.json")
    }

    /// Certificate and key of the thing.
    pub(crate) fn papers(&self) -> Papers {
        Papers {
            certificate: self.thing().join("cert.pem"),
            key: self.thing().join("key.pem"),
        }
    }

    /// Id of the next certificate.
    pub(crate) fn next_note(&self) -> PathBuf {
        self.thing().join("next.json")
    }

    /// Where the next certificate and key are while they are not proved.
    pub(crate) fn next_papers(&self) -> Papers {
        Papers {
            certificate: self.thing().join("next-cert.pem"),
            key: self.thing().join("next-key.pem"),
        }
    }
}

/// The value in a file; none when there is no such file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Failure> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(Failure::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| Failure::Damaged {
            path: path.to_owned(),
            source,
        })
}

/// A value as a file holds it.
pub(crate) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("records of a box have text keys");
    text.push(b'\n');
    text
}
