//! Disks that are soon full.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own over a directory; gone when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    directory: PathBuf,
}

impl SmallDisk {
    /// A disk of so many bytes over a directory, which is made; an error where a test may not mount
    /// (it takes root).
    pub fn over(directory: &Path, bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let size = format!("size={bytes}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(directory)
            .status()?;
        if !mounted.success() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Makes it larger, while it is used.
    pub fn grow(&self, bytes: u64) -> io::Result<()> {
        self.remount(&format!("size={bytes}"))
    }

    /// Lets nobody write; an error while somebody has a file open to write.
    pub fn protect(&self) -> io::Result<()> {
        self.remount("ro")
    }

    /// Lets everybody write again.
    pub fn unprotect(&self) -> io::Result<()> {
        self.remount("rw")
    }

    fn remount(&self, option: &str) -> io::Result<()> {
        let remounted = Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(&self.directory)
            .output()?;
        if remounted.status.success() {
            Ok(())
        } else {
            let said = String::from_utf8_lossy(&remounted.stderr).into_owned();
            Err(io::Error::other(said))
        }
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        fs::read_dir(&self.directory).is_ok_and(|mut names| names.next().is_none())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a component may still use it.
        let mut unmount = Command::new("umount");
        drop(unmount.arg("--lazy").arg(&self.directory).status());
        drop(fs::remove_dir(&self.directory));
    }
}
