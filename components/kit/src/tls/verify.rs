//! Who may be at the other end: webpki's path building under the property's CA, then the SPIFFE id.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use tokio::sync::watch;

use super::peer_spiffe;
use crate::credential::Verifier;
use crate::identity::{Realm, SpiffeId, WrongCertificate};

/// Admits one server.
#[derive(Debug)]
pub(super) struct Server {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    expected: SpiffeId,
}

impl Server {
    pub(super) fn new(
        roots: Arc<RootCertStore>,
        provider: &CryptoProvider,
        expected: SpiffeId,
    ) -> Self {
        Self {
            roots,
            algorithms: provider.signature_verification_algorithms,
            expected,
        }
    }
}

impl ServerCertVerifier for Server {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )?;
        let found = peer_spiffe(end_entity).map_err(WrongPeer::Nameless)?;
        if found == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(WrongPeer::Server {
                expected: Box::new(self.expected.clone()),
                found: Box::new(found),
            }
            .into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Admits every server that has the key of its certificate.
#[derive(Debug)]
pub(super) struct Anybody(WebPkiSupportedAlgorithms);

impl Anybody {
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// Whether somebody without a certificate gets as far as the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anonymous {
    Refused,
    Admitted,
}

/// Admits every principal of one property.
#[derive(Debug)]
pub(super) struct Client {
    path: Arc<dyn ClientCertVerifier>,
    realm: Realm,
    anonymous: Anonymous,
}

impl Client {
    pub(super) fn new(
        roots: Arc<RootCertStore>,
        provider: &Arc<CryptoProvider>,
        realm: Realm,
        anonymous: Anonymous,
    ) -> Self {
        let path = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider))
            .build()
            .expect("an identity has at least one anchor");
        Self {
            path,
            realm,
            anonymous,
        }
    }
}

impl ClientCertVerifier for Client {
    fn client_auth_mandatory(&self) -> bool {
        self.anonymous == Anonymous::Refused
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.path.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .path
            .verify_client_cert(end_entity, intermediates, now)?;
        let found = peer_spiffe(end_entity).map_err(WrongPeer::Nameless)?;
        if found.realm() == self.realm {
            Ok(verified)
        } else {
            Err(WrongPeer::Property {
                found: Box::new(found),
            }
            .into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.path
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.path
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.path.supported_verify_schemes()
    }
}

/// Admits the principals of every hotel that is believed at the moment.
#[derive(Debug)]
pub(super) struct Hotels {
    verifiers: watch::Receiver<Verifier>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Hotels {
    pub(super) fn new(verifiers: watch::Receiver<Verifier>, provider: &CryptoProvider) -> Self {
        Self {
            verifiers,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ClientCertVerifier for Hotels {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Thousands of hotels would not fit, and every client has one leaf only.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let found = peer_spiffe(end_entity).map_err(WrongPeer::Nameless)?;
        let path = self.verifiers.borrow().path_of(&found.realm());
        match path {
            Some(path) => path.verify_client_cert(end_entity, intermediates, now),
            None => Err(WrongPeer::Property {
                found: Box::new(found),
            }
            .into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The other end has a valid certificate and is somebody else.
#[derive(thiserror::Error)]
pub enum WrongPeer {
    /// Not the server that was meant.
    #[error("server is {found}, expected {expected}")]
    Server {
        /// Who was meant.
        expected: Box<SpiffeId>,
        /// Who answered.
        found: Box<SpiffeId>,
    },
    /// Not of this property.
    #[error("client {found} belongs to another property")]
    Property {
        /// Who asked.
        found: Box<SpiffeId>,
    },
    /// Nobody in particular.
    #[error("peer cannot be named: {0}")]
    Nameless(WrongCertificate),
}

/// The same as for people: rustls shows the cause of its error in no other way.
impl fmt::Debug for WrongPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<WrongPeer> for Error {
    fn from(wrong: WrongPeer) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(wrong))))
    }
}
