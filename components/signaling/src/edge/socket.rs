//! WebSocket: one conversation for each peer.
//!
//! A text is one message. Whatever is wrong with it, the peer is told the field; a message beyond
//! all measure ends the conversation. A bearer token is worth nothing here, on any listener.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use kit::http::Remote;
use tokio::time::{interval, timeout};
use wire::signaling::{ClientMessage, HEARTBEAT_MS, MESSAGE_MAX};
use wire::{Code, Nonce, Problem};

use super::admission::Admission;
use super::switchboard::{Outgoing, Receiver, Switchboard};
use crate::closing::Closing;
use crate::dialect;
use crate::house::SessionId;

/// Longest text that is read at all; one between this and the bound of messages is refused, a
/// longer one ends the conversation.
const READ_MAX: usize = 4 * MESSAGE_MAX;
/// Longest wait for a peer to take one message.
const WRITE: Duration = Duration::from_secs(10);
/// How long a peer may take to close its side, so that it can read what it was told last.
const LINGER: Duration = Duration::from_secs(1);

/// What sockets share.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// Who is let in.
    pub(crate) admission: Admission,
    /// Where everybody meets.
    pub(crate) switchboard: Arc<Switchboard>,
}

/// The sockets of a listener in the clear.
pub(crate) fn open(door: Door) -> Router {
    let upgraded = get(
        |State(door): State<Door>,
         ConnectInfo(address): ConnectInfo<SocketAddr>,
         upgrade: WebSocketUpgrade| async move { door.upgrade(upgrade, address.ip()) },
    );
    Router::new()
        .route("/", upgraded.clone())
        .route("/ws", upgraded)
        .with_state(door)
}

/// The sockets of a listener with TLS.
pub(crate) fn secured(door: Door) -> Router {
    let upgraded = get(
        |State(door): State<Door>,
         ConnectInfo(remote): ConnectInfo<Remote>,
         upgrade: WebSocketUpgrade| async move { door.upgrade(upgrade, remote.address.ip()) },
    );
    Router::new()
        .route("/", upgraded.clone())
        .route("/ws", upgraded)
        .with_state(door)
}

impl Door {
    fn upgrade(self, upgrade: WebSocketUpgrade, address: IpAddr) -> Response {
        let sockets = self.switchboard.sockets().clone();
        upgrade
            .max_message_size(READ_MAX)
            .max_frame_size(READ_MAX)
            .on_upgrade(move |socket| async move {
                sockets.track_future(self.converse(socket, address)).await;
            })
    }

    async fn converse(self, socket: WebSocket, address: IpAddr) {
        let Some(receiver) = self.switchboard.arrived(address) else {
            return;
        };
        let (session, nonce) = (receiver.session, receiver.nonce);
        let cut = receiver.cut.clone();
        let (sink, stream) = socket.split();
        let writing = write(sink, receiver);
        let reading = self.read(stream, session, nonce);
        tokio::pin!(reading);
        let conversation = async {
            tokio::select! {
                () = &mut reading => {}
                () = writing => {
                    // A peer that does not close its side in time is not waited for.
                    drop(timeout(LINGER, &mut reading).await);
                }
            }
        };
        cut.run_until_cancelled(conversation).await;
        self.switchboard.closed(session);
    }

    /// Takes in what the peer says, until it has nothing more to say.
    async fn read(&self, mut stream: SplitStream<WebSocket>, session: SessionId, nonce: Nonce) {
        let mut joining = Some(nonce);
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => match joining.take() {
                    Some(nonce) => self.first(session, &nonce, &text),
                    None => self.next(session, &text),
                },
                Message::Binary(_) => {
                    let problem = Problem::new(Code::Malformed, "messages are JSON texts");
                    self.switchboard.garbled(session, problem);
                }
                Message::Ping(_) | Message::Pong(_) => self.switchboard.heard(session),
                Message::Close(_) => return,
            }
        }
    }

    /// The first message: a join, or the end.
    fn first(&self, session: SessionId, nonce: &Nonce, text: &str) {
        self.switchboard.speak(session, dialect::of(text));
        let joined = dialect::read(text).and_then(|mut messages| {
            let Some(ClientMessage::Join(join)) = messages.pop() else {
                let problem = Problem::new(Code::Forbidden, "the first message is a join");
                return Err(problem.at("type"));
            };
            self.admission.join(*join, nonce)
        });
        match joined {
            Ok(admitted) => self.switchboard.joined(session, admitted),
            Err(problem) => self.switchboard.garbled(session, problem),
        }
    }

    fn next(&self, session: SessionId, text: &str) {
        match dialect::read(text) {
            Ok(messages) => {
                for message in messages {
                    self.switchboard.said(session, message);
                }
            }
            Err(problem) => self.switchboard.garbled(session, problem),
        }
    }
}

/// Sends what the peer is told, and asks now and then whether it is still there.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut receiver: Receiver) {
    let mut heartbeat = interval(Duration::from_millis(HEARTBEAT_MS.into()));
    loop {
        let (message, last) = tokio::select! {
            outgoing = receiver.next() => match outgoing {
                Some(Outgoing::Text(text)) => (Message::Text(text.into()), false),
                Some(Outgoing::Close(why)) => (Message::Close(Some(frame(why))), true),
                None => return,
            },
            _ = heartbeat.tick() => (Message::Ping(Vec::new().into()), false),
        };
        let sent = timeout(WRITE, sink.send(message)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn frame(why: Closing) -> CloseFrame {
    CloseFrame {
        code: why.code(),
        reason: Utf8Bytes::from_static(why.as_str()),
    }
}
