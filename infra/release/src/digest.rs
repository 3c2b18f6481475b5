//! Sizes and digests of files, read in pieces: a library of a component has tens of megabytes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use kit::digest::Digesting;
use wire::Sha256;

/// Bytes that are held at a time.
const PIECE: usize = 64 * 1024;

/// What a file was when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summed {
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
}

/// Reads a file.
pub fn sum(path: &Path) -> io::Result<Summed> {
    copy(&mut File::open(path)?, &mut io::sink())
}

/// Copies to the end, and says what was copied: not what lies there later.
pub fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<Summed> {
    let (mut digest, mut bytes) = (Digesting::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.add(&piece[..read]);
        to.write_all(&piece[..read])?;
        bytes += read as u64;
    }
    let sha256 = digest.finish();
    Ok(Summed { bytes, sha256 })
}
