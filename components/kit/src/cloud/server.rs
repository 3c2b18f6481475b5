//! The certificate of a server in the cloud: not of any hotel, but of the public or the chain root.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::credential::Verifier;
use crate::error::Chain;
use crate::identity::{CERT_FILE, KEY_FILE};
use crate::tls;

/// How often the files are looked at; a renewal has weeks.
const EVERY: Duration = Duration::from_mins(1);

/// The two files as they are on disk.
#[derive(Clone, PartialEq, Eq)]
pub struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    /// Reads both files.
    pub fn read(directory: &Path) -> Result<Self, ServerError> {
        let read = |name| {
            let path = directory.join(name);
            fs::read(&path).map_err(|source| ServerError::Read { path, source })
        };
        Ok(Self {
            certificate: read(CERT_FILE)?,
            key: read(KEY_FILE)?,
        })
    }

    /// How to be reached under them by `clients`.
    pub fn config(&self, clients: &Clients) -> Result<Arc<ServerConfig>, ServerError> {
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
        let mut config = tls::cloud_builder(clients)
            .with_single_cert(chain, key)
            .map_err(ServerError::Pair)?;
        tls::never_resume(&mut config);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

/// Who may come.
#[derive(Debug, Clone)]
pub enum Clients {
    /// Everybody; they prove otherwise who they are, and are asked for no certificate.
    Anybody,
    /// Principals of the hotels that are believed at the moment.
    Principals(watch::Receiver<Verifier>),
}

/// Takes up renewed files until the stop; files that do not fit together change nothing.
pub async fn follow(
    directory: PathBuf,
    mut known: Files,
    clients: Clients,
    configs: watch::Sender<Arc<ServerConfig>>,
    stop: CancellationToken,
) {
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let renewed =
            Files::read(&directory).and_then(|files| Ok((files.config(&clients)?, files)));
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
