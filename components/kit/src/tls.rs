//! TLS inside one property: both sides prove who they are under the property's own CA.
//!
//! Promises: the only anchor is the CA of the identity; a client goes on only when the server is
//! the very principal it meant to reach; a server admits only principals of its own property;
//! nothing is resumed, so a revoked or renewed certificate counts at the next connection.
//!
//! Addresses and DNS names of server certificates are not checked here: hotels hand out addresses
//! by DHCP, and a component must not be locked out of its broker because one changed. The SPIFFE
//! id says more: not *where* the server is but *who* it is, and no two principals share one.
//! (Browsers do check names; that is why server leaves carry them.)

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::NoServerSessionStorage;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ServerConfig};

use crate::identity::{Identity, Particulars, SpiffeId, WrongCertificate};

mod verify;

pub use verify::WrongPeer;

/// How to reach `server` as `identity`.
pub fn client_config(identity: &Identity, server: &SpiffeId) -> Arc<ClientConfig> {
    let provider = provider();
    let verifier = verify::Server::new(identity.roots(), &provider, server.clone());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified())));
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// How to be reached as `identity`, by principals of the same property only.
pub fn server_config(identity: &Identity) -> Arc<ServerConfig> {
    Arc::new(server(identity, verify::Anonymous::Refused))
}

/// How to be reached as `identity` by browsers as well, which have no certificate; whoever
/// presents one must be a principal of the same property.
pub fn web_config(identity: &Identity) -> Arc<ServerConfig> {
    let mut config = server(identity, verify::Anonymous::Admitted);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

fn server(identity: &Identity, anonymous: verify::Anonymous) -> ServerConfig {
    let provider = provider();
    let realm = identity.spiffe.realm();
    let verifier = verify::Client::new(identity.roots(), &provider, realm, anonymous);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified())));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

/// Who a certificate says its holder is; proof only after a handshake of this module.
pub fn peer_spiffe(certificate: &CertificateDer<'_>) -> Result<SpiffeId, WrongCertificate> {
    Particulars::of(certificate).map(|particulars| particulars.spiffe)
}

/// The one cryptographic provider, named here so that no process-wide default is needed.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

#[cfg(test)]
mod tests;
