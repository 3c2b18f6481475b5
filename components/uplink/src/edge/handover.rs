//! The directory where files are handed over.
//!
//! A file is believed when it lies in the directory itself (no links, no way around), is a regular
//! file, and has the size and the digest that were told. It is read in pieces, so that memory does
//! not depend on its size.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use kit::digest::Digesting;
use kit::error::Chain;
use rustix::fs::OFlags;
use rustix::io::Errno;
use wire::{Code, Problem, Sha256};

use crate::file::{Handed, refused};

/// The directory.
#[derive(Debug, Clone)]
pub(crate) struct Handover {
    directory: PathBuf,
}

impl Handover {
    /// A directory; it need not be there yet.
    pub(crate) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Sees whether the file at `path` is what was told; reads all of it.
    pub(crate) fn check(&self, path: &str, sha256: Sha256, bytes: u64) -> Result<(), Problem> {
        let path = Path::new(path);
        self.place(path)?;
        let file = open(path).map_err(|error| {
            let is_link = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
            match error.kind() {
                _ if is_link => refused("path", "is a link"),
                io::ErrorKind::NotFound => refused("path", "there is no such file"),
                _ => unreadable(&error),
            }
        })?;
        let found = file.metadata().map_err(|error| unreadable(&error))?;
        if !found.is_file() {
            return Err(refused("path", "is not a regular file"));
        }
        if found.len() != bytes {
            let detail = format!("the file has {} bytes", found.len());
            return Err(refused("bytes", detail));
        }
        let digest = digest(file).map_err(|error| unreadable(&error))?;
        if digest != sha256 {
            return Err(refused(
                "sha256",
                format!("the file has the digest {digest}"),
            ));
        }
        Ok(())
    }

    /// Refuses a path that is not directly in the directory.
    fn place(&self, path: &Path) -> Result<(), Problem> {
        let elsewhere = || {
            let detail = format!("is not directly in {}", self.directory.display());
            refused("path", detail)
        };
        if !path.is_absolute() || path.file_name().is_none() {
            return Err(elsewhere());
        }
        let above = path.parent().ok_or_else(elsewhere)?;
        let above = fs::canonicalize(above).map_err(|_| elsewhere())?;
        let directory = fs::canonicalize(&self.directory).map_err(|error| unreadable(&error))?;
        if above == directory {
            Ok(())
        } else {
            Err(elsewhere())
        }
    }
}

/// Whether the file is still what was handed over; the reason when it is not.
pub(crate) fn look(file: &Handed) -> Result<File, String> {
    let told = |error: io::Error| Chain(&error).to_string();
    let opened = open(Path::new(&file.path)).map_err(told)?;
    let size = opened.metadata().map_err(told)?.len();
    if size == file.bytes {
        Ok(opened)
    } else {
        Err(format!("it has {size} bytes instead of {}", file.bytes))
    }
}

/// Whether the whole file still has its digest; the reason when it has not.
pub(crate) fn look_closely(file: &Handed) -> Result<(), String> {
    let opened = look(file)?;
    match digest(opened) {
        Ok(digest) if digest == file.sha256 => Ok(()),
        Ok(digest) => Err(format!("it has the digest {digest} now")),
        Err(error) => Err(Chain(&error).to_string()),
    }
}

/// A part of an open file.
pub(crate) fn part(file: &File, from: u64, bytes: u64) -> Result<Vec<u8>, String> {
    let bytes = usize::try_from(bytes).expect("a part fits the memory");
    let mut part = vec![0; bytes];
    file.read_exact_at(&mut part, from)
        .map_err(|error| Chain(&error).to_string())?;
    Ok(part)
}

/// Removes a file that is uploaded; one that is gone already is none the worse.
pub(crate) fn remove(path: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Neither follows a link nor waits for the other end of a pipe.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("flags of open are an int");
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn digest(mut file: File) -> io::Result<Sha256> {
    let mut digest = Digesting::new();
    io::copy(&mut file, &mut digest)?;
    Ok(digest.finish())
}

fn unreadable(error: &io::Error) -> Problem {
    tracing::error!(error = %Chain(error), "cannot read a file that is handed over");
    let detail = format!("the file cannot be read: {}", error.kind());
    Problem::new(Code::Unavailable, detail).at("body.path")
}

#[cfg(test)]
mod tests;
