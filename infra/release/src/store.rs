//! Releases on a disk.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use kit::ca::files::write_open;
use kit::signing::{PublicKey, SigningKey};

use crate::digest::sum;
use crate::error::ReleaseError;
use crate::place::Place;
use crate::set::Set;
use crate::version::Version;

/// Largest list; one of ten components has four kilobytes.
const SET_MAX: u64 = 1024 * 1024;

/// A release whose list is believed.
#[derive(Debug, Clone)]
pub struct Release {
    /// The list.
    pub set: Set,
    dir: PathBuf,
}

/// Name of the list of a version.
pub fn set_file(version: Version) -> String {
    format!("set-{version}.json")
}

/// Name of the signature over a list.
pub fn signature_file(version: Version) -> String {
    format!("{}.sig", set_file(version))
}

/// Signs a list and writes both; returns where the list is.
pub fn write(dir: &Path, set: &Set, key: &SigningKey) -> Result<PathBuf, ReleaseError> {
    let path = dir.join(set_file(set.version));
    let form = |source| ReleaseError::Form {
        path: path.clone(),
        source,
    };
    if let Some(fault) = set.fault() {
        return Err(ReleaseError::Fault { path, fault });
    }
    let mut text = serde_json::to_vec_pretty(set).map_err(form)?;
    text.push(b'\n');
    // The list last: it is complete, or the release is not there.
    let signature = dir.join(signature_file(set.version));
    write_open(&signature, key.sign(&text).as_bytes())?;
    write_open(&path, &text)?;
    Ok(path)
}

impl Release {
    /// Believes a list that one of `keys` signed; the files themselves are not looked at yet.
    pub fn open(path: &Path, keys: &[PublicKey]) -> Result<Self, ReleaseError> {
        let text = read(path)?;
        let mut signature = path.as_os_str().to_owned();
        signature.push(".sig");
        let signature = read(Path::new(&signature))?;
        if !keys.iter().any(|key| key.signed(&text, &signature)) {
            let path = path.to_owned();
            return Err(ReleaseError::Signature { path });
        }
        let set: Set = serde_json::from_slice(&text).map_err(|source| ReleaseError::Form {
            path: path.to_owned(),
            source,
        })?;
        if let Some(fault) = set.fault() {
            let path = path.to_owned();
            return Err(ReleaseError::Fault { path, fault });
        }
        let dir = path.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(Self { set, dir })
    }

    /// Compares every file with the list; the first that differs is named.
    pub fn verify(&self) -> Result<(), ReleaseError> {
        self.set.files().try_for_each(|file| {
            let path = self.path(&file.path);
            let found = sum(&path).map_err(|source| ReleaseError::Read { path, source })?;
            file.compare(found)
        })
    }

    /// Where a file of it is.
    pub fn path(&self, place: &Place) -> PathBuf {
        self.dir.join(place.as_str())
    }

    /// The list as it was signed, and its signature.
    pub fn papers(&self) -> [PathBuf; 2] {
        let version = self.set.version;
        [set_file(version), signature_file(version)].map(|name| self.dir.join(name))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ReleaseError> {
    let failed = |source: io::Error| ReleaseError::Read {
        path: path.to_owned(),
        source,
    };
    // A FIFO never ends.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(SET_MAX + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > SET_MAX {
        let (path, most) = (path.to_owned(), SET_MAX);
        return Err(ReleaseError::Large { path, most });
    }
    Ok(content)
}

#[cfg(test)]
mod tests;
