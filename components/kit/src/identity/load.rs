//! From three files to an identity that fits together.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;

use super::certificate::{Particulars, WrongCertificate};
use super::signing;
use super::{CA_FILE, CERT_FILE, Identity, KEY_FILE};

/// Largest file of an identity, in bytes; a chain takes two or three thousand.
const FILE_MAX: u64 = 64 * 1024;
/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// The three files of an identity as they are on disk.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Files {
    ca: Vec<u8>,
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    pub(super) fn read(dir: &Path) -> Result<Self, IdentityError> {
        let key_file = dir.join(KEY_FILE);
        refuse_exposed(&key_file)?;
        Ok(Self {
            ca: read(&dir.join(CA_FILE))?,
            cert: read(&dir.join(CERT_FILE))?,
            key: read(&key_file)?,
        })
    }

    /// The same with another leaf.
    pub(super) fn with_certificate(self, certificate: &[u8]) -> Self {
        let cert = certificate.to_vec();
        Self { cert, ..self }
    }

    /// The same under another CA, PEM.
    pub(super) fn with_anchor(self, ca: &[u8]) -> Self {
        let ca = ca.to_vec();
        Self { ca, ..self }
    }

    pub(super) fn parse(&self, dir: &Path) -> Result<Identity, IdentityError> {
        let (ca_file, cert_file, key_file) =
            (dir.join(CA_FILE), dir.join(CERT_FILE), dir.join(KEY_FILE));
        let anchor = certificates(&self.ca, &ca_file)?;
        let chain = certificates(&self.cert, &cert_file)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| IdentityError::NotPem {
            file: key_file.clone(),
            what: "private key",
        })?;
        let particulars = Particulars::of(&chain[0]).map_err(|source| IdentityError::Leaf {
            file: cert_file.clone(),
            source,
        })?;
        let signer = signing::key_pair(key.secret_der()).ok_or_else(|| IdentityError::NotP256 {
            file: key_file.clone(),
        })?;
        let certified =
            CertifiedKey::from_der(chain.clone(), key, &default_provider()).map_err(|source| {
                IdentityError::Key {
                    file: key_file,
                    source,
                }
            })?;
        let roots = roots(&anchor, &ca_file)?;
        refuse_foreign(&roots, &chain, &particulars, &cert_file)?;
        Ok(Identity {
            spiffe: particulars.spiffe,
            not_before: particulars.not_before,
            not_after: particulars.not_after,
            anchor,
            chain,
            roots,
            certified: Arc::new(certified),
            signer: Arc::new(signer),
        })
    }
}

fn refuse_exposed(file: &Path) -> Result<(), IdentityError> {
    let attributes = fs::metadata(file).map_err(|source| IdentityError::Read {
        file: file.to_owned(),
        source,
    })?;
    let mode = attributes.permissions().mode() & 0o777;
    if mode & OTHERS == 0 {
        Ok(())
    } else {
        Err(IdentityError::Exposed {
            file: file.to_owned(),
            mode,
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, IdentityError> {
    let failed = |source| IdentityError::Read {
        file: file.to_owned(),
        source,
    };
    let mut content = Vec::new();
    File::open(file)
        .and_then(|open| open.take(FILE_MAX + 1).read_to_end(&mut content))
        .map_err(failed)?;
    if content.len() as u64 > FILE_MAX {
        return Err(IdentityError::Large {
            file: file.to_owned(),
        });
    }
    Ok(content)
}

/// At least one certificate.
fn certificates(pem: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| IdentityError::NotPem {
            file: file.to_owned(),
            what: "certificate",
        })
}

fn roots(
    anchor: &[CertificateDer<'static>],
    file: &Path,
) -> Result<Arc<RootCertStore>, IdentityError> {
    let mut roots = RootCertStore::empty();
    for certificate in anchor {
        roots
            .add(certificate.clone())
            .map_err(|source| IdentityError::Anchor {
                file: file.to_owned(),
                source,
            })?;
    }
    Ok(Arc::new(roots))
}

/// Checks that the leaf comes from the anchor, as of its first second: whether it is still valid
/// is the handshake's question.
fn refuse_foreign(
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    particulars: &Particulars,
    file: &Path,
) -> Result<(), IdentityError> {
    let birth = Duration::from_millis(particulars.not_before.value());
    WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::new(default_provider()))
        .build()
        .expect("an anchor holds at least one certificate")
        .verify_client_cert(&chain[0], &chain[1..], UnixTime::since_unix_epoch(birth))
        .map(|_| ())
        .map_err(|source| IdentityError::Foreign {
            file: file.to_owned(),
            source,
        })
}

/// An identity cannot be used; every variant names the file at fault.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Missing, or not ours to read.
    #[error("cannot read {file}", file = file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not what it should be, whatever it is.
    #[error("{file} is larger than {FILE_MAX} bytes", file = file.display())]
    Large {
        /// Which file.
        file: PathBuf,
    },
    /// A key that is no secret.
    #[error("{file} has mode {mode:04o} and may be read by others, must be 0600", file = file.display())]
    Exposed {
        /// Which file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// No PEM section of the kind that belongs there, or a damaged one.
    #[error("{file} holds no {what} in PEM", file = file.display())]
    NotPem {
        /// Which file.
        file: PathBuf,
        /// What should be there.
        what: &'static str,
    },
    /// Not a certificate that can be trusted.
    #[error("{file} holds a certificate that cannot be an anchor", file = file.display())]
    Anchor {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The certificate does not name a principal.
    #[error("{file} holds no identity of a property", file = file.display())]
    Leaf {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: WrongCertificate,
    },
    /// A key of a kind that no property uses.
    #[error("{file} does not hold a P-256 key in PKCS #8", file = file.display())]
    NotP256 {
        /// Which file.
        file: PathBuf,
    },
    /// The key belongs to another certificate, or is of a kind that is not used.
    #[error("{file} does not hold the key of the certificate beside it", file = file.display())]
    Key {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The leaf was issued by another CA than the one beside it.
    #[error("{file} was not issued by the CA beside it", file = file.display())]
    Foreign {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
}
