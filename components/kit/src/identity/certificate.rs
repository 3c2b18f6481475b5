//! What a certificate says about its holder.

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use wire::{Integer, Principal};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::spiffe::{NotASpiffeId, SpiffeId};

/// The parts of a leaf certificate that name its holder and its life.
///
/// Nothing here is proof: a signature has to be checked by whoever believes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Whom it names.
    pub spiffe: SpiffeId,
    /// Valid from, in Unix milliseconds.
    pub not_before: Integer,
    /// Valid until, in Unix milliseconds.
    pub not_after: Integer,
    /// DNS names and addresses under which browsers reach it; nothing unless it is a server.
    pub server_names: Vec<String>,
}

impl Particulars {
    /// Reads a leaf: exactly one URI name, a SPIFFE id, whose principal is also the CN.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, WrongCertificate> {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|_| WrongCertificate::Encoding)?;
        let spiffe: SpiffeId = single_uri(&certificate)?.parse()?;
        let common_name = single_common_name(&certificate)?;
        if common_name != spiffe.id.as_str() {
            return Err(WrongCertificate::OtherCommonName {
                common_name: common_name.chars().take(64).collect(),
                id: spiffe.id,
            });
        }
        let validity = certificate.validity();
        Ok(Self {
            spiffe,
            not_before: unix_ms(validity.not_before.timestamp())?,
            not_after: unix_ms(validity.not_after.timestamp())?,
            server_names: alternatives(&certificate)?
                .iter()
                .filter_map(server_name)
                .collect(),
        })
    }
}

fn alternatives<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Result<&'a [GeneralName<'a>], WrongCertificate> {
    certificate
        .subject_alternative_name()
        .map_err(|_| WrongCertificate::Encoding)?
        .map(|names| names.value.general_names.as_slice())
        .ok_or(WrongCertificate::NoSpiffeId)
}

fn single_uri<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a str, WrongCertificate> {
    let mut uris = alternatives(certificate)?
        .iter()
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        });
    let uri = uris.next().ok_or(WrongCertificate::NoSpiffeId)?;
    if uris.next().is_some() {
        Err(WrongCertificate::SeveralUris)
    } else {
        Ok(uri)
    }
}

fn server_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn single_common_name<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Result<&'a str, WrongCertificate> {
    let mut names = certificate.subject().iter_common_name();
    match (names.next(), names.next()) {
        (Some(name), None) => name.as_str().map_err(|_| WrongCertificate::Encoding),
        (None, _) | (Some(_), Some(_)) => Err(WrongCertificate::NoCommonName),
    }
}

fn unix_ms(seconds: i64) -> Result<Integer, WrongCertificate> {
    u64::try_from(seconds)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000))
        .and_then(Integer::new)
        .ok_or(WrongCertificate::Validity)
}

/// A certificate does not name a principal of a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongCertificate {
    /// Not an X.509 certificate in DER.
    #[error("not a readable X.509 certificate")]
    Encoding,
    /// No subject alternative name of type URI.
    #[error("certificate carries no SPIFFE id")]
    NoSpiffeId,
    /// More than one subject alternative name of type URI.
    #[error("certificate carries more than one URI")]
    SeveralUris,
    /// The URI is something else.
    #[error("certificate carries a foreign URI")]
    ForeignUri(#[from] NotASpiffeId),
    /// Not exactly one CN.
    #[error("certificate does not carry exactly one common name")]
    NoCommonName,
    /// The broker would take the holder for somebody else than we do.
    #[error("common name {common_name:?} is not the principal {id} of the SPIFFE id")]
    OtherCommonName {
        /// The CN.
        common_name: String,
        /// The principal of the SPIFFE id.
        id: Principal,
    },
    /// A life that no calendar of ours holds.
    #[error("certificate is valid outside the years that can be told")]
    Validity,
}
