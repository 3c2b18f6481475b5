//! Clients that are not what they should be: raw MQTT over TLS with any certificate.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::hotel::{Hotel, LIMIT};

/// How a client introduces itself.
#[derive(Debug, Clone)]
pub struct Papers {
    /// PEM certificate and PEM key; none for a client without.
    pub certificate: Option<(String, String)>,
    /// The client id it asks for.
    pub client_id: String,
}

impl Papers {
    /// Those of a directory with `cert.pem` and `key.pem`.
    pub fn of(directory: &Path, client_id: &str) -> Self {
        let read =
            |name| fs::read_to_string(directory.join(name)).expect("identities are readable");
        let certificate = Some((read("cert.pem"), read("key.pem")));
        Self {
            certificate,
            client_id: client_id.to_owned(),
        }
    }
}

/// A raw connection that the broker accepted.
pub struct Outsider {
    /// Sends.
    pub client: AsyncClient,
    events: EventLoop,
}

impl Outsider {
    /// Tries to get in, trusting the hotel's broker.
    pub async fn knock(hotel: &Hotel, papers: &Papers) -> Result<Self, String> {
        let (client, events) = AsyncClient::new(options(hotel, papers)?, 100);
        let mut outsider = Self { client, events };
        match outsider.next().await? {
            Packet::ConnAck(_) => Ok(outsider),
            other => Err(format!("{other:?}")),
        }
    }

    /// The next packet of the broker; an error when it ends the connection.
    pub async fn next(&mut self) -> Result<Packet, String> {
        let packet = async {
            loop {
                match self.events.poll().await {
                    Ok(Event::Incoming(packet)) => return Ok(packet),
                    Ok(Event::Outgoing(_)) => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
        };
        tokio::time::timeout(LIMIT, packet)
            .await
            .map_err(|_| "silence".to_owned())?
    }

    /// Publishes with QoS 1 and returns the broker's acknowledgement.
    pub async fn publish(
        &mut self,
        topic: &str,
        retain: bool,
        body: Bytes,
    ) -> Result<Packet, String> {
        let sent = self
            .client
            .publish(topic, QoS::AtLeastOnce, retain, body)
            .await;
        sent.map_err(|error| error.to_string())?;
        self.next().await
    }

    /// Subscribes and returns the broker's acknowledgement.
    pub async fn subscribe(&mut self, filter: &str) -> Result<Packet, String> {
        let sent = self.client.subscribe(filter, QoS::AtLeastOnce).await;
        sent.map_err(|error| error.to_string())?;
        self.next().await
    }
}

impl std::fmt::Debug for Outsider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outsider").finish_non_exhaustive()
    }
}

fn options(hotel: &Hotel, papers: &Papers) -> Result<MqttOptions, String> {
    let broker = &hotel.places.broker;
    let mut options = MqttOptions::new(&papers.client_id, &broker.host, broker.port);
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls(
            hotel, papers,
        )?)))
        .set_connection_timeout(LIMIT.as_secs())
        .set_keep_alive(Duration::from_secs(15));
    Ok(options)
}

fn tls(hotel: &Hotel, papers: &Papers) -> Result<Arc<ClientConfig>, String> {
    let anchor = hotel.identity_dir("broker").join("ca.pem");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(anchor).map_err(|error| error.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let config = match &papers.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| error.to_string())?;
            let key =
                PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| error.to_string())?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| error.to_string())?
        }
    };
    Ok(Arc::new(config))
}
