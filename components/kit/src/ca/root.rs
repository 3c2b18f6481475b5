//! The chain root: it vouches for property CAs to the cloud, and for the cloud to properties.

use std::fmt;

use rcgen::{Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use wire::replacement::{CA_REPLACEMENT_TYPE, CaReplacement, SignedCaReplacement};
use wire::{Integer, Octets, Version};

use super::leaf::{self, ServerNames};
use super::property::{self, authority, issuer};
use super::{CaError, Key, PropertyCa};
use crate::credential::sign_by;
use crate::identity::{Realm, signing};

/// Signs property CAs and the servers of the cloud; kept offline, never on a box.
pub struct ChainRoot {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl ChainRoot {
    /// A new root, as throw-away hotels use.
    pub fn create(key: Key, now: OffsetDateTime) -> Result<Self, CaError> {
        let params = authority("hotel chain root", 1, now);
        let certificate = params.self_signed(&key.0).map_err(CaError::Sign)?.pem();
        Ok(Self {
            certificate,
            issuer: Issuer::new(params, key.0),
        })
    }

    /// The root of files written before.
    pub fn load(certificate: &str, key: &str) -> Result<Self, CaError> {
        match issuer(certificate, key)? {
            (_, Some(0)) => Err(CaError::ChainTooShort),
            (issuer, _) => Ok(Self {
                certificate: certificate.to_owned(),
                issuer,
            }),
        }
    }

    /// The certificate of a root, which comes as PEM; refuses what is none.
    pub fn certificate_in(pem: &str) -> Result<CertificateDer<'static>, CaError> {
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CaError::Certificate)?;
        let (_, root) =
            x509_parser::parse_x509_certificate(&der).map_err(|_| CaError::Certificate)?;
        let constraints = root.basic_constraints().ok().flatten();
        let constraints = constraints.ok_or(CaError::Certificate)?.value;
        if !constraints.ca || root.verify_signature(None).is_err() {
            return Err(CaError::Certificate);
        }
        match constraints.path_len_constraint {
            Some(0) => Err(CaError::ChainTooShort),
            Some(_) | None => Ok(der),
        }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The property CA's own key and name under this root, in PEM.
    pub fn cross_sign(&self, ca: &PropertyCa, now: OffsetDateTime) -> Result<String, CaError> {
        ca.signed_by(&self.issuer, now)
    }

    /// The key of a property's CA, under the CA's name and this root, in PEM.
    pub(super) fn vouch(
        &self,
        realm: &Realm,
        key: &impl PublicKeyData,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        leaf::sign(property::params(realm, now), key, &self.issuer)
    }

    /// Tells devices of `realm`, which nobody can visit, that `ca` is their property's CA from now on.
    /// They take no number that is not higher than the last.
    pub fn announce(
        &self,
        realm: &Realm,
        ca: &CertificateDer<'_>,
        number: Integer,
        issued_at: Integer,
    ) -> Result<SignedCaReplacement, CaError> {
        self.sign(&CaReplacement {
            v: Version,
            tenant: realm.tenant.clone(),
            property: realm.property.clone(),
            number,
            ca: Octets::new(ca.to_vec()).ok_or(CaError::Certificate)?,
            issued_at,
        })
    }

    /// Signs a notice, whatever it says.
    pub(crate) fn sign(&self, replacement: &CaReplacement) -> Result<SignedCaReplacement, CaError> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|_| CaError::Certificate)?;
        let key = signing::key_pair(self.issuer.key().serialized_der());
        let key = key.expect("the root's key is on P-256");
        let sign = |signed: &[u8]| signing::sign(&key, signed);
        let notice = sign_by(&certificate, sign, CA_REPLACEMENT_TYPE, replacement);
        Ok(SignedCaReplacement { v: Version, notice })
    }

    /// Refuses a certificate that somebody else has signed.
    pub(super) fn check_signed(&self, certificate: &CertificateDer<'_>) -> Result<(), CaError> {
        let root = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|_| CaError::Certificate)?;
        let (_, root) =
            x509_parser::parse_x509_certificate(&root).map_err(|_| CaError::Certificate)?;
        let (_, certificate) =
            x509_parser::parse_x509_certificate(certificate).map_err(|_| CaError::Certificate)?;
        certificate
            .verify_signature(Some(root.public_key()))
            .map_err(|_| CaError::OtherRoot)
    }

    /// The leaf of a server in the cloud, in PEM; at least one name.
    pub fn issue_cloud_server(
        &self,
        names: &ServerNames,
        key: &Key,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        leaf::sign(leaf::of_cloud_server(names, now)?, &key.0, &self.issuer)
    }
}

impl fmt::Debug for ChainRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainRoot").finish_non_exhaustive()
    }
}
