//! Where backups are on the box: those that are handed over, and the last ones for the box itself.
//!
//! ```text
//! directory/.20261121t033000z.part     under way; removed by the next start
//! directory/NAME                       whole; `uplink` removes it when it is in the cloud
//! data/backups/NAME                    the same file by another name, the last ones
//! data/backup.json                     since when there are nights, and the last backup
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use kit::ca::files::write_secret;
use kit::digest::Digesting;
use serde::{Deserialize, Serialize};
use wire::{Integer, Sha256};

use crate::backup::{SUFFIX, stamp, surplus};

/// How a backup that is under way is called.
const PART: &str = ".part";

/// The places.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    /// Where backups are handed over.
    directory: PathBuf,
    /// Where the last ones stay.
    kept: PathBuf,
    /// What is remembered of them.
    memory: PathBuf,
}

/// What is remembered through restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The last backup of a night; before the first, the first start.
    pub(crate) last: Integer,
}

/// A backup that is handed over, as `uplink` is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) sha256: Sha256,
    pub(crate) bytes: u64,
}

impl Shelf {
    /// The places below a data directory, and where backups are handed over.
    pub(crate) fn new(directory: PathBuf, data: &Path) -> Self {
        Self {
            directory,
            kept: data.join("backups"),
            memory: data.join("backup.json"),
        }
    }

    /// Makes the directories that are missing, and removes what an earlier run did not finish.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        // Those of the directory's group take over what is handed over, and remove it.
        DirBuilder::new()
            .recursive(true)
            .mode(0o770)
            .create(&self.directory)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.kept)?;
        for name in names(&self.directory)? {
            if name.starts_with('.') && name.ends_with(PART) {
                fs::remove_file(self.directory.join(name))?;
            }
        }
        Ok(())
    }

    /// What is remembered; nothing before the first start.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let text = fs::read(&self.memory).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Remembers.
    pub(crate) fn remember(&self, memory: Memory) -> io::Result<()> {
        let written = write_secret(&self.memory, &wire::encode(&memory));
        written.map_err(io::Error::other)
    }

    /// Bytes that are free on the disk.
    pub(crate) fn free(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.directory)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Begins a file.
    pub(crate) fn draft(&self, at: Integer) -> io::Result<Draft> {
        self.prepare()?;
        let path = self.directory.join(format!(".{}{PART}", stamp(at)));
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o640)
            .open(&path)?;
        Ok(Draft { path: Some(path) })
    }

    /// Backups that wait for `uplink`, the oldest first.
    pub(crate) fn waiting(&self) -> io::Result<Vec<String>> {
        let mut names = names(&self.directory)?;
        names.retain(|name| is_a_backup(name));
        names.sort_unstable();
        Ok(names)
    }

    /// A backup as `uplink` is told of it; reads all of it.
    pub(crate) fn offer(&self, name: &str) -> io::Result<Offer> {
        let path = self.directory.join(name);
        let mut digest = Digesting::new();
        let bytes = io::copy(&mut File::open(&path)?, &mut digest)?;
        Ok(Offer {
            path,
            name: name.to_owned(),
            sha256: digest.finish(),
            bytes,
        })
    }

    /// Removes all but the newest backups, also those that wait: the newest matters most.
    fn prune(&self, newest: &str, keep: usize) -> io::Result<()> {
        for directory in [&self.directory, &self.kept] {
            let mut names = names(directory)?;
            names.retain(|name| is_a_backup(name));
            for name in surplus(names, newest, keep) {
                if *directory == self.directory {
                    tracing::warn!(name, "an old backup makes place, and is not in the cloud");
                }
                match fs::remove_file(directory.join(&name)) {
                    Ok(()) => {}
                    // `uplink` was faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    // The others make place all the same.
                    Err(error) => tracing::error!(name, %error, "an old backup stays"),
                }
            }
        }
        Ok(())
    }
}

/// A file that is under way; removed unless it is kept.
#[derive(Debug)]
pub(crate) struct Draft {
    path: Option<PathBuf>,
}

impl Draft {
    /// The file, to be written.
    pub(crate) fn file(&self) -> io::Result<File> {
        let path = self
            .path
            .as_ref()
            .expect("a draft has a place until it is kept");
        OpenOptions::new().write(true).open(path)
    }

    /// Hands the whole file over under its name, and keeps it here as well.
    pub(crate) fn keep(mut self, name: &str, places: &Shelf, keep: usize) -> io::Result<()> {
        let draft = self.path.take().expect("a draft is kept once");
        let path = places.directory.join(name);
        // The second name first: from the rename on, it may be uploaded and gone at any moment.
        if let Err(error) = fs::hard_link(&draft, places.kept.join(name)) {
            tracing::warn!(name, %error, "a backup cannot be kept beside: other disk?");
        }
        if let Err(error) = fs::rename(&draft, &path) {
            self.path = Some(draft);
            return Err(error);
        }
        File::open(&places.directory)?.sync_all()?;
        // It is whole and handed over, whatever becomes of the old ones.
        if let Err(error) = places.prune(name, keep) {
            tracing::error!(name, %error, "old backups stay");
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = &self.path
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(path = %path.display(), %error, "cannot remove an unfinished backup");
        }
    }
}

fn is_a_backup(name: &str) -> bool {
    !name.starts_with('.') && name.ends_with(SUFFIX)
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
