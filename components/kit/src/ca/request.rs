//! What a box sends to whoever keeps the chain root, who is elsewhere and offline.

use rcgen::SubjectPublicKeyInfo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use wire::{Integer, PropertyId, Sha256, TenantId, Version};

use super::{CaError, ChainRoot, PropertyCa, Registration};
use crate::digest::sha256;
use crate::identity::{Realm, TrustDomain};

/// Asks the chain root to vouch for a property CA.
///
/// It holds nothing secret. Its certificate, signed by its own key, proves that the sender has the
/// key; that the key is the property's is for the person who signs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossSignRequest {
    /// Version of this request.
    pub v: Version<1>,
    /// Who vouches for the tenant.
    pub trust_domain: TrustDomain,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// The CA's own certificate, PEM.
    pub ca: String,
}

impl CrossSignRequest {
    /// The request of `ca`.
    pub fn of(ca: &PropertyCa) -> Self {
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
            ca: ca.certificate().to_owned(),
        }
    }

    /// SHA-256 of the CA's public key, to compare with what the box shows.
    pub fn ca_sha256(&self) -> Result<Sha256, CaError> {
        Ok(sha256(&self.public_key()?))
    }

    /// Lets `root` vouch: the record for the cloud.
    pub fn grant(self, root: &ChainRoot, now: OffsetDateTime) -> Result<Registration, CaError> {
        let public = self.public_key()?;
        let key = SubjectPublicKeyInfo::from_der(&public).map_err(|_| CaError::RequestKey)?;
        let realm = Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        };
        let cross_signed = root.vouch(&realm, &key, now)?;
        let ms = now.unix_timestamp_nanos() / 1_000_000;
        let created = u64::try_from(ms).ok().and_then(Integer::new);
        Ok(Registration {
            v: Version,
            trust_domain: self.trust_domain,
            tenant: self.tenant,
            property: self.property,
            ca_sha256: sha256(&public),
            ca: self.ca,
            cross_signed,
            created: created.unwrap_or_default(),
        })
    }

    /// The public key, when the certificate is of its own key's making.
    fn public_key(&self) -> Result<Vec<u8>, CaError> {
        let der =
            CertificateDer::from_pem_slice(self.ca.as_bytes()).map_err(|_| CaError::Certificate)?;
        let (_, certificate) =
            x509_parser::parse_x509_certificate(&der).map_err(|_| CaError::Certificate)?;
        certificate
            .verify_signature(None)
            .map_err(|_| CaError::RequestSignature)?;
        if !certificate.is_ca() {
            return Err(CaError::Certificate);
        }
        Ok(certificate.public_key().raw.to_vec())
    }
}
