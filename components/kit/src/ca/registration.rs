//! The record by which the cloud knows a property.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use wire::{Integer, PropertyId, Sha256, TenantId, Version};

use super::{CaError, ChainRoot, PropertyCa};
use crate::identity::{Realm, TrustDomain};

/// A property CA as the cloud has it on its list.
///
/// A cloud verifier takes tenant and property from the registered key and refuses a leaf that
/// names others; taking the record off the list ends a stolen box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Version of this record.
    pub v: Version<1>,
    /// Who vouches for the tenant.
    pub trust_domain: TrustDomain,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// SHA-256 of the CA's public key (`SubjectPublicKeyInfo` in DER).
    pub ca_sha256: Sha256,
    /// The CA's own certificate, PEM.
    pub ca: String,
    /// The same key and name, signed by the chain root, PEM.
    pub cross_signed: String,
    /// When the record was made, in Unix milliseconds.
    pub created: Integer,
}

impl Registration {
    /// The record of `ca`.
    pub fn new(ca: &PropertyCa, cross_signed: String, created: Integer) -> Self {
        let Realm {
            trust_domain,
            tenant,
            property,
        } = ca.realm().clone();
        Self {
            v: Version,
            trust_domain,
            tenant,
            property,
            ca_sha256: ca.public_sha256(),
            ca: ca.certificate().to_owned(),
            cross_signed,
            created,
        }
    }

    /// Reads a record whose certificates both carry the key it registers.
    pub fn parse(json: &[u8]) -> Result<Self, RegistrationError> {
        let record: Self = serde_json::from_slice(json).map_err(RegistrationError::Decode)?;
        for (field, pem) in [("ca", &record.ca), ("cross_signed", &record.cross_signed)] {
            let digest = public_sha256(pem).ok_or(RegistrationError::Certificate { field })?;
            if digest != record.ca_sha256 {
                return Err(RegistrationError::OtherKey { field });
            }
        }
        Ok(record)
    }

    /// The CA's own certificate, and whether `root` vouches for it.
    pub fn vouched_by(&self, root: &ChainRoot) -> Result<CertificateDer<'static>, CaError> {
        let read = |pem: &str| {
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CaError::Certificate)
        };
        root.check_signed(&read(&self.cross_signed)?)?;
        read(&self.ca)
    }

    /// The property that the record speaks of.
    pub fn realm(&self) -> Realm {
        Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        }
    }
}

fn public_sha256(pem: &str) -> Option<Sha256> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    super::public_sha256(&der)
}

/// A registration record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// Not a record.
    #[error("cannot decode registration record")]
    Decode(#[source] serde_json::Error),
    /// One of its certificates is none.
    #[error("field {field} of the registration record is not a certificate in PEM")]
    Certificate {
        /// Which field.
        field: &'static str,
    },
    /// One of its certificates has another key.
    #[error("field {field} of the registration record is not of the registered key")]
    OtherKey {
        /// Which field.
        field: &'static str,
    },
}
