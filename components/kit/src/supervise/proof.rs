//! Whether this version of a program has ever been ready on this box.
//!
//! A version that never was may be the fault of the deployment that brought it, and ends the start, so
//! that the deployment fails. One that was is kept running whatever happens to it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file in the data directory.
const FILE: &str = "proven";

/// The note that a version has been ready.
#[derive(Debug)]
pub(super) struct Proof {
    file: PathBuf,
    /// The paths of this program and of the supervised one: on a box they hold the version.
    version: String,
}

impl Proof {
    pub(super) fn of(data: &Path, own: &Path, program: &OsStr) -> Self {
        Self {
            file: data.join(FILE),
            version: format!("{} {}", own.display(), program.to_string_lossy()),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|version| version == self.version)
    }

    pub(super) fn leave(&self) -> io::Result<()> {
        if self.is_there() {
            return Ok(());
        }
        fs::write(&self.file, &self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_that_of_one_version() {
        let dir = tempfile::tempdir().unwrap();
        let own = Path::new("/a/supervise");
        let of = |program: &str| Proof::of(dir.path(), own, OsStr::new(program));
        assert!(!of("/a/1/p").is_there());
        of("/a/1/p").leave().unwrap();
        assert!(of("/a/1/p").is_there());
        assert!(!of("/a/2/p").is_there());
    }
}
