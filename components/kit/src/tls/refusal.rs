//! Why a handshake failed, in words that a metric can carry.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

use super::WrongPeer;

/// The reason: one of a few words, whatever the other end did.
pub(crate) fn refusal(error: &io::Error) -> &'static str {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => of_tls(error),
        None => "cut-off",
    }
}

fn of_tls(error: &Error) -> &'static str {
    match error {
        Error::NoCertificatesPresented => "no-certificate",
        Error::InvalidCertificate(certificate) => of_certificate(certificate),
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "old-protocol"
        }
        Error::AlertReceived(_) => "refused-by-client",
        _ => "no-tls",
    }
}

fn of_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "not-valid-yet"
        }
        CertificateError::UnknownIssuer => "unknown-issuer",
        CertificateError::BadSignature => "bad-signature",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "wrong-purpose"
        }
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(WrongPeer::Property { .. } | WrongPeer::Server { .. }) => "other-property",
            Some(WrongPeer::Nameless(_)) => "nameless",
            None => "certificate",
        },
        _ => "certificate",
    }
}
