//! Archives whose bytes depend on their contents alone: sorted, not compressed, without dates.
//!
//! The form is that of PKWARE's APPNOTE 6.3, stored entries only; both nuclei unpack it. What is
//! unpacked here was packed here: other forms are refused. Left out: compression, from which pages
//! of some hundred kilobytes would gain little.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Crc;

use crate::place::Place;

/// 1 January 1980, the first day that archives know.
const NO_DATE: u32 = 0x0021_0000;
/// What an entry starts with.
const LOCAL: u32 = 0x0403_4b50;
/// What an entry of the directory starts with.
const DIRECTORY: u32 = 0x0201_4b50;
/// Bytes between the start of an entry and its name.
const HEADER: usize = 26;
/// The flag that names are UTF-8.
const UTF8: u16 = 0x0800;
/// Version 2.0, enough for directories.
const VERSION: u16 = 20;
/// Made on Unix, so that permissions are read.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A regular file that everybody reads.
const MODE: u32 = 0o100_644 << 16;
/// Most files of an archive.
const FILES_MAX: usize = 10_000;
/// Most bytes of an archive: what 32 bits can say, with room for the directory.
const BYTES_MAX: u64 = 1 << 30;

/// Packs every file below a directory.
pub fn pack(dir: &Path, to: &Path) -> Result<(), ArchiveError> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    let names = names(dir)?;
    for name in &names {
        let path = dir.join(name);
        let content = fs::read(&path).map_err(|source| ArchiveError::Read { path, source })?;
        let offset = length(body.len());
        let header = header(&content, name);
        put(&mut body, &[LOCAL], &header);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&content);
        if body.len() as u64 > BYTES_MAX {
            return Err(too_much(dir));
        }
        directory.extend_from_slice(&DIRECTORY.to_le_bytes());
        directory.extend_from_slice(&MADE_BY.to_le_bytes());
        directory.extend_from_slice(&header);
        // Comment's length, disk, internal attributes.
        directory.extend_from_slice(&[0; 6]);
        put(&mut directory, &[MODE, offset], name.as_bytes());
    }
    let count = u16::try_from(names.len()).map_err(|_| too_much(dir))?;
    let mut end = 0x0605_4b50_u32.to_le_bytes().to_vec();
    end.extend_from_slice(&[0; 4]);
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&count.to_le_bytes());
    put(
        &mut end,
        &[length(directory.len()), length(body.len())],
        &[0; 2],
    );
    let write = || {
        let mut file = fs::File::create(to)?;
        [&body, &directory, &end]
            .into_iter()
            .try_for_each(|part| file.write_all(part))
    };
    write().map_err(|source| ArchiveError::Write {
        path: to.to_owned(),
        source,
    })
}

/// What local header and directory say alike, up to the length of extra fields.
fn header(content: &[u8], name: &str) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let mut header = VERSION.to_le_bytes().to_vec();
    header.extend_from_slice(&UTF8.to_le_bytes());
    // The method, 0: stored.
    header.extend_from_slice(&[0; 2]);
    let size = length(content.len());
    put(&mut header, &[NO_DATE, crc.sum(), size, size], &[]);
    header.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    header.extend_from_slice(&[0; 2]);
    header
}

fn put(to: &mut Vec<u8>, numbers: &[u32], rest: &[u8]) {
    for number in numbers {
        to.extend_from_slice(&number.to_le_bytes());
    }
    to.extend_from_slice(rest);
}

/// Bounded by `BYTES_MAX` before it is written.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Paths of the files below a directory, with slashes, sorted.
fn names(dir: &Path) -> Result<Vec<String>, ArchiveError> {
    let (mut waiting, mut names) = (vec![PathBuf::new()], Vec::new());
    while let Some(below) = waiting.pop() {
        let path = dir.join(&below);
        let unreadable = |source| ArchiveError::Read {
            path: path.clone(),
            source,
        };
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = below.join(entry.file_name());
            if entry.file_type().map_err(unreadable)?.is_dir() {
                waiting.push(name);
            } else {
                names.push(name.to_string_lossy().into_owned());
            }
        }
        if names.len() > FILES_MAX {
            return Err(too_much(dir));
        }
    }
    names.sort();
    Ok(names)
}

fn too_much(dir: &Path) -> ArchiveError {
    ArchiveError::Large {
        dir: dir.to_owned(),
    }
}

/// Unpacks what [`pack`] made into a directory that is made.
pub fn unpack(archive: &Path, to: &Path) -> Result<(), ArchiveError> {
    let packed = fs::read(archive).map_err(|source| ArchiveError::Read {
        path: archive.to_owned(),
        source,
    })?;
    let mut rest = packed.as_slice();
    while let Some(after) = rest.strip_prefix(&LOCAL.to_le_bytes()) {
        let (name, content, next) = entry(after).ok_or_else(|| ArchiveError::Form {
            archive: archive.to_owned(),
        })?;
        let path = to.join(name.as_str());
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(to))?;
            fs::write(&path, content)
        };
        write().map_err(|source| ArchiveError::Write {
            path: path.clone(),
            source,
        })?;
        rest = next;
    }
    if rest.starts_with(&DIRECTORY.to_le_bytes()) {
        Ok(())
    } else {
        Err(ArchiveError::Form {
            archive: archive.to_owned(),
        })
    }
}

/// Name and content of the entry that starts here, and what comes after it.
fn entry(header: &[u8]) -> Option<(Place, &[u8], &[u8])> {
    let (fixed, rest) = header.split_at_checked(HEADER)?;
    let number = |at: usize| Some(u32::from_le_bytes(fixed.get(at..at + 4)?.try_into().ok()?));
    let short = |at: usize| Some(u16::from_le_bytes(fixed.get(at..at + 2)?.try_into().ok()?));
    let is_ours = short(2)? == UTF8 && short(4)? == 0 && short(24)? == 0;
    let (name, rest) = rest.split_at_checked(short(22)?.into())?;
    let (content, next) = rest.split_at_checked(usize::try_from(number(18)?).ok()?)?;
    let mut crc = Crc::new();
    crc.update(content);
    let name = std::str::from_utf8(name).ok()?.parse().ok()?;
    (is_ours && crc.sum() == number(10)?).then_some((name, content, next))
}

/// An archive cannot be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// It would be too large.
    #[error("{} has more than {FILES_MAX} files or {BYTES_MAX} bytes", dir.display())]
    Large {
        /// The directory.
        dir: PathBuf,
    },
    /// It was not packed here.
    #[error("{} is damaged, or was not packed by `cargo x package`", archive.display())]
    Form {
        /// The archive.
        archive: PathBuf,
    },
}

#[cfg(test)]
mod tests;
