//! The property's own certificate authority.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use wire::Sha256;

use super::leaf::{self, ServerNames, serial};
use super::{BACKDATED, CA_LIFE, CaError, Key};
use crate::digest::sha256;
use crate::identity::{Holder, Realm};

/// Issues every leaf of one property.
pub struct PropertyCa {
    realm: Realm,
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl PropertyCa {
    /// A new authority for the property, signing itself with `key`.
    pub fn create(realm: Realm, key: Key, now: OffsetDateTime) -> Result<Self, CaError> {
        let params = params(&realm, now);
        let certificate = params.self_signed(&key.0).map_err(CaError::Sign)?.pem();
        Ok(Self {
            realm,
            certificate,
            issuer: Issuer::new(params, key.0),
        })
    }

    /// The authority of files written before; of several certificates the first is the current.
    pub fn load(realm: Realm, certificate: &str, key: &str) -> Result<Self, CaError> {
        let (issuer, _) = issuer(certificate, key)?;
        Ok(Self {
            realm,
            certificate: certificate.to_owned(),
            issuer,
        })
    }

    /// Which property it speaks for.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Its certificate: what `ca.pem` of every identity holds.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// SHA-256 of its public key, by which the cloud knows the property.
    pub fn public_sha256(&self) -> Sha256 {
        sha256(&self.issuer.key().subject_public_key_info())
    }

    /// A leaf for `holder` on `key`, in PEM.
    ///
    /// `names` are written for components only: nobody else is ever a server.
    pub fn issue(
        &self,
        holder: &Holder,
        names: &ServerNames,
        key: &Key,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        let params = leaf::of_principal(&self.realm, holder, names, now)?;
        leaf::sign(params, &key.0, &self.issuer)
    }

    /// A leaf for `holder` on the public key of a signing request (PKCS #10 PEM).
    ///
    /// The request proves that its sender has the key, and nothing else: its subject and names
    /// are ignored.
    pub fn issue_from_csr(
        &self,
        holder: &Holder,
        names: &ServerNames,
        request: &str,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        let key = leaf::requested_key(request)?;
        let params = leaf::of_principal(&self.realm, holder, names, now)?;
        leaf::sign(params, &key, &self.issuer)
    }

    /// The authority's key as `root` signs it: the same name and key, so that leaves fit both.
    pub(super) fn signed_by(
        &self,
        root: &Issuer<'_, KeyPair>,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        let params = params(&self.realm, now);
        leaf::sign(params, self.issuer.key(), root)
    }
}

impl fmt::Debug for PropertyCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropertyCa")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// What the certificate of a property's CA says.
pub(super) fn params(realm: &Realm, now: OffsetDateTime) -> CertificateParams {
    let name = format!("{} property CA", realm.property);
    let mut params = authority(&name, 0, now);
    params
        .distinguished_name
        .push(DnType::OrganizationName, realm.tenant.as_str());
    params
}

/// What the certificate of an authority says that may have `below` authorities below it.
pub(super) fn authority(name: &str, below: u8, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - BACKDATED;
    params.not_after = now + CA_LIFE;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial());
    params
}

/// Reads an authority's files; also says how many authorities may stand below it, if bounded.
pub(super) fn issuer(
    certificate: &str,
    key: &str,
) -> Result<(Issuer<'static, KeyPair>, Option<u32>), CaError> {
    let key = Key::from_pem(key)?;
    let der =
        CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| CaError::Certificate)?;
    let (_, parsed) =
        x509_parser::parse_x509_certificate(&der).map_err(|_| CaError::Certificate)?;
    if parsed.public_key().raw != key.0.subject_public_key_info() {
        return Err(CaError::OtherKey);
    }
    let constraints = parsed
        .basic_constraints()
        .ok()
        .flatten()
        .ok_or(CaError::Certificate)?
        .value;
    if !constraints.ca {
        return Err(CaError::Certificate);
    }
    let below = constraints.path_len_constraint;
    let issuer = Issuer::from_ca_cert_der(&der, key.0).map_err(|_| CaError::Certificate)?;
    Ok((issuer, below))
}
