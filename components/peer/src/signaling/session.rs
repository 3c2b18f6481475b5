//! One session with a server: challenge, join, then whatever either side says.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use wire::credential::{label, proof};
use wire::signaling::{ClientMessage, Join, Ping, ServerMessage, Welcome};
use wire::{Integer, Version};

use super::socket::{Socket, SocketError};
use super::{Event, SessionEnd, Standing, Task};

/// How long the server may take to challenge and to welcome.
const ADMISSION: Duration = Duration::from_secs(5);
/// Silent intervals after which the server is gone.
const SILENT_PINGS: u32 = 3;
/// Shortest and longest interval between pings that a server can ask for, in milliseconds.
const PING_MS: std::ops::RangeInclusive<u64> = 500..=60_000;

impl Task {
    /// Joins and stays until the session ends, for whatever reason.
    pub(super) async fn join_once(&mut self) -> SessionEnd {
        let admitted = async {
            let mut socket = Socket::connect(&self.server).await?;
            let welcome = timeout(ADMISSION, self.admit(&mut socket)).await;
            Ok::<_, SocketError>((socket, welcome.map_err(|_| SocketError::Slow)??))
        };
        let (mut socket, welcome) = match admitted.await {
            Ok(admitted) => admitted,
            Err(error) => {
                return SessionEnd {
                    joined: false,
                    error,
                };
            }
        };
        let every = welcome.heartbeat_ms;
        tracing::info!(server = %self.server.url, peers = welcome.peers.len(), "joined a signaling server");
        self.standing.send_replace(Standing::Up);
        drop(self.events.send((self.index, Event::Up(welcome))).await);
        let error = match self.stay(&mut socket, every).await {
            Ok(()) => SocketError::Unwanted,
            Err(error) => error,
        };
        socket.close().await;
        SessionEnd {
            joined: true,
            error,
        }
    }

    async fn admit(&self, socket: &mut Socket) -> Result<Box<Welcome>, SocketError> {
        let ServerMessage::Challenge(challenge) = socket.hear().await? else {
            return Err(SocketError::OutOfTurn);
        };
        let join = {
            let passport = self.passport.borrow();
            let property = passport.property().as_str().as_bytes();
            let text = proof(label::SIGNALING_JOIN, &[&challenge.nonce.0, property]);
            Join {
                v: Version,
                property: Some(passport.property().clone()),
                peer: Some(passport.principal().clone()),
                credential: passport.credential().clone(),
                proof: passport.sign(&text),
                name: self.appearance.name.clone(),
                device_type: self.appearance.device_type.clone(),
                capabilities: self.appearance.capabilities.clone(),
            }
        };
        socket.say(&ClientMessage::Join(Box::new(join))).await?;
        match socket.hear().await? {
            ServerMessage::Welcome(welcome) => Ok(welcome),
            ServerMessage::Problem { problem } => Err(SocketError::Refused(problem)),
            _ => Err(SocketError::OutOfTurn),
        }
    }

    /// Until the server is not wanted any more.
    async fn stay(&mut self, socket: &mut Socket, every: Integer) -> Result<(), SocketError> {
        let every = every.value().clamp(*PING_MS.start(), *PING_MS.end());
        let mut pings = interval(Duration::from_millis(every));
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut number, mut unanswered) = (Integer::default(), 0);
        loop {
            tokio::select! {
                heard = socket.hear() => {
                    unanswered = 0;
                    self.heard(heard?).await?;
                }
                Some(message) = self.messages.recv() => socket.say(&message).await?,
                _ = pings.tick() => {
                    if unanswered >= SILENT_PINGS {
                        return Err(SocketError::Silent);
                    }
                    unanswered += 1;
                    number = number.next();
                    socket.say(&ClientMessage::Ping(Ping { number })).await?;
                }
                () = unwanted(&mut self.wanted) => {
                    return socket.say(&ClientMessage::Leave).await;
                }
            }
        }
    }

    async fn heard(&mut self, message: ServerMessage) -> Result<(), SocketError> {
        match message {
            ServerMessage::Pong(_) => Ok(()),
            ServerMessage::GoAway { .. } => Err(SocketError::Closed),
            ServerMessage::Challenge(_) | ServerMessage::Welcome(_) => Err(SocketError::OutOfTurn),
            said => {
                let told = self.events.send((self.index, Event::Said(said))).await;
                told.map_err(|_| SocketError::Unwanted)
            }
        }
    }
}

/// Waits until the server is not wanted any more, or the peer is gone.
async fn unwanted(wanted: &mut watch::Receiver<bool>) {
    drop(wanted.wait_for(|wanted| !*wanted).await);
}
