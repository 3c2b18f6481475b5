//! What leaves say, and signing them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateSigningRequestDer, DnsName};
use time::OffsetDateTime;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::{BACKDATED, CaError, LEAF_LIFE};
use crate::digest::random;
use crate::identity::{Holder, Realm};

/// Longest signing request, in bytes; one of P-256 takes a few hundred.
const REQUEST_MAX: usize = 16 * 1024;

/// Names and addresses under which browsers reach a server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerNames(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Dns(String),
    Ip(IpAddr),
}

impl ServerNames {
    /// Reads DNS names and IP addresses; doubles are dropped.
    pub fn parse<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Result<Self, CaError> {
        let mut parsed = Vec::new();
        for name in names {
            let name = name.as_ref().parse()?;
            if !parsed.contains(&name) {
                parsed.push(name);
            }
        }
        Ok(Self(parsed))
    }

    /// The names as text, in order.
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    fn alternatives(&self) -> Result<Vec<SanType>, CaError> {
        self.0.iter().map(Name::alternative).collect()
    }

    fn first(&self) -> Option<String> {
        self.0.first().map(ToString::to_string)
    }
}

impl Name {
    fn alternative(&self) -> Result<SanType, CaError> {
        Ok(match self {
            Self::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(CaError::Sign)?),
            Self::Ip(address) => SanType::IpAddress(*address),
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl FromStr for Name {
    type Err = CaError;

    fn from_str(text: &str) -> Result<Self, CaError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        match DnsName::try_from(text) {
            Ok(name) => Ok(Self::Dns(name.to_lowercase_owned().as_ref().to_owned())),
            Err(_) => Err(CaError::ServerName {
                name: text.chars().take(253).collect(),
            }),
        }
    }
}

/// What the leaf of a principal says; `names` count for components only, nobody else serves.
pub(super) fn of_principal(
    realm: &Realm,
    holder: &Holder,
    names: &ServerNames,
    now: OffsetDateTime,
) -> Result<CertificateParams, CaError> {
    let spiffe = realm.spiffe(holder);
    let mut params = leaf(spiffe.id.as_str(), now);
    let uri = spiffe.to_string().try_into().map_err(CaError::Sign)?;
    params.subject_alt_names = vec![SanType::URI(uri)];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    match holder {
        Holder::Component(_) => {
            params.subject_alt_names.extend(names.alternatives()?);
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        Holder::Device(_) | Holder::Peer(_) | Holder::Operator(_) => {}
    }
    Ok(params)
}

/// What the leaf of a server in the cloud says.
pub(super) fn of_cloud_server(
    names: &ServerNames,
    now: OffsetDateTime,
) -> Result<CertificateParams, CaError> {
    let mut params = leaf(&names.first().ok_or(CaError::NoServerName)?, now);
    params.subject_alt_names = names.alternatives()?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn leaf(common_name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = now - BACKDATED;
    params.not_after = now + LEAF_LIFE;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Signs under a serial number that cannot be foreseen; returns PEM.
pub(super) fn sign(
    mut params: CertificateParams,
    key: &impl PublicKeyData,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<String, CaError> {
    params.serial_number = Some(serial());
    params
        .signed_by(key, issuer)
        .map(|certificate| certificate.pem())
        .map_err(CaError::Sign)
}

/// 127 random bits: positive in the signed integers of DER.
pub(super) fn serial() -> SerialNumber {
    let mut octets: [u8; 16] = random();
    octets[0] = octets[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&octets)
}

/// The public key of a signing request; everything else in it is ignored.
pub(super) fn requested_key(pem: &str) -> Result<SubjectPublicKeyInfo, CaError> {
    if pem.len() > REQUEST_MAX {
        return Err(CaError::Request);
    }
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| CaError::Request)?;
    let (_, request) = X509CertificationRequest::from_der(&der).map_err(|_| CaError::Request)?;
    request
        .verify_signature()
        .map_err(|_| CaError::RequestSignature)?;
    let key = SubjectPublicKeyInfo::from_der(request.certification_request_info.subject_pki.raw)
        .map_err(|_| CaError::RequestKey)?;
    if key.algorithm() == &rcgen::PKCS_ECDSA_P256_SHA256 {
        Ok(key)
    } else {
        Err(CaError::RequestKey)
    }
}
