//! Clients that are not what they should be: raw MQTT over TLS with any certificate.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::hotel::{Hotel, LIMIT};

/// Most own publishes without an acknowledgement; the client's queue holds twice that.
const UNACKNOWLEDGED: usize = 50;

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
    unacknowledged: usize,
    heard: BTreeSet<String>,
}

impl Outsider {
    /// Tries to get in, trusting the hotel's broker.
    pub async fn knock(hotel: &Hotel, papers: &Papers) -> Result<Self, String> {
        let (client, events) = AsyncClient::new(options(hotel, papers)?, 100);
        let mut outsider = Self {
            client,
            events,
            unacknowledged: 0,
            heard: BTreeSet::new(),
        };
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
                    Ok(Event::Outgoing(_) | Event::Incoming(Packet::PingResp(_))) => {}
                    Ok(Event::Incoming(packet)) => return Ok(packet),
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
        self.subscribe_all(&[filter.to_owned()]).await
    }

    /// Subscribes to several at once and returns the broker's acknowledgement.
    pub async fn subscribe_all(&mut self, filters: &[String]) -> Result<Packet, String> {
        let filters = filters
            .iter()
            .map(|filter| Filter::new(filter, QoS::AtLeastOnce));
        let sent = self.client.subscribe_many(filters).await;
        sent.map_err(|error| error.to_string())?;
        self.next().await
    }

    /// Publishes with QoS 1; waits for the acknowledgement of everything said so far when there is
    /// no room for more.
    pub async fn say(&mut self, topic: &str, body: Bytes) -> Result<(), String> {
        if self.unacknowledged >= UNACKNOWLEDGED {
            self.all_said().await?;
        }
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, body);
        sent.await.map_err(|error| error.to_string())?;
        self.unacknowledged += 1;
        Ok(())
    }

    /// Waits until the broker has acknowledged everything that was said.
    pub async fn all_said(&mut self) -> Result<(), String> {
        while self.unacknowledged > 0 {
            match self.next().await? {
                Packet::PubAck(_) => self.unacknowledged -= 1,
                other => self.keep(other)?,
            }
        }
        Ok(())
    }

    /// Asks the broker for something once more; whatever it had to deliver has come by then.
    pub async fn subscribe_late(&mut self) -> Result<(), String> {
        let filter = Filter::new("nowhere", QoS::AtLeastOnce);
        let sent = self.client.subscribe_many([filter]).await;
        sent.map_err(|error| error.to_string())?;
        loop {
            match self.next().await? {
                Packet::SubAck(_) => return Ok(()),
                other => self.keep(other)?,
            }
        }
    }

    /// The bodies that came.
    pub fn heard(&self) -> BTreeSet<String> {
        self.heard.clone()
    }

    fn keep(&mut self, packet: Packet) -> Result<(), String> {
        match packet {
            Packet::Publish(publish) => {
                let body = String::from_utf8_lossy(&publish.payload).into_owned();
                self.heard.insert(body);
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    }
}

/// A client that writes MQTT 5 octet by octet, so that it may say what no library lets it.
pub struct Raw(StreamOwned<ClientConnection, TcpStream>);

impl Raw {
    /// Connects with any client id; nothing when the broker does not let it in.
    pub fn connect(hotel: &Hotel, papers: &Papers, client_id: &[u8]) -> Option<Self> {
        let broker = &hotel.places.broker;
        let tls = tls(hotel, papers).expect("the papers are sound");
        let name = broker
            .host
            .clone()
            .try_into()
            .expect("the broker has a name");
        let connection = ClientConnection::new(tls, name).expect("TLS can begin");
        let stream = TcpStream::connect((broker.host.as_str(), broker.port)).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        let mut raw = Self(StreamOwned::new(connection, stream));
        let head = b"\x00\x04MQTT\x05\x02\x00\x3c\x00";
        raw.send(0x10, &[head, &string(client_id)[..]].concat())?;
        let (kind, body) = raw.receive()?;
        (kind == 0x20 && body.get(1) == Some(&0)).then_some(raw)
    }

    /// Publishes an empty body with QoS 1; the broker's reason code, nothing when it ended the
    /// connection instead.
    pub fn publish(&mut self, topic: &[u8]) -> Option<u8> {
        self.send(0x32, &[&string(topic)[..], b"\x00\x01\x00"].concat())?;
        match self.receive()? {
            (0x40, body) => Some(body.get(2).copied().unwrap_or_default()),
            _ => None,
        }
    }

    /// Subscribes with QoS 1, and reads nothing more than the answer; whether it is granted.
    pub fn subscribe(&mut self, filter: &str) -> bool {
        let body = [b"\x00\x01\x00", &string(filter.as_bytes())[..], b"\x01"].concat();
        let answer = self.send(0x82, &body).and_then(|()| self.receive());
        answer.is_some_and(|(kind, body)| kind == 0x90 && body.last() == Some(&1))
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        let mut packet = vec![kind];
        let mut left = body.len();
        loop {
            let low = u8::try_from(left % 128).expect("below 128");
            left /= 128;
            packet.push(if left > 0 { low | 128 } else { low });
            if left == 0 {
                break;
            }
        }
        packet.extend_from_slice(body);
        self.0.write_all(&packet).ok()
    }

    /// The next packet, as long as its length fits two octets.
    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let mut length = usize::from(head[1] & 127);
        if head[1] > 127 {
            let mut more = [0];
            self.0.read_exact(&mut more).ok()?;
            length += 128 * usize::from(more[0]);
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some((head[0] & 0xf0, body))
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").finish_non_exhaustive()
    }
}

/// Octets behind their length (MQTT 5 §1.5.4).
fn string(octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).expect("at most 65,535 octets");
    [&length.to_be_bytes()[..], octets].concat()
}

impl std::fmt::Debug for Outsider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outsider").finish_non_exhaustive()
    }
}

fn options(hotel: &Hotel, papers: &Papers) -> Result<MqttOptions, String> {
    let broker = &hotel.places.broker;
    let mut options = MqttOptions::new(&papers.client_id, &broker.host, broker.port);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options
        .set_network_options(network)
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
