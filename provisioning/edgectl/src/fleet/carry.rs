//! The connection over which provisioning is spoken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::config::Address;
use kit::tls;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, Filter, Packet, PubAckReason, RetainForwardRule, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::conversation::{Conversation, Membership, Next};
use super::error::{Action, FleetError};

/// Longest wait for one answer; the cloud's own hook may take 5 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Most of TCP, TLS and MQTT handshake together, in seconds.
const CONNECT_S: u64 = 15;
/// How long a server may take to refuse a certificate after the handshake.
const REFUSAL: Duration = Duration::from_secs(1);
/// Requests under way at once: four subscriptions, a question.
const REQUESTS: usize = 8;
/// Largest packet: two certificates and a token take under 10 KiB.
const PACKET_MAX: u32 = 64 * 1024;
/// Where MQTT and HTTPS share a port, MQTT is asked for by this name (AWS IoT, "Protocols").
const SHARED_PORT: (u16, &[u8]) = (443, b"x-amzn-mqtt-ca");

/// The cloud's MQTT endpoint, and whom to believe there.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// Where.
    pub endpoint: Address,
    /// Authorities, PEM; those of the machine when there is none.
    pub root_ca: Option<PathBuf>,
}

/// A certificate with its key, in files.
#[derive(Debug, Clone)]
pub(crate) struct Papers {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// Speaks a whole conversation as `client`.
pub(crate) async fn enrol(
    door: &Door,
    papers: &Papers,
    client: &str,
    mut conversation: Conversation,
) -> Result<Membership, FleetError> {
    let mut line = Line::open(door, papers, client).await?;
    line.subscribe(conversation.filters(), &conversation)
        .await?;
    loop {
        let next = match line.packet(&conversation.awaits()).await? {
            Packet::SubAck(answer) => {
                let granted: Vec<_> = answer.return_codes.into_iter().map(is_granted).collect();
                conversation.subscribed(&granted)?
            }
            Packet::PubAck(answer) if answer.reason == PubAckReason::NotAuthorized => {
                return Err(FleetError::Denied(conversation.awaits()));
            }
            Packet::Publish(message) => {
                let topic = String::from_utf8_lossy(&message.topic).into_owned();
                conversation.heard(&topic, &message.payload)?
            }
            _ => Next::Wait,
        };
        match next {
            Next::Say { topic, body } => line.publish(topic, body, &conversation).await?,
            Next::Wait => {}
            Next::Done(membership) => {
                line.close().await;
                return Ok(membership);
            }
        }
    }
}

/// Connects as `client` and leaves: the certificate is good.
pub(crate) async fn prove(door: &Door, papers: &Papers, client: &str) -> Result<(), FleetError> {
    Line::open(door, papers, client).await?.close().await;
    Ok(())
}

/// Shows the certificate and waits whether the cloud hangs up, without becoming a client: a second
/// client of the same name would push the first off.
pub(crate) async fn shake(door: &Door, papers: &Papers) -> Result<(), FleetError> {
    let Address { host, port } = &door.endpoint;
    let failed = |error: io::Error| {
        let connect = Action::Connect(host.clone());
        of_text(
            &format!("{error:?}"),
            &error.to_string(),
            &connect,
            &door.endpoint,
        )
    };
    let name =
        ServerName::try_from(host.clone()).map_err(|error| failed(io::Error::other(error)))?;
    let config = tls_config(door, papers)?;
    let exchange = async {
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        let connector = TlsConnector::from(config);
        let mut stream = connector.connect(name, stream).await?;
        // In TLS 1.3 a refusal comes after the handshake.
        match timeout(REFUSAL, stream.read_u8()).await {
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    };
    let exchange = timeout(Duration::from_secs(CONNECT_S), exchange);
    match exchange.await {
        Ok(done) => done.map_err(|error: io::Error| failed(error)),
        Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

fn is_granted(code: SubscribeReasonCode) -> bool {
    matches!(code, SubscribeReasonCode::Success(_))
}

/// An open connection.
struct Line {
    client: AsyncClient,
    events: EventLoop,
    endpoint: Address,
}

impl Line {
    async fn open(door: &Door, papers: &Papers, client: &str) -> Result<Self, FleetError> {
        let (sender, events) = AsyncClient::new(options(door, papers, client)?, REQUESTS);
        let mut line = Self {
            client: sender,
            events,
            endpoint: door.endpoint.clone(),
        };
        let connect = Action::Connect(client.to_owned());
        loop {
            if let Packet::ConnAck(_) = line.packet(&connect).await? {
                return Ok(line);
            }
        }
    }

    /// The cloud's next packet; `awaited` is what its silence may mean.
    async fn packet(&mut self, awaited: &Action) -> Result<Packet, FleetError> {
        let next = async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await? {
                    return Ok(packet);
                }
            }
        };
        match timeout(PATIENCE, next).await {
            Ok(Ok(packet)) => Ok(packet),
            Ok(Err(error)) => Err(meaning(&error, awaited, &self.endpoint)),
            Err(_) => Err(FleetError::Silent(awaited.clone())),
        }
    }

    async fn subscribe(
        &mut self,
        filters: Vec<String>,
        conversation: &Conversation,
    ) -> Result<(), FleetError> {
        let filters = filters.into_iter().map(|path| Filter {
            path,
            qos: QoS::AtLeastOnce,
            nolocal: false,
            preserve_retain: false,
            retain_forward_rule: RetainForwardRule::Never,
        });
        self.client
            .subscribe_many(filters)
            .await
            .map_err(|_| FleetError::Silent(conversation.awaits()))
    }

    async fn publish(
        &mut self,
        topic: String,
        body: Vec<u8>,
        conversation: &Conversation,
    ) -> Result<(), FleetError> {
        self.client
            .publish(topic, QoS::AtLeastOnce, false, body)
            .await
            .map_err(|_| FleetError::Silent(conversation.awaits()))
    }

    async fn close(mut self) {
        if self.client.disconnect().await.is_ok() {
            let gone = async { while self.events.poll().await.is_ok() {} };
            // A cloud that does not close its side is left alone.
            drop(timeout(Duration::from_secs(1), gone).await);
        }
    }
}

fn options(door: &Door, papers: &Papers, client: &str) -> Result<MqttOptions, FleetError> {
    let tls = tls_config(door, papers)?;
    let Address { host, port } = &door.endpoint;
    let mut options = MqttOptions::new(client, host, *port);
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)))
        .set_connection_timeout(CONNECT_S)
        .set_max_packet_size(Some(PACKET_MAX))
        .set_keep_alive(Duration::from_secs(30))
        .set_clean_start(true);
    Ok(options)
}

fn tls_config(door: &Door, papers: &Papers) -> Result<Arc<ClientConfig>, FleetError> {
    let (certificate, key) = (read(&papers.certificate)?, read(&papers.key)?);
    let mut tls = tls::internet_client_config_with(&certificate, &key, door.root_ca.as_deref())
        .map_err(FleetError::Papers)?;
    let (port, protocol) = SHARED_PORT;
    if door.endpoint.port == port {
        Arc::make_mut(&mut tls).alpn_protocols = vec![protocol.to_vec()];
    }
    Ok(tls)
}

fn read(file: &Path) -> Result<Vec<u8>, FleetError> {
    fs::read(file).map_err(|source| FleetError::Read {
        file: file.display().to_string(),
        source,
    })
}

/// What a broken connection means.
fn meaning(error: &ConnectionError, awaited: &Action, endpoint: &Address) -> FleetError {
    if let ConnectionError::ConnectionRefused(code) = error {
        return match code {
            ConnectReturnCode::NotAuthorized => FleetError::Denied(awaited.clone()),
            other => FleetError::NotAccepted {
                why: format!("{other:?}"),
            },
        };
    }
    of_text(&format!("{error:?}"), &error.to_string(), awaited, endpoint)
}

/// The same from the words of rumqttc, which keep the kind of a TLS error only there.
fn of_text(debug: &str, text: &str, awaited: &Action, endpoint: &Address) -> FleetError {
    let endpoint = endpoint.clone();
    let after = |mark: &str| {
        let (_, rest) = debug.split_once(mark)?;
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        Some(word)
    };
    if let Some(alert) = after("AlertReceived(") {
        return FleetError::NotAccepted { why: alert };
    }
    if let Some(why) = after("InvalidCertificate(") {
        return FleetError::Impostor { endpoint, why };
    }
    if debug.contains("NotAuthorized") {
        return FleetError::Denied(awaited.clone());
    }
    let gone = [
        "ConnectionAborted",
        "ConnectionReset",
        "UnexpectedEof",
        "BrokenPipe",
    ];
    if gone.iter().any(|word| debug.contains(word)) {
        return match awaited {
            Action::Connect(_) => FleetError::NotAccepted {
                why: "closed without a word; unknown, inactive or revoked".to_owned(),
            },
            Action::Subscribe(_) | Action::Publish(_) => FleetError::Denied(awaited.clone()),
        };
    }
    FleetError::Unreachable {
        endpoint,
        why: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(debug: &str, awaited: &Action, expected: &str) {
        let endpoint = Address {
            host: "iot".to_owned(),
            port: 8883,
        };
        let error = of_text(debug, "text", awaited, &endpoint).to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_broken_connection_says_what_to_look_at() {
        let connect = Action::Connect("NUC-1".to_owned());
        let publish = Action::Publish("t".to_owned());
        check(
            "Io(Custom { error: AlertReceived(CertificateExpired) })",
            &connect,
            "CertificateExpired",
        );
        check(
            "Custom { error: InvalidCertificate(UnknownIssuer) }",
            &connect,
            "UnknownIssuer",
        );
        check(
            "MqttState(ConnectionAborted)",
            &connect,
            "closed without a word",
        );
        check(
            "MqttState(ConnectionAborted)",
            &publish,
            "lacks iot:Publish on topic/t",
        );
        check(
            "ServerDisconnect { reason_code: NotAuthorized }",
            &publish,
            "lacks iot:Publish",
        );
        check("Io(Os { code: 111 })", &connect, "cannot reach iot:8883");
    }
}
