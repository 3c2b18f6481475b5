//! Releases on this machine: what Greengrass does with artifacts, done by the local hotel.
//!
//! ```text
//! installed/packages/COMPONENT/VERSION/    recipe.yaml and artifacts, checked
//! installed/sets/VERSION/                  the list, and a link for each component
//! installed/current, installed/previous    links to two of the sets
//! ```
//!
//! Promise: what is installed has the digests of a signed list, also when it was copied while somebody
//! changed it; the switch from one release to the next is one rename; a failure on the way there (a
//! full disk, a file that was changed) leaves the release before it whole and takes its own files
//! away again. Data of components is elsewhere and stays.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use kit::signing::PublicKey;
use release::archive::{self, ArchiveError};
use release::{Release, ReleaseError, copy, sum};

use super::files::{self, FileError};
use super::layout::Layout;
use crate::output::say;

/// Everybody reads, and runs what is a program.
const MODE: u32 = 0o755;
/// The list, beside the links of a set.
const LIST: &str = "set.json";

/// Check a release and make it the one that `up --installed` runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Install {
    /// Where the hotel keeps everything.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
    /// List of the release, as `cargo x package` printed it.
    #[arg(long)]
    set: PathBuf,
    /// A key whose releases are believed.
    #[arg(long, required = true, value_name = "KEY", allow_hyphen_values = true)]
    trust: Vec<PublicKey>,
}

impl Install {
    pub(super) fn run(self) -> Result<ExitCode, InstallError> {
        files::make_dir(&self.dir)?;
        let store = Store::of(&super::layout_of(&self.dir)?);
        let release = Release::open(&self.set, &self.trust)?;
        store.install(&release)?;
        let version = release.set.version;
        say(format_args!(
            "release {version} is installed; `up --installed` runs it"
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// The releases of a hotel.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) fn of(layout: &Layout) -> Self {
        let dir = layout.installed();
        Self { dir }
    }

    /// Directory of the set to run; it stays what it is when another one is installed.
    pub(super) fn current(&self) -> Result<PathBuf, InstallError> {
        let link = self.dir.join("current");
        fs::canonicalize(&link).map_err(|source| InstallError::Nothing { link, source })
    }

    /// Takes away what neither the current nor the previous release needs. Nothing may run.
    pub(super) fn tidy(&self) -> Result<(), InstallError> {
        let link = |name: &str| fs::canonicalize(self.dir.join(name)).ok();
        let kept: Vec<_> = ["current", "previous"]
            .into_iter()
            .filter_map(link)
            .collect();
        let sets = self.dir.join("sets");
        for set in list(&sets)?.into_iter().filter(|set| !kept.contains(set)) {
            fs::remove_dir_all(&set).map_err(failed(&set))?;
        }
        let mut used = Vec::new();
        for set in &kept {
            used.extend(
                list(set)?
                    .iter()
                    .filter_map(|link| fs::canonicalize(link).ok()),
            );
        }
        for component in list(&self.dir.join("packages"))? {
            for package in list(&component)?
                .into_iter()
                .filter(|package| !used.contains(package))
            {
                fs::remove_dir_all(&package).map_err(failed(&package))?;
            }
        }
        Ok(())
    }

    fn install(&self, release: &Release) -> Result<(), InstallError> {
        for below in ["packages", "sets"] {
            files::make_dir(&self.dir.join(below))?;
        }
        let mut made = Vec::new();
        let staged = self.stage(release, &mut made);
        if staged.is_err() {
            // The first error is the one to tell; what stays is checked again next time.
            for path in made.iter().rev() {
                let is_unpacked = made.contains(&path.with_extension("zip"));
                drop(match fs::remove_file(path) {
                    Err(_) if is_unpacked => fs::remove_dir_all(path),
                    Err(_) => fs::remove_dir(path),
                    Ok(()) => Ok(()),
                });
            }
        }
        let set = staged?;
        self.switch(&set)
    }

    /// Brings everything of a release here, without touching what runs; `made` is what is new.
    fn stage(&self, release: &Release, made: &mut Vec<PathBuf>) -> Result<PathBuf, InstallError> {
        for component in release.set.components.values() {
            for file in component.files() {
                self.fetch(release, file, made)?;
            }
        }
        let version = release.set.version.to_string();
        let (set, draft) = (
            self.dir.join("sets").join(&version),
            self.dir.join("sets/.new"),
        );
        let [list, _] = release.papers();
        let text = fs::read(&list).map_err(unreadable(&list))?;
        if set.exists() {
            let before = set.join(LIST);
            if fs::read(&before).map_err(unreadable(&before))? == text {
                return Ok(set);
            }
            return Err(InstallError::Other { version });
        }
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(failed(&draft))?;
        }
        files::make_dir(&draft)?;
        for (name, component) in &release.set.components {
            let link = draft.join(name.as_str());
            let package = format!("../../packages/{name}/{}", component.version);
            symlink(package, &link).map_err(failed(&link))?;
        }
        files::replace(&draft.join(LIST), &text)?;
        fs::rename(&draft, &set).map_err(failed(&set))?;
        Ok(set)
    }

    /// Copies one file, unless it is here; it is believed by what was copied.
    fn fetch(
        &self,
        release: &Release,
        file: &release::File,
        made: &mut Vec<PathBuf>,
    ) -> Result<(), InstallError> {
        let to = self.dir.join("packages").join(file.path.as_str());
        let archived = to.extension().is_some_and(|extension| extension == "zip");
        let unpacked = archived.then(|| to.with_extension(""));
        let is_there = unpacked.as_ref().is_none_or(|dir| dir.is_dir());
        if is_there && sum(&to).is_ok_and(|found| file.is(found)) {
            return Ok(());
        }
        let dir = to.parent().unwrap_or(&self.dir);
        if !dir.exists() {
            files::make_dir(dir)?;
            made.push(dir.to_owned());
        }
        let part = dir.join(format!(".{}.part", file.path.file()));
        made.push(part.clone());
        let from = release.path(&file.path);
        let mut source = File::open(&from).map_err(unreadable(&from))?;
        let mut write = || {
            let mut target = File::create(&part)?;
            let found = copy(&mut source, &mut target)?;
            target.set_permissions(fs::Permissions::from_mode(MODE))?;
            target.sync_all()?;
            Ok(found)
        };
        file.compare(write().map_err(failed(&to))?)?;
        fs::rename(&part, &to).map_err(failed(&to))?;
        made.push(to.clone());
        unpacked.map_or(Ok(()), |dir| unpack(&to, &dir, made))
    }

    /// From here on the next start runs the set.
    fn switch(&self, set: &Path) -> Result<(), InstallError> {
        let before = self.current().ok();
        if before
            .as_deref()
            .is_some_and(|before| fs::canonicalize(set).is_ok_and(|set| set == before))
        {
            return Ok(());
        }
        if let Some(before) = before {
            self.link("previous", &before)?;
        }
        self.link("current", set)?;
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        Ok(synced.map_err(failed(&self.dir))?)
    }

    fn link(&self, name: &str, set: &Path) -> Result<(), InstallError> {
        let (link, draft) = (self.dir.join(name), self.dir.join(format!("{name}.new")));
        let place = Path::new("sets").join(set.file_name().unwrap_or_default());
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&draft)(error).into());
            }
            Ok(()) | Err(_) => {}
        }
        let renamed = symlink(place, &draft).and_then(|()| fs::rename(&draft, &link));
        Ok(renamed.map_err(failed(&link))?)
    }
}

/// Unpacks an archive beside it; what is there is whole.
fn unpack(archive: &Path, dir: &Path, made: &mut Vec<PathBuf>) -> Result<(), InstallError> {
    let draft = dir.with_extension("part");
    for old in [&draft, dir] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(failed(old))?;
        }
    }
    made.push(draft.clone());
    archive::unpack(archive, &draft)?;
    fs::rename(&draft, dir).map_err(failed(dir))?;
    made.push(dir.to_owned());
    Ok(())
}

/// Paths in a directory; none when it is not there.
fn list(dir: &Path) -> Result<Vec<PathBuf>, FileError> {
    match fs::read_dir(dir) {
        Ok(entries) => entries
            .map(|entry| Ok(entry.map_err(unreadable(dir))?.path()))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(dir)(error)),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    |source| FileError::Write { path, source }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    |source| FileError::Read { path, source }
}

/// A release cannot be installed; the one before it stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// It is not believed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// An archive cannot be unpacked.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The version is taken.
    #[error("release {version} is installed with other contents; versions never change")]
    Other {
        /// The version.
        version: String,
    },
    /// Nothing was installed.
    #[error("no release is installed ({}); `edgectl local install` does", link.display())]
    Nothing {
        /// What should lead to one.
        link: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests;
