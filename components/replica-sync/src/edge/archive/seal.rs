//! The form of a file: `age( zstd( one line of JSON, then a dump of PostgreSQL ) )`.
//!
//! Encryption is that of <https://age-encryption.org/v1> for one X25519 key, so that Debian's
//! programs `age` and `zstd` open a backup where this program is not at hand. The box holds the
//! public half only: whoever takes the box cannot read older backups.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::iter;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use age::secrecy::ExposeSecret as _;
use age::stream::{StreamReader, StreamWriter};
use age::x25519;
use kit::digest::Digesting;
use wire::Sha256;

use crate::backup::Contents;

/// Level of zstd: the default, some 100 MB/s on a box.
const LEVEL: i32 = 3;
/// Longest first line; some hundred bytes a table.
const LINE_MAX: u64 = 1024 * 1024;

/// Who can open a backup: the public half of a key, `age1…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(x25519::Recipient);

impl FromStr for Recipient {
    type Err = NotARecipient;

    fn from_str(text: &str) -> Result<Self, NotARecipient> {
        text.parse().map(Self).map_err(|reason| NotARecipient {
            text: text.chars().take(80).collect(),
            reason,
        })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is no public key.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not the public half of an age key, \"age1…\": {reason}")]
pub struct NotARecipient {
    text: String,
    reason: &'static str,
}

/// The secret half of a key; no log and no debug output shows it.
#[derive(Clone)]
pub struct Secret(x25519::Identity);

impl Secret {
    /// A new key.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Reads the text of an identity file of `age`: comments, and one `AGE-SECRET-KEY-1…`.
    pub fn read(text: &str) -> Result<Self, NotAnIdentity> {
        let mut keys = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let key = keys.next().ok_or(NotAnIdentity("holds no key"))?;
        if keys.next().is_some() {
            return Err(NotAnIdentity("holds more than one key"));
        }
        key.parse().map(Self).map_err(NotAnIdentity)
    }

    /// The text of an identity file, for a file that only its owner reads.
    pub fn text(&self) -> String {
        let (public, secret) = (self.recipient(), self.0.to_string());
        format!("# public key: {public}\n{}\n", secret.expose_secret())
    }

    /// The public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The text is no identity of `age`.
#[derive(Debug, thiserror::Error)]
#[error("the identity {0}; it is a file as `edgectl backup key new` makes it")]
pub struct NotAnIdentity(&'static str);

/// A backup that is being written; memory does not depend on its size.
pub struct Sealing(zstd::Encoder<'static, StreamWriter<Counting>>);

impl Sealing {
    /// Begins a backup in an empty file.
    pub fn begin(file: File, recipient: &Recipient, contents: &Contents) -> io::Result<Self> {
        let recipient = iter::once(&recipient.0 as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipient).map_err(io::Error::other)?;
        let counting = Counting::new(file);
        let full = Arc::clone(&counting.full);
        let sealed = encryptor.wrap_output(counting).map_err(|error| {
            // The header is written by somebody who forgets what the disk said.
            if full.load(Ordering::Relaxed) {
                io::ErrorKind::StorageFull.into()
            } else {
                error
            }
        })?;
        let mut encoder = zstd::Encoder::new(sealed, LEVEL)?;
        let mut line = wire::encode(contents);
        line.push(b'\n');
        encoder.write_all(&line)?;
        Ok(Self(encoder))
    }

    /// Goes on with these bytes of the dump.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Ends it; returns digest and size when all of it is on the disk.
    pub fn finish(self) -> io::Result<(Sha256, u64)> {
        let counting = self.0.finish()?.finish()?;
        counting.file.sync_all()?;
        Ok((counting.digest.finish(), counting.bytes))
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a backup that is being written")
    }
}

/// A file whose digest and size are known when it is written.
struct Counting {
    file: File,
    digest: Digesting,
    bytes: u64,
    /// The disk is full.
    full: Arc<AtomicBool>,
}

impl Counting {
    fn new(file: File) -> Self {
        Self {
            file,
            digest: Digesting::new(),
            bytes: 0,
            full: Arc::default(),
        }
    }
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes).inspect_err(|error| {
            let full = error.kind() == io::ErrorKind::StorageFull;
            self.full.fetch_or(full, Ordering::Relaxed);
        })?;
        self.digest.add(&bytes[..written]);
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A backup that is open: what it says of itself, and the dump that follows.
pub struct Opened<R: Read> {
    /// What it says of itself.
    pub contents: Contents,
    dump: BufReader<zstd::Decoder<'static, BufReader<StreamReader<R>>>>,
}

impl<R: Read> Opened<R> {
    /// The dump. Reading to the end without an error proves that the file is whole.
    pub fn dump(&mut self) -> impl Read {
        &mut self.dump
    }
}

impl<R: Read> fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("contents", &self.contents)
            .finish_non_exhaustive()
    }
}

/// Opens a backup.
pub fn open<R: Read>(file: R, secret: &Secret) -> Result<Opened<R>, OpenError> {
    let decryptor = age::Decryptor::new(file).map_err(OpenError::Decrypt)?;
    let identity = iter::once(&secret.0 as &dyn age::Identity);
    let plain = decryptor.decrypt(identity).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => OpenError::OtherKey,
        error => OpenError::Decrypt(error),
    })?;
    let unpacked = zstd::Decoder::new(plain).map_err(OpenError::Read)?;
    let mut dump = BufReader::new(unpacked);
    let mut line = Vec::new();
    let mut first = (&mut dump).take(LINE_MAX);
    first
        .read_until(b'\n', &mut line)
        .map_err(OpenError::Read)?;
    let contents = wire::decode(&line).map_err(OpenError::Contents)?;
    Ok(Opened { contents, dump })
}

/// A backup cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is for somebody else.
    #[error("the backup is not sealed for this key")]
    OtherKey,
    /// It is no file of age, or it was changed.
    #[error("cannot decrypt the backup")]
    Decrypt(#[source] age::DecryptError),
    /// It cannot be read, or it was changed.
    #[error("cannot read the backup")]
    Read(#[source] io::Error),
    /// It does not say what it is.
    #[error("the first line of the backup is not of the documented form")]
    Contents(#[source] wire::Problem),
}

#[cfg(test)]
mod tests;
