//! The certificate of a server in the cloud: not of any hotel, but of the public or the chain root.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::error::Chain;
use kit::identity::{CERT_FILE, KEY_FILE};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at; a renewal has weeks.
const EVERY: Duration = Duration::from_mins(1);

/// The two files as they are on disk.
#[derive(PartialEq, Eq)]
pub(crate) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    /// Reads both files.
    pub(crate) fn read(directory: &Path) -> Result<Self, ServerError> {
        let read = |name| {
            let path = directory.join(name);
            fs::read(&path).map_err(|source| ServerError::Read { path, source })
        };
        Ok(Self {
            certificate: read(CERT_FILE)?,
            key: read(KEY_FILE)?,
        })
    }

    /// How to be reached under them; whoever comes is asked for no certificate.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, ServerError> {
        let chain = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| ServerError::Pem {
                file: CERT_FILE,
                source,
            })?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|source| ServerError::Pem {
            file: KEY_FILE,
            source,
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions of TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(ServerError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Takes up renewed files until the stop; files that do not fit together change nothing.
pub(crate) async fn follow(
    directory: PathBuf,
    mut known: Files,
    configs: watch::Sender<Arc<ServerConfig>>,
    stop: CancellationToken,
) {
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let renewed = Files::read(&directory).and_then(|files| Ok((files.config()?, files)));
        match renewed {
            Ok((config, files)) if files != known => {
                tracing::info!("certificate of the server renewed");
                configs.send_replace(config);
                known = files;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "renewed certificate cannot be used, the last one stays");
            }
        }
    }
}

/// The certificate of the server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Missing, or not ours to read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not what it should hold.
    #[error("{file} is not in PEM")]
    Pem {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Certificate and key are not of one pair.
    #[error("certificate and key of the server do not fit together")]
    Pair(#[source] rustls::Error),
}
