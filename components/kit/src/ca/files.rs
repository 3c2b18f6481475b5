//! Writing identities and the like so that a power cut leaves the old file or the new one, and
//! nobody else reads a secret.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Makes a directory, and those above it, for its owner only; an existing one is left as it is.
pub fn create_dir(path: &Path) -> Result<(), WriteError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| WriteError {
            path: path.to_owned(),
            source,
        })
}

/// Writes a file that only its owner may read, at once or not at all.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    write(path, content, 0o600)
}

/// Writes a file that others may read, at once or not at all.
pub fn write_open(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    write(path, content, 0o644)
}

fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), WriteError> {
    replace(path, content, mode).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let draft = dir.join(format!(".{}.{}", name.display(), std::process::id()));
    let written = draft_file(&draft, content, mode).and_then(|()| fs::rename(&draft, path));
    if let Err(error) = written {
        // The first error is the one to tell; a draft left behind is overwritten next time.
        fs::remove_file(&draft).ok();
        return Err(error);
    }
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    File::open(dir)?.sync_all()
}

fn draft_file(draft: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    if let Err(error) = fs::remove_file(draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A file or directory cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}", path = path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}
