//! A device whose property gets another CA: it takes the notice of the chain root, has its leaf renewed
//! under the new CA, and goes on.
//!
//! ```text
//! ca.pem, cert.pem of the old CA ──notice──▶ coming over ──leaf──▶ ca.pem, cert.pem of the new one
//!                                 (believes the new CA alone)
//! ```
//!
//! Promises: nothing but the pinned root's notice of a higher number for this property changes whom the
//! device believes; what was taken is on the disk before it counts, and a power cut anywhere leaves a
//! device that goes on from there; the key stays. The reference for devices in other languages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use wire::credential::CERTIFICATE_MAX;
use wire::replacement::CaReplacement;
use wire::{Integer, Octets, Version};

use super::load::Files;
use super::renewal::{Door, DoorError, RenewalError, request};
use super::{CA_FILE, CERT_FILE, Identity, IdentityError};
use crate::ca::files::{WriteError, write_open};
use crate::clock::Clock;
use crate::credential::{NotAReplacement, verify_replacement};

mod keep;

pub use keep::DeviceLeaf;

/// File of the chain root's certificate; a device without one takes no notice.
pub const ROOT_FILE: &str = "root.pem";
/// File of what was taken: the last number, and the CA while the device comes over to it.
pub const REPLACEMENT_FILE: &str = "ca-replacement.json";

/// What a device has taken so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Taken {
    v: Version<1>,
    /// Number of the last notice.
    number: Integer,
    /// The CA that it named, until the device has a leaf of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca: Option<Octets<CERTIFICATE_MAX>>,
}

/// The identity of a device in `dir`, which believes the CA that it was told of last, also when its leaf
/// is of the one before.
pub fn load_device(dir: &Path) -> Result<Identity, ReplacementError> {
    let Some(ca) = read(dir)?.ca else {
        return Ok(Identity::load(dir)?);
    };
    let files = Files::read(dir)?;
    match files.clone().with_anchor(&pem(ca.as_slice())).parse(dir) {
        Ok(identity) => Ok(identity),
        Err(IdentityError::Foreign { .. }) => {
            let ca = CertificateDer::from(ca.as_slice().to_vec());
            files.parse(dir)?.under(ca).ok_or(ReplacementError::Anchor)
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a notice for the device in `dir`; who it is from then on. Reads and writes files.
pub fn accept(dir: &Path, body: &[u8]) -> Result<Identity, ReplacementError> {
    let (taken, present) = (read(dir)?, load_device(dir)?);
    let realm = present.spiffe.realm();
    let notice = verify_replacement(body, &root(dir)?, &realm, taken.number)?;
    let CaReplacement { number, ca, .. } = notice;
    let ca = if present.anchor.len() == 1 && present.anchor[0].as_ref() == ca.as_slice() {
        taken.ca
    } else {
        Some(ca)
    };
    let v = Version;
    write(dir, &Taken { v, number, ca })?;
    load_device(dir)
}

/// Writes down the number of the last notice that was before a device's enrolment, so that it takes none
/// of those.
pub fn note_number(dir: &Path, number: Integer) -> Result<(), ReplacementError> {
    let taken = Taken {
        number,
        ..Taken::default()
    };
    write(dir, &taken)
}

/// Gets the leaf of the new CA for a device that comes over; nothing for one that does not.
pub async fn come_over(
    dir: &Path,
    door: &Door,
    clock: &Clock,
) -> Result<Option<Identity>, ReplacementError> {
    let place = dir.to_owned();
    let Some((present, ca)) = blocking(move || coming(&place)).await? else {
        return Ok(None);
    };
    // The power may have failed between the leaf and the rest.
    let certificate = if present.is_of(&pem(ca.as_slice()), dir)? {
        None
    } else {
        let csr = request(dir.to_owned()).await?;
        Some(door.next_leaf(&present, &csr).await?)
    };
    let (dir, now) = (dir.to_owned(), clock.wall());
    let took = blocking(move || take_over(&dir, &present, &ca, certificate.as_deref(), now));
    took.await.map(Some)
}

type Ca = Octets<CERTIFICATE_MAX>;

/// The device and the CA that it comes over to, if it does.
fn coming(dir: &Path) -> Result<Option<(Identity, Ca)>, ReplacementError> {
    let Some(ca) = read(dir)?.ca else {
        return Ok(None);
    };
    Ok(Some((load_device(dir)?, ca)))
}

impl Identity {
    /// Whether the leaf in `dir` was issued by this CA.
    fn is_of(&self, ca: &[u8], dir: &Path) -> Result<bool, ReplacementError> {
        match Files::read(dir)?.with_anchor(ca).parse(dir) {
            Ok(found) => Ok(found.spiffe == self.spiffe),
            Err(IdentityError::Foreign { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts the leaf, the CA and the end of the matter into `dir`, in this order.
fn take_over(
    dir: &Path,
    present: &Identity,
    ca: &Ca,
    certificate: Option<&str>,
    now: Integer,
) -> Result<Identity, ReplacementError> {
    let anchor = pem(ca.as_slice());
    let mut files = Files::read(dir)?.with_anchor(&anchor);
    if let Some(certificate) = certificate {
        files = files.with_certificate(certificate.as_bytes());
    }
    let next = files.parse(dir)?;
    if let Some(certificate) = certificate {
        if next.spiffe != present.spiffe || next.due_in(now).is_none() {
            return Err(RenewalError::OtherLeaf.into());
        }
        write_open(&dir.join(CERT_FILE), certificate.as_bytes())?;
    }
    write_open(&dir.join(CA_FILE), &anchor)?;
    let Taken { v, number, .. } = read(dir)?;
    let ca = None;
    write(dir, &Taken { v, number, ca })?;
    Ok(next)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReplacementError> + Send + 'static,
) -> Result<T, ReplacementError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or(Err(RenewalError::Interrupted.into()))
}

fn root(dir: &Path) -> Result<CertificateDer<'static>, ReplacementError> {
    let file = dir.join(ROOT_FILE);
    let pem = fs::read(&file).map_err(|source| ReplacementError::Read {
        file: file.clone(),
        source,
    })?;
    CertificateDer::from_pem_slice(&pem).map_err(|_| ReplacementError::Root { file })
}

/// What was taken; nothing yet where there is no such file.
fn read(dir: &Path) -> Result<Taken, ReplacementError> {
    let file = dir.join(REPLACEMENT_FILE);
    match fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|source| ReplacementError::Damaged { file, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Taken::default()),
        Err(source) => Err(ReplacementError::Read { file, source }),
    }
}

fn write(dir: &Path, taken: &Taken) -> Result<(), ReplacementError> {
    Ok(write_open(
        &dir.join(REPLACEMENT_FILE),
        &wire::encode(taken),
    )?)
}

fn pem(der: &[u8]) -> Vec<u8> {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new("CERTIFICATE", der), lines).into_bytes()
}

/// A device stays with the CA that it has.
#[derive(Debug, thiserror::Error)]
pub enum ReplacementError {
    /// A file that is missing or not ours to read.
    #[error("cannot read {}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was taken before is no longer known; nothing is taken then.
    #[error("{} is damaged", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The pinned root is none.
    #[error("{} holds no certificate in PEM", file.display())]
    Root {
        /// Which.
        file: PathBuf,
    },
    /// The CA that was taken cannot be an anchor.
    #[error("the certificate of the notice cannot be an anchor")]
    Anchor,
    /// The notice is not the root's, not ours, or not new.
    #[error("the notice is not believed")]
    Notice(#[from] NotAReplacement),
    /// Our own files.
    #[error("cannot use the identity")]
    Identity(#[from] IdentityError),
    /// The authority is not there, or says no.
    #[error("the authority of the new box gives no leaf")]
    Ask(#[from] DoorError),
    /// What it gave is not the next leaf, or cannot be asked for.
    #[error("cannot come over")]
    Renewal(#[from] RenewalError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[cfg(test)]
mod tests;
