//! What a property with a new CA knows of those before it: whose leaves may be exchanged for one of
//! its own.

use std::collections::BTreeMap;

use rcgen::PublicKeyData as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use wire::{DeviceId, Sha256, Version};

use super::{CaError, leaf};
use crate::digest::sha256;

/// The CAs that a property had, and the keys of the devices that may come over from them.
///
/// Whoever holds the key of a former CA can sign any leaf under it, so that signature proves nothing:
/// a device is known by its own key, which was written down while the former CA was good.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessors {
    /// Version of this record.
    pub v: Version<1>,
    /// Certificates of the former CAs, PEM, the last one first.
    pub cas: Vec<String>,
    /// The devices and their keys.
    pub keys: BTreeMap<DeviceId, KnownKey>,
}

/// The key of a device, as its property wrote it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    /// SHA-256 of the public key (`SubjectPublicKeyInfo` in DER).
    pub sha256: Sha256,
    /// Where the private key is.
    pub lies: Whereabouts,
}

/// Where the private key of a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whereabouts {
    /// With the device alone, which made it.
    Device,
    /// Also on the disk of a box, which made it: whoever has that disk has the key.
    Box,
}

impl Predecessors {
    /// Most former CAs.
    pub const CAS_MAX: usize = 8;

    /// The certificates of the former CAs, DER.
    pub fn anchors(&self) -> Result<Vec<CertificateDer<'static>>, CaError> {
        let read = |pem: &String| {
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CaError::Certificate)
        };
        self.cas.iter().map(read).collect()
    }
}

/// SHA-256 of a certificate's public key (`SubjectPublicKeyInfo` in DER); nothing when it is none.
pub fn public_sha256(certificate: &CertificateDer<'_>) -> Option<Sha256> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(sha256(certificate.public_key().raw))
}

/// The same of the key of a signing request, PEM.
pub fn requested_sha256(request: &str) -> Result<Sha256, CaError> {
    leaf::requested_key(request).map(|key| sha256(&key.subject_public_key_info()))
}
