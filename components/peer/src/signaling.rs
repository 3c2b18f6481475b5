//! Clients of signaling servers: one task each, joined by proof, joined again when the connection
//! goes.
//!
//! ```text
//! closed ──allowed──▶ connect ──challenge──▶ join ──welcome──▶ up ──lost──▶ wait (full jitter) ─┐
//!    ▲                   ▲                                                                     │
//!    └── not allowed ────┴─────────────────────────────────────────────────────────────────────┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use kit::backoff::Backoff;
use kit::credential::Passport;
use kit::error::Chain;
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use wire::signaling::{ClientMessage, Mode, ServerMessage, Welcome};
use wire::{Text, Word};

pub(crate) mod post;
mod session;
mod socket;

pub use socket::SocketError;

/// Messages to a server that wait; a call takes about ten.
const WAITING: usize = 128;
/// First pause after a failure; doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Pause of a peer in whose place another of its name has come: so long that the two do not push each other
/// out, and not for ever, because nobody may be there to start a box again.
const REPLACED: Duration = Duration::from_mins(5);

/// A signaling server.
#[derive(Debug, Clone)]
pub struct Server {
    /// `ws://host:port` or `wss://host:port` to be joined; `http://host:port` takes single offers
    /// when no server is joined.
    pub url: String,
    /// Where it stands.
    pub mode: Mode,
    /// How its certificate is checked; needed for `wss`.
    pub tls: Option<Arc<ClientConfig>>,
}

/// How a peer shows itself to others.
#[derive(Debug, Clone, Default)]
pub struct Appearance {
    /// What people call it.
    pub name: Text<63>,
    /// What sort of thing it is.
    pub device_type: Option<Word>,
    /// What it can do for others.
    pub capabilities: Vec<Word>,
}

/// How it stands with one server.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Not tried, because another server serves.
    Idle,
    /// Not joined, and why not; nothing before the first attempt has ended.
    Down(Option<String>),
    /// Joined.
    Up,
}

/// What a server's task tells the peer.
#[derive(Debug)]
pub(crate) enum Event {
    /// Joined.
    Up(Box<Welcome>),
    /// Lost, or not reached.
    Down,
    /// Something was said.
    Said(ServerMessage),
}

/// The peer's end of one server's task.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) server: Server,
    pub(crate) messages: mpsc::Sender<ClientMessage>,
    pub(crate) standing: watch::Receiver<Standing>,
    /// Whether it should be joined.
    pub(crate) wanted: watch::Sender<bool>,
}

/// What a server's task needs.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) server: Server,
    index: usize,
    passport: watch::Receiver<Passport>,
    appearance: Appearance,
    messages: mpsc::Receiver<ClientMessage>,
    standing: watch::Sender<Standing>,
    wanted: watch::Receiver<bool>,
    events: mpsc::Sender<(usize, Event)>,
}

/// A task for a server and the peer's end of it.
pub(crate) fn task(
    index: usize,
    server: Server,
    passport: watch::Receiver<Passport>,
    appearance: Appearance,
    events: mpsc::Sender<(usize, Event)>,
) -> (Link, Task) {
    let (messages, from_peer) = mpsc::channel(WAITING);
    let (standing, seen) = watch::channel(Standing::Idle);
    let (wanted, allowed) = watch::channel(false);
    let link = Link {
        server: server.clone(),
        messages,
        standing: seen,
        wanted,
    };
    let task = Task {
        server,
        index,
        passport,
        appearance,
        messages: from_peer,
        standing,
        wanted: allowed,
        events,
    };
    (link, task)
}

impl Server {
    /// Whether it takes single offers instead of being joined.
    pub(crate) fn takes_posts(&self) -> bool {
        self.url.starts_with("http://")
    }
}

impl Task {
    /// Keeps the server joined whenever that is wanted, until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.keep()).await;
    }

    async fn keep(&mut self) {
        let mut pause = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        loop {
            self.standing.send_replace(Standing::Idle);
            if self.wanted.wait_for(|wanted| *wanted).await.is_err() {
                return;
            }
            self.standing.send_replace(Standing::Down(None));
            while *self.wanted.borrow_and_update() {
                let ended = self.join_once().await;
                if ended.joined {
                    pause.reset();
                }
                let why = Chain(&ended.error).to_string();
                tracing::info!(server = %self.server.url, error = %why, "signaling server is lost");
                self.standing.send_replace(Standing::Down(Some(why)));
                drop(self.events.send((self.index, Event::Down)).await);
                let wait = match ended.error {
                    SocketError::Replaced => REPLACED,
                    _ => pause.wait(),
                };
                let unwanted = self.wanted.wait_for(|wanted| !*wanted);
                if tokio::time::timeout(wait, unwanted).await.is_ok() {
                    break;
                }
            }
        }
    }
}

/// How a session ended.
struct SessionEnd {
    joined: bool,
    error: SocketError,
}
