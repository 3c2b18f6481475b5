//! What is on the disk of one model: its versions, which one is active, which one was before.
//!
//! ```text
//! versions/7/            a verified bundle          incoming/     one that is on its way
//! current  -> versions/7                            previous -> versions/6
//! highest                the highest version ever active: lower ones are refused
//! quarantined/8          why version 8 failed
//! ```
//!
//! Promise: every step of an activation and of a rollback is one atomic rename, synced with its
//! directory; whichever was the last before the power failed, the next start finds a version that
//! was once probed and active, if there ever was one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::edge::bundle;

const VERSIONS: &str = "versions";
const INCOMING: &str = "incoming";
const QUARANTINED: &str = "quarantined";
const HIGHEST: &str = "highest";
/// Longest reason that is kept, in bytes.
const REASON_MAX: usize = 300;

/// Which version a link names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The one that answers.
    Current,
    /// The one that answered before.
    Previous,
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

/// One step on the disk; each is whole or not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A link names a version from now on.
    Point(Link, u32),
    /// A link names none any more.
    Unlink(Link),
    /// No lower version is taken from now on.
    Raise(u32),
    /// A version is never tried again.
    Quarantine(u32, String),
}

/// The disk of one model.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the directory of a model; what was on its way is forgotten.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        let store = Self { root };
        remove(&store.root.join(INCOMING))?;
        for name in [VERSIONS, INCOMING, QUARANTINED] {
            fs::create_dir_all(store.root.join(name))?;
        }
        sync(&store.root)?;
        Ok(store)
    }

    /// The directory of a version.
    pub(crate) fn version(&self, version: u32) -> PathBuf {
        self.root.join(VERSIONS).join(version.to_string())
    }

    /// The version that a link names; none when it names nothing that is there.
    pub(crate) fn linked(&self, link: Link) -> Option<u32> {
        let target = fs::read_link(self.root.join(link.name())).ok()?;
        target.file_name()?.to_str()?.parse().ok()
    }

    /// The highest version that was ever active.
    pub(crate) fn highest(&self) -> u32 {
        let kept = fs::read_to_string(self.root.join(HIGHEST)).ok();
        let kept = kept.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let linked = [Link::Current, Link::Previous].map(|link| self.linked(link).unwrap_or(0));
        linked.into_iter().fold(kept, u32::max)
    }

    /// Versions that failed, with the reason.
    pub(crate) fn quarantined(&self) -> Vec<(u32, String)> {
        let entries = fs::read_dir(self.root.join(QUARANTINED));
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((
                version,
                fs::read_to_string(entry.path()).unwrap_or_default(),
            ))
        };
        let mut found: Vec<_> = entries.into_iter().flatten().filter_map(entry).collect();
        found.sort_unstable();
        found
    }

    /// An empty directory for a version that is on its way.
    pub(crate) fn incoming(&self, version: u32) -> io::Result<PathBuf> {
        let path = self.root.join(INCOMING).join(version.to_string());
        remove(&path)?;
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// Keeps what came; it is neither active nor known to work yet.
    pub(crate) fn keep(&self, version: u32) -> io::Result<()> {
        let incoming = self.root.join(INCOMING).join(version.to_string());
        for entry in fs::read_dir(&incoming)? {
            File::open(entry?.path())?.sync_all()?;
        }
        sync(&incoming)?;
        // A version that never became active may lie there since a crash.
        remove(&self.version(version))?;
        fs::rename(&incoming, self.version(version))?;
        sync(&self.root.join(VERSIONS))
    }

    /// What makes a version the active one.
    pub(crate) fn activation(&self, version: u32) -> Vec<Step> {
        let before = self
            .linked(Link::Current)
            .filter(|before| *before != version);
        let previous = before.map(|before| Step::Point(Link::Previous, before));
        let active = [Step::Point(Link::Current, version), Step::Raise(version)];
        previous.into_iter().chain(active).collect()
    }

    /// What gives a bad version up for the one before, or for none.
    pub(crate) fn rollback(&self, bad: u32, reason: &str, previous: Option<u32>) -> Vec<Step> {
        let instead = match previous {
            Some(previous) => Step::Point(Link::Current, previous),
            None => Step::Unlink(Link::Current),
        };
        vec![
            Step::Raise(self.highest()),
            Step::Quarantine(bad, reason.to_owned()),
            instead,
            Step::Unlink(Link::Previous),
        ]
    }

    /// Takes steps, one after the other.
    pub(crate) fn take(&self, steps: &[Step]) -> io::Result<()> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::Point(link, version) => {
                let new = self.root.join(format!(".{}.new", link.name()));
                remove(&new)?;
                symlink(Path::new(VERSIONS).join(version.to_string()), &new)?;
                fs::rename(&new, self.root.join(link.name()))?;
                sync(&self.root)
            }
            Step::Unlink(link) => {
                remove(&self.root.join(link.name()))?;
                sync(&self.root)
            }
            Step::Raise(version) => replace(
                &self.root,
                HIGHEST,
                &version.max(&self.highest()).to_string(),
            ),
            Step::Quarantine(version, reason) => {
                let end = reason.floor_char_boundary(REASON_MAX);
                let directory = self.root.join(QUARANTINED);
                replace(&directory, &version.to_string(), &reason[..end])
            }
        }
    }

    /// Forgets versions that no link names.
    pub(crate) fn tidy(&self) -> io::Result<()> {
        let linked = [Link::Current, Link::Previous].map(|link| self.linked(link));
        for entry in fs::read_dir(self.root.join(VERSIONS))? {
            let entry = entry?;
            let version = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if version.is_none() || !linked.contains(&version) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Replaces a small file of a directory whole.
fn replace(directory: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = directory.join(format!(".{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, directory.join(name))?;
    sync(directory)
}

/// Removes whatever is there, a link and not what it names.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Copies the files of a bundle, each within its bound.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let sums = [bundle::SUMS, bundle::SIGNATURE].map(|name| (name, bundle::SUMS_MAX));
    for (name, most) in bundle::FILES.iter().copied().chain(sums) {
        let kind = fs::symlink_metadata(from.join(name))
            .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        if !kind.is_file() || kind.len() > most {
            return Err(io::Error::other(format!(
                "{name} is no file within its bound"
            )));
        }
        fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
