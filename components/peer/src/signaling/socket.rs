//! One WebSocket to a signaling server (RFC 6455), plain or over TLS.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use wire::Problem;
use wire::signaling::{ClientMessage, Departure, REPLACED, ServerMessage};

use super::Server;

/// How long connecting may take, TLS and upgrade included.
const CONNECT: Duration = Duration::from_secs(3);
/// Largest message of a server: the list of everybody in a large property.
const MESSAGE_MAX: usize = 1024 * 1024;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A WebSocket to a signaling server.
pub(super) struct Socket(WebSocketStream<Box<dyn Stream>>);

impl Socket {
    pub(super) async fn connect(server: &Server) -> Result<Self, SocketError> {
        timeout(CONNECT, connect(server))
            .await
            .map_err(|_| SocketError::Slow)?
    }

    pub(super) async fn say(&mut self, message: &ClientMessage) -> Result<(), SocketError> {
        let text = String::from_utf8(wire::encode(message)).map_err(|_| SocketError::NotText)?;
        let said = self.0.send(Message::text(text)).await;
        said.map_err(SocketError::socket)
    }

    pub(super) async fn hear(&mut self) -> Result<ServerMessage, SocketError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return read(text.as_bytes());
                }
                Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == REPLACED => {
                    return Err(SocketError::Replaced);
                }
                Some(Ok(Message::Close(_))) | None => return Err(SocketError::Closed),
                Some(Ok(Message::Binary(_))) => return Err(SocketError::NotText),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(SocketError::socket(error)),
            }
        }
    }

    pub(super) async fn close(mut self) {
        // The server notices in any case.
        drop(timeout(CONNECT, self.0.close(None)).await);
    }
}

fn read(text: &[u8]) -> Result<ServerMessage, SocketError> {
    // A welcome may be larger than anything on the bus, so its size was bounded by the socket.
    serde_json::from_slice(text).map_err(SocketError::Malformed)
}

async fn connect(server: &Server) -> Result<Socket, SocketError> {
    let (secure, authority) = authority(&server.url)?;
    let stream = TcpStream::connect(authority)
        .await
        .map_err(SocketError::Connect)?;
    stream.set_nodelay(true).map_err(SocketError::Connect)?;
    let stream: Box<dyn Stream> = if secure {
        let tls = server.tls.clone().ok_or(SocketError::NoTls)?;
        let (host, _) = authority.rsplit_once(':').ok_or(SocketError::Url)?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| SocketError::Url)?;
        let secured = TlsConnector::from(tls).connect(name, stream).await;
        Box::new(secured.map_err(SocketError::Connect)?)
    } else {
        Box::new(stream)
    };
    let bounds = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let upgraded = client_async_with_config(&server.url, stream, Some(bounds)).await;
    let (socket, _) = upgraded.map_err(SocketError::socket)?;
    Ok(Socket(socket))
}

/// Whether TLS is spoken, and to which host and port.
fn authority(url: &str) -> Result<(bool, &str), SocketError> {
    let (secure, rest) = match (url.strip_prefix("ws://"), url.strip_prefix("wss://")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Err(SocketError::Url),
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if has_port {
        Ok((secure, authority))
    } else {
        Err(SocketError::Url)
    }
}

/// A signaling server is not reached, or lost.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Not `ws://host:port` or `wss://host:port`.
    #[error("address is not ws://host:port or wss://host:port")]
    Url,
    /// `wss` without a way to check the certificate.
    #[error("no trust is configured for a wss server")]
    NoTls,
    /// Nobody there, or somebody else.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// No answer in time.
    #[error("no connection within {CONNECT:?}")]
    Slow,
    /// Not a WebSocket, or broken.
    #[error("websocket failed")]
    Socket(#[source] Box<tungstenite::Error>),
    /// Not JSON of a server.
    #[error("message cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// Not text.
    #[error("message is no text")]
    NotText,
    /// Something else than the protocol expects now.
    #[error("server spoke out of turn")]
    OutOfTurn,
    /// The credential was not accepted.
    #[error("server refused: {0}")]
    Refused(Problem),
    /// Nothing was heard for too long.
    #[error("server fell silent")]
    Silent,
    /// The server closed.
    #[error("server closed the connection")]
    Closed,
    /// Another of the same name joined.
    #[error("the same peer has joined elsewhere")]
    Replaced,
    /// The server ended the session.
    #[error("server ended the session: {0:?}")]
    Ended(Departure),
    /// It is not wanted any more.
    #[error("not needed any more")]
    Unwanted,
}

impl SocketError {
    fn socket(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
