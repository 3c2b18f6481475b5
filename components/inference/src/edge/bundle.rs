//! A bundle: one version of a model in a directory, signed as a whole.
//!
//! ```text
//! manifest.json   model.onnx   golden.jsonl   model-card.md
//! SHA256SUMS      the digest of each of them, as sha256sum(1) writes it
//! SHA256SUMS.sig  Ed25519 (RFC 8032) over SHA256SUMS, 64 octets in base64url
//! ```
//!
//! Promises: nothing of a bundle is believed before the signature of a pinned key and the digest of
//! the file were found right; what is returned is what was checked, not what lies there later. ONNX
//! has no integrity of its own: a flipped bit loads, and answers wrongly.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use kit::digest::sha256;
use kit::signing::{PublicKey, SigningKey};
use wire::{Sha256, Word};

use crate::edge::probe::Golden;
use crate::manifest::{Manifest, ManifestError};

/// What a bundle is called inside.
const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.onnx";
const GOLDEN: &str = "golden.jsonl";
const CARD: &str = "model-card.md";
/// The digests.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// Their signature.
pub(crate) const SIGNATURE: &str = "SHA256SUMS.sig";
/// The files that are signed, each with its largest size.
pub(crate) const FILES: &[(&str, u64)] = &[
    (MANIFEST, 256 * 1024),
    (MODEL, 64 * 1024 * 1024),
    (GOLDEN, 1024 * 1024),
    (CARD, 256 * 1024),
];
/// Largest list of digests, and largest signature.
pub(crate) const SUMS_MAX: u64 = 4 * 1024;

/// A bundle that may be believed.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) manifest: Manifest,
    pub(crate) model: Vec<u8>,
    /// Digest of the model file.
    digest: Sha256,
}

impl Bundle {
    /// The model.
    pub fn model(&self) -> &Word {
        &self.manifest.model
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.manifest.version
    }

    /// SHA-256 of the model file.
    pub fn digest(&self) -> Sha256 {
        self.digest
    }
}

/// Signs what lies in a directory; a signature that is there is replaced.
pub fn sign(dir: &Path, key: &SigningKey) -> Result<(), BundleError> {
    let mut sums = String::new();
    for (name, most) in FILES {
        let digest = sha256(&read(dir, name, *most)?);
        sums.extend([digest.to_string().as_str(), "  ", name, "\n"]);
    }
    let signature = key.sign(sums.as_bytes());
    write(&dir.join(SUMS), sums.as_bytes())?;
    write(&dir.join(SIGNATURE), signature.as_bytes())?;
    verify(dir, &[key.public()]).map(|_| ())
}

/// Believes a bundle that one of `keys` signed.
pub fn verify(dir: &Path, keys: &[PublicKey]) -> Result<Bundle, BundleError> {
    let sums = read(dir, SUMS, SUMS_MAX)?;
    believe(&sums, &read(dir, SIGNATURE, SUMS_MAX)?, keys)?;
    let sums = Sums::read(&sums)?;
    let file = |name| {
        let (_, most) = FILES
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or(BundleError::Sums)?;
        let content = read(dir, name, *most)?;
        match sums.of(name) {
            Some(digest) if digest == sha256(&content) => Ok(content),
            Some(_) => Err(BundleError::Digest { name }),
            None => Err(BundleError::Sums),
        }
    };
    file(CARD)?;
    let manifest = Manifest::read(&file(MANIFEST)?)?;
    let model = file(MODEL)?;
    Golden::read(&file(GOLDEN)?, &manifest).ok_or(BundleError::Golden)?;
    Ok(Bundle {
        digest: sha256(&model),
        manifest,
        model,
    })
}

/// Whether one of `keys` signed the list of digests.
pub(crate) fn believe(
    sums: &[u8],
    signature: &[u8],
    keys: &[PublicKey],
) -> Result<(), BundleError> {
    if keys.iter().any(|key| key.signed(sums, signature)) {
        Ok(())
    } else {
        Err(BundleError::Signature)
    }
}

/// The digests of a bundle's files.
struct Sums(Vec<(Sha256, String)>);

impl Sums {
    /// Exactly the files of a bundle, each once.
    fn read(text: &[u8]) -> Result<Self, BundleError> {
        let text = std::str::from_utf8(text).map_err(|_| BundleError::Sums)?;
        let line = |line: &str| {
            let (digest, name) = line.split_once("  ")?;
            Some((digest.parse().ok()?, name.to_owned()))
        };
        let lines: Option<Vec<_>> = text.lines().map(line).collect();
        let lines: Vec<(Sha256, String)> = lines.ok_or(BundleError::Sums)?;
        let once = |(name, _): &(&str, u64)| lines.iter().filter(|(_, n)| n == name).count() == 1;
        if lines.len() == FILES.len() && FILES.iter().all(once) {
            Ok(Self(lines))
        } else {
            Err(BundleError::Sums)
        }
    }

    fn of(&self, name: &str) -> Option<Sha256> {
        let mut lines = self.0.iter();
        lines
            .find(|(_, known)| known == name)
            .map(|(digest, _)| *digest)
    }
}

/// Reads a regular file of at most `most` octets.
fn read(dir: &Path, name: &str, most: u64) -> Result<Vec<u8>, BundleError> {
    let path = dir.join(name);
    let failed = |source| BundleError::File {
        path: path.clone(),
        source,
    };
    // A link could point anywhere, and a FIFO never ends.
    let kind = fs::symlink_metadata(&path).map_err(failed)?;
    if !kind.is_file() || kind.len() > most {
        return Err(BundleError::Large { path, most });
    }
    let mut content = Vec::new();
    let file = File::open(&path).map_err(failed)?;
    file.take(most + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > most {
        return Err(BundleError::Large { path, most });
    }
    Ok(content)
}

fn write(path: &Path, content: &[u8]) -> Result<(), BundleError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|source| BundleError::File {
        path: path.to_owned(),
        source,
    })
}

/// A bundle is not believed.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// Not a regular file, or larger than it may be.
    #[error("{} is not a file of at most {most} bytes", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// How large it may be.
        most: u64,
    },
    /// No pinned key signed it.
    #[error("{SUMS} is not signed by a pinned key")]
    Signature,
    /// The list of digests is not one of a bundle.
    #[error("{SUMS} does not name exactly the files of a bundle")]
    Sums,
    /// A file was changed.
    #[error("{name} has another digest than {SUMS} says")]
    Digest {
        /// The file.
        name: &'static str,
    },
    /// The manifest cannot be believed.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The golden vectors are none.
    #[error("{GOLDEN} does not hold 1 to 256 vectors of the model's inputs and outputs")]
    Golden,
    /// It is another model or version than its place says.
    #[error("the bundle is {model} {version}, its place says otherwise")]
    Elsewhere {
        /// The model in the manifest.
        model: Word,
        /// The version in the manifest.
        version: u32,
    },
}

#[cfg(test)]
pub(crate) mod tests;
