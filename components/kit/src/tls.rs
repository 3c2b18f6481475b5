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

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{Resumption, WantsClientCert};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WantsServerCert};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig};

use crate::cloud::server::Clients;
use crate::identity::{Identity, Particulars, SpiffeId, WrongCertificate};

mod refusal;
mod verify;

pub(crate) use refusal::refusal;
pub use verify::WrongPeer;

/// How to reach `server` as `identity`.
pub fn client_config(identity: &Identity, server: &SpiffeId) -> Arc<ClientConfig> {
    let leaf = Arc::new(SingleCertAndKey::from(identity.certified()));
    let config = reaching(identity, server).with_client_cert_resolver(leaf);
    unresumed(config)
}

/// How to reach `server` as somebody of its property who shows no certificate, because theirs may
/// have lapsed and they prove otherwise who they are.
pub fn unnamed_client_config(identity: &Identity, server: &SpiffeId) -> Arc<ClientConfig> {
    let config = reaching(identity, server).with_no_client_auth();
    unresumed(config)
}

/// How to reach whoever answers, without a look at who that is: for what is believed by a signature of
/// its own, by somebody whose CA may be another than the server's. Nothing is said to it.
pub(crate) fn unverified_client_config() -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verify::Anybody::new(&provider())))
        .with_no_client_auth();
    unresumed(config)
}

/// How to reach a server on the internet: by its name, under the authorities in `file` (PEM), or
/// those that the machine trusts. Whoever reaches it proves otherwise who they are.
pub fn internet_client_config(file: Option<&Path>) -> Result<Arc<ClientConfig>, AnchorError> {
    let config = internet_builder(file)?.with_no_client_auth();
    Ok(unresumed(config))
}

/// The same, by somebody who presents the leaf of `identity`.
pub fn internet_client_config_as(
    identity: &Identity,
    file: Option<&Path>,
) -> Result<Arc<ClientConfig>, AnchorError> {
    let leaf = Arc::new(SingleCertAndKey::from(identity.certified()));
    let config = internet_builder(file)?.with_client_cert_resolver(leaf);
    Ok(unresumed(config))
}

/// The same, by somebody who presents a certificate that is none of the property's, both in PEM.
pub fn internet_client_config_with(
    certificate: &[u8],
    key: &[u8],
    file: Option<&Path>,
) -> Result<Arc<ClientConfig>, AnchorError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| AnchorError::Papers)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| AnchorError::Papers)?;
    let config = internet_builder(file)?
        .with_client_auth_cert(chain, key)
        .map_err(AnchorError::Pair)?;
    Ok(unresumed(config))
}

/// Goes on only with the very server that is meant.
fn reaching(
    identity: &Identity,
    server: &SpiffeId,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = provider();
    let verifier = verify::Server::new(identity.roots(), &provider, server.clone());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
}

fn unresumed(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

fn internet_builder(
    file: Option<&Path>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, AnchorError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let failed = |_| AnchorError::File {
                file: file.to_owned(),
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(failed)? {
                roots.add_parsable_certificates(certificate.ok());
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(AnchorError::None);
    }
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots))
}

/// No server on the internet can be believed.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A file without certificates.
    #[error("{file} holds no certificate in PEM", file = file.display())]
    File {
        /// Which file.
        file: PathBuf,
    },
    /// Nobody is trusted.
    #[error("there is no authority to trust")]
    None,
    /// What was to be presented is not in PEM.
    #[error("not a certificate and its private key in PEM")]
    Papers,
    /// What was to be presented does not belong together.
    #[error("the private key does not belong to the certificate")]
    Pair(#[source] rustls::Error),
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

/// How to be reached as `identity` by anybody who proves otherwise who they are: no certificate is
/// asked for. Chromium gives a WebSocket up when its server asks for one.
pub fn public_config(identity: &Identity) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_no_client_auth();
    let mut config = present(builder, identity);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// How a server in the cloud is reached, before it is said under which certificate.
pub(crate) fn cloud_builder(clients: &Clients) -> ConfigBuilder<ServerConfig, WantsServerCert> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS");
    match clients {
        Clients::Anybody => builder.with_no_client_auth(),
        Clients::Principals(verifiers) => {
            let verifier = verify::Hotels::new(verifiers.clone(), &provider());
            builder.with_client_cert_verifier(Arc::new(verifier))
        }
    }
}

/// A certificate that was revoked or renewed counts from the next connection on.
pub(crate) fn never_resume(config: &mut ServerConfig) {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
}

fn server(identity: &Identity, anonymous: verify::Anonymous) -> ServerConfig {
    let provider = provider();
    let realm = identity.spiffe.realm();
    let verifier = verify::Client::new(identity.roots(), &provider, realm, anonymous);
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_client_cert_verifier(Arc::new(verifier));
    present(builder, identity)
}

/// Presents the identity's leaf; nothing is resumed.
fn present(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    identity: &Identity,
) -> ServerConfig {
    let leaf = Arc::new(SingleCertAndKey::from(identity.certified()));
    let mut config = builder.with_cert_resolver(leaf);
    never_resume(&mut config);
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
