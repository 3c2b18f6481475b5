//! The peer: joined to signaling servers, calling and being called.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kit::backoff::Backoff;
use kit::clock::Clock;
use kit::credential::{Passport, Refusals, Verifier};
use kit::lifecycle::Tasks;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use wire::signaling::{self as words, ClientMessage, Mode};
use wire::{ConnectionId, Principal, Problem};

use crate::call::CallError;
use crate::connection::Connection;
use crate::message::Message;
use crate::signaling::{self, Appearance, Event, Server};
use crate::transport::webrtc::IceSettings;

mod core;
mod roster;

use core::Core;

/// What arrives and waits to be handled; then the other side waits.
const ARRIVED: usize = 256;
/// Notes of calls and servers that wait.
const NOTES: usize = 256;
/// Longest wait for a connection, signaling included.
const CONNECT: Duration = Duration::from_secs(12);
/// How long a call waits for a server to be joined before its offer is posted.
const JOIN: Duration = Duration::from_secs(2);
/// First pause before a kept connection is made anew.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// Longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How a peer takes part.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Signaling servers, the preferred first.
    pub servers: Vec<Server>,
    /// How many of them to join.
    pub joining: Joining,
    /// How the peer shows itself.
    pub appearance: Appearance,
    /// How the machine takes part.
    pub ice: IceSettings,
    /// What a gigabyte through a relay costs.
    pub price_per_gb: f64,
    /// Most connections at a time; calls beyond are not answered.
    pub connections_max: usize,
}

/// How many signaling servers to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// All at once: the box, which has to be found by everybody.
    Every,
    /// The first that works; a preferred one takes over when it comes back.
    First,
}

/// What a peer hears.
#[derive(Debug)]
pub enum Incoming {
    /// Somebody is connected, proven to be who they are.
    Opened(Connection),
    /// A request or an event.
    Message(Connection, Message),
    /// A connection has ended.
    Closed(Connection),
}

/// What calls tell the peer's core.
#[derive(Debug)]
pub(crate) enum Note {
    /// To be said over the signaling, for that call.
    Say(ConnectionId, ClientMessage),
    /// Proven.
    Established(Connection),
    /// Over.
    Ended {
        /// Which call.
        id: ConnectionId,
        /// Why it never was a connection.
        error: Option<CallError>,
    },
    /// Somebody wants a connection.
    Dial(Principal, oneshot::Sender<Result<Connection, Problem>>),
}

/// A peer; cloned freely, ended with its tasks.
#[derive(Debug, Clone)]
pub struct Peer {
    notes: mpsc::Sender<Note>,
    shared: Arc<Shared>,
}

/// What everybody may look at.
#[derive(Debug)]
pub(crate) struct Shared {
    servers: Vec<(Server, watch::Receiver<signaling::Standing>)>,
    takes_posts: bool,
    connections: Mutex<BTreeMap<Principal, Connection>>,
    peers: watch::Sender<BTreeMap<Principal, words::Peer>>,
    mode: watch::Sender<Mode>,
}

impl Shared {
    pub(crate) fn connections(&self) -> std::sync::MutexGuard<'_, BTreeMap<Principal, Connection>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a peer is started with.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) passport: watch::Receiver<Passport>,
    pub(crate) verifier: Verifier,
    pub(crate) refusals: Refusals,
    pub(crate) clock: Clock,
    pub(crate) tasks: Tasks,
}

impl Peer {
    /// Starts a peer that presents itself with `passport`, on tasks of `tasks`. What it hears must
    /// be received, or those who speak wait.
    pub fn start(
        settings: Settings,
        passport: watch::Receiver<Passport>,
        verifier: Verifier,
        refusals: Refusals,
        clock: Clock,
        tasks: &Tasks,
    ) -> (Self, mpsc::Receiver<Incoming>) {
        let (notes, said) = mpsc::channel(NOTES);
        let (events, happened) = mpsc::channel(NOTES);
        let (arrived, incoming) = mpsc::channel(ARRIVED);
        let mut links = Vec::new();
        let joinable = settings
            .servers
            .iter()
            .filter(|server| !server.takes_posts());
        for (index, server) in joinable.cloned().enumerate() {
            let (link, task) = signaling::task(
                index,
                server,
                passport.clone(),
                settings.appearance.clone(),
                events.clone(),
            );
            tasks.spawn("signaling", |stop| task.run(stop));
            links.push(link);
        }
        let standing = links
            .iter()
            .map(|link| (link.server.clone(), link.standing.clone()));
        let shared = Arc::new(Shared {
            servers: standing.collect(),
            takes_posts: settings.servers.iter().any(Server::takes_posts),
            connections: Mutex::default(),
            peers: watch::Sender::default(),
            mode: watch::Sender::new(Mode::None),
        });
        let world = World {
            settings,
            passport,
            verifier,
            refusals,
            clock,
            tasks: tasks.clone(),
        };
        let core = Core::new(world, links, Arc::clone(&shared), notes.clone(), arrived);
        tasks.spawn("peer", |stop| core.run(said, happened, stop));
        (Self { notes, shared }, incoming)
    }

    /// Where the signaling server stands that the peer is joined to.
    pub fn signaling_mode(&self) -> Mode {
        *self.shared.mode.borrow()
    }

    /// Follows [`Self::signaling_mode`].
    pub fn signaling_modes(&self) -> watch::Receiver<Mode> {
        self.shared.mode.subscribe()
    }

    /// Who is there, as the joined servers say.
    pub fn peers(&self) -> watch::Receiver<BTreeMap<Principal, words::Peer>> {
        self.shared.peers.subscribe()
    }

    /// Every open connection.
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.connections().values().cloned().collect()
    }

    /// The open connection to a peer.
    pub fn connection(&self, principal: &Principal) -> Option<Connection> {
        let connections = self.shared.connections();
        let found = connections.get(principal)?;
        (!found.is_closed()).then(|| found.clone())
    }

    /// The connection to a peer; made if there is none.
    pub async fn connect(&self, principal: &Principal) -> Result<Connection, ConnectError> {
        if let Some(open) = self.connection(principal) {
            return Ok(open);
        }
        let connecting = async {
            let mut mode = self.signaling_modes();
            let joined = mode.wait_for(|mode| *mode != Mode::None);
            // The sender lives as long as the peer.
            drop(timeout(self.patience(), joined).await);
            let (sender, connected) = oneshot::channel();
            let dial = Note::Dial(principal.clone(), sender);
            let dialled = self.notes.send(dial).await;
            dialled.map_err(|_| ConnectError::Stopped)?;
            let connected = connected.await.map_err(|_| ConnectError::Stopped)?;
            connected.map_err(ConnectError::Refused)
        };
        match timeout(CONNECT, connecting).await {
            Ok(connected) => connected,
            Err(_) if self.signaling_mode() == Mode::None => Err(ConnectError::NoSignaling {
                tried: self.tried(),
            }),
            Err(_) => Err(ConnectError::Slow),
        }
    }

    /// Keeps a connection to a peer, made anew whenever it ends, on a task of `tasks`.
    pub fn keep(&self, principal: Principal, tasks: &Tasks) {
        let peer = self.clone();
        tasks.spawn("keep-connection", |stop| async move {
            let mut pause = Backoff::new(PAUSE_MIN, PAUSE_MAX);
            let keeping = async {
                loop {
                    if let Ok(connection) = peer.connect(&principal).await {
                        pause.reset();
                        connection.closed().await;
                    }
                    tokio::time::sleep(pause.wait()).await;
                }
            };
            stop.run_until_cancelled(keeping).await;
        });
    }

    /// Says something to one peer, connecting first if need be.
    pub async fn send_to<T: Serialize + Sync>(
        &self,
        principal: &Principal,
        about: &str,
        body: &T,
    ) -> Result<(), ConnectError> {
        let connection = self.connect(principal).await?;
        let sent = connection.send(about, body).await;
        sent.map_err(ConnectError::Refused)
    }

    /// Says something to everybody who is connected; says how many were told.
    pub async fn broadcast<T: Serialize + Sync>(&self, about: &str, body: &T) -> usize {
        let mut told = 0;
        for connection in self.connections() {
            told += usize::from(connection.send(about, body).await.is_ok());
        }
        told
    }

    /// How long to wait for a server to be joined: where offers can be posted, not to the end.
    fn patience(&self) -> Duration {
        if self.shared.takes_posts {
            JOIN
        } else {
            CONNECT
        }
    }

    /// Each server and why it is not joined.
    fn tried(&self) -> String {
        let told = |(server, standing): &(Server, watch::Receiver<signaling::Standing>)| {
            let why = match &*standing.borrow() {
                signaling::Standing::Down(Some(why)) => why.clone(),
                signaling::Standing::Down(None) => "no answer yet".to_owned(),
                signaling::Standing::Idle => "not tried".to_owned(),
                signaling::Standing::Up => "joined".to_owned(),
            };
            format!("{}: {why}", server.url)
        };
        let servers: Vec<_> = self.shared.servers.iter().map(told).collect();
        servers.join("; ")
    }
}

/// There is no connection to a peer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No signaling server is reached.
    #[error("no signaling server is reached: {tried}")]
    NoSignaling {
        /// What was tried, and how it ended.
        tried: String,
    },
    /// The call came to nothing.
    #[error("cannot connect: {0}")]
    Refused(Problem),
    /// It took too long.
    #[error("no connection within {CONNECT:?}")]
    Slow,
    /// The peer has stopped.
    #[error("the peer has stopped")]
    Stopped,
}

/// What a server's task told, and which server it is.
pub(crate) type Happened = (usize, Event);

#[cfg(test)]
mod tests;
