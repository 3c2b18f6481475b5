//! A proven connection to one peer: messages both ways, requests with their replies, a heartbeat.
//!
//! Promises: a request ends with its reply, a problem or its time-out, and nothing of it is left
//! behind; a small message never waits for a large one; a sender that is ahead of the other side
//! waits; a side that fell silent is noticed within ten seconds; whatever breaks the frames ends
//! the connection and is told to the other side.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kit::clock::Clock;
use kit::ids;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::channel::{Kind, REQUEST_MS};
use wire::{Code, ConnectionId, MessageId, Principal, Problem, Word};

use crate::handshake::Established;
use crate::message::{self, Message};
use crate::peer::Incoming;
use crate::topology::Topology;
use crate::transport::Transport;

mod carry;
mod line;

pub(crate) use carry::say_goodbye;

use line::{Line, Place};

/// Messages that wait to be cut; whoever comes next waits for a place.
const WAITING: usize = 64;
/// Requests of one connection that wait for their reply.
const REQUESTS_MAX: usize = 256;

/// A message that waits to be cut, with its place in the line.
type Waiting = (Vec<u8>, Place);

/// A connection; cloned freely, closed when it is closed or the peer is.
#[derive(Clone)]
pub struct Connection(Arc<Shared>);

struct Shared {
    me: Principal,
    id: ConnectionId,
    established: Established,
    transport: Arc<dyn Transport>,
    clock: Clock,
    line: Line,
    messages: mpsc::Sender<Waiting>,
    replies: Mutex<HashMap<MessageId, oneshot::Sender<Message>>>,
    /// Of the last ping, in microseconds; none before the first.
    round_trip_us: AtomicU64,
    price_per_gb: f64,
    closed: CancellationToken,
    /// Why this side ended it, if the other is to know.
    reason: OnceLock<Problem>,
    /// Wakes the call, to look for a new way.
    restart: Arc<Notify>,
}

/// What a connection is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) me: Principal,
    pub(crate) id: ConnectionId,
    pub(crate) established: Established,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) price_per_gb: f64,
    pub(crate) restart: Arc<Notify>,
}

impl Connection {
    /// Takes a proven transport over; what arrives goes to `arrived`. The future carries it and
    /// ends with it.
    pub(crate) fn start(
        parts: Parts,
        arrived: mpsc::Sender<Incoming>,
    ) -> (Self, impl Future<Output = Option<Problem>> + Send) {
        let (messages, waiting) = mpsc::channel(WAITING);
        let connection = Self(Arc::new(Shared {
            me: parts.me,
            id: parts.id,
            established: parts.established,
            transport: parts.transport,
            clock: parts.clock,
            line: Line::default(),
            messages,
            replies: Mutex::default(),
            round_trip_us: AtomicU64::new(0),
            price_per_gb: parts.price_per_gb,
            closed: CancellationToken::new(),
            reason: OnceLock::new(),
            restart: parts.restart,
        }));
        let carrying = carry::run(connection.clone(), waiting, arrived);
        (connection, carrying)
    }

    /// Which connection it is.
    pub fn id(&self) -> ConnectionId {
        self.0.id
    }

    /// Who is at the other end, proven.
    pub fn established(&self) -> &Established {
        &self.0.established
    }

    /// The name of who is at the other end.
    pub fn principal(&self) -> &Principal {
        &self.0.established.caller.principal
    }

    /// Asks, and waits for the reply as long as is usual.
    pub async fn request<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        about: &str,
        body: &Q,
    ) -> Result<A, Problem> {
        let usual = Duration::from_millis(REQUEST_MS.into());
        self.request_within(about, body, usual).await
    }

    /// Asks, and waits for the reply at most `wait`.
    pub async fn request_within<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        about: &str,
        body: &Q,
        wait: Duration,
    ) -> Result<A, Problem> {
        let id: MessageId = ids::new(self.0.clock.wall());
        let (sender, reply) = oneshot::channel();
        let _waiter = self.await_reply(id, sender)?;
        let asking = async {
            self.write(id, Kind::Request, &word(about)?, body).await?;
            reply.await.map_err(|_| gone())
        };
        let answer = timeout(wait, asking).await;
        let answer = answer
            .map_err(|_| Problem::new(Code::TimedOut, format!("no reply within {wait:?}")))??;
        match answer.kind {
            Kind::Problem => Err(answer.body()?),
            Kind::Reply | Kind::Event | Kind::Request => answer.body(),
        }
    }

    /// Says something that expects no reply.
    pub async fn send<T: Serialize + Sync>(&self, about: &str, body: &T) -> Result<(), Problem> {
        let id = ids::new(self.0.clock.wall());
        self.write(id, Kind::Event, &word(about)?, body).await
    }

    /// Answers a request.
    pub async fn reply<T: Serialize + Sync>(
        &self,
        request: &Message,
        answer: Result<T, Problem>,
    ) -> Result<(), Problem> {
        match answer {
            Ok(body) => {
                self.write(request.id, Kind::Reply, &request.about, &body)
                    .await
            }
            Err(problem) => {
                self.write(request.id, Kind::Problem, &request.about, &problem)
                    .await
            }
        }
    }

    /// How the connection runs.
    pub async fn topology(&self) -> Topology {
        let path = self.0.transport.path().await;
        Topology::of(path.as_ref(), self.round_trip(), self.0.price_per_gb)
    }

    /// Round trip of the last ping; none before the first.
    pub fn round_trip(&self) -> Option<Duration> {
        match self.0.round_trip_us.load(Ordering::Relaxed) {
            0 => None,
            microseconds => Some(Duration::from_micros(microseconds)),
        }
    }

    /// Ends it on both sides.
    pub fn close(&self) {
        self.0.closed.cancel();
    }

    /// Ends it and tells the other side why.
    pub fn end(&self, problem: Problem) {
        // The first reason counts.
        drop(self.0.reason.set(problem));
        self.close();
    }

    /// Looks for a new way, as after a change of network, and keeps the channel. For the side that
    /// made the first offer; the other leaves it to that one.
    pub fn restart(&self) {
        self.0.restart.notify_one();
    }

    /// Waits until it has ended.
    pub async fn closed(&self) {
        self.0.closed.cancelled().await;
    }

    /// Whether it has ended.
    pub fn is_closed(&self) -> bool {
        self.0.closed.is_cancelled()
    }

    async fn write<T: Serialize + Sync>(
        &self,
        id: MessageId,
        kind: Kind,
        about: &Word,
        body: &T,
    ) -> Result<(), Problem> {
        let shared = &self.0;
        let octets = message::write(id, kind, about, &shared.me, shared.clock.wall(), body)?;
        if octets.len() > wire::channel::MESSAGE_MAX {
            return Err(Problem::new(Code::TooLarge, "message is larger than 8 MiB"));
        }
        let sending = async {
            if let Some(turn) = shared.line.at_once(&octets) {
                return turn.send(octets, &*shared.transport).await.is_ok();
            }
            let place = shared.line.join();
            shared.messages.send((octets, place)).await.is_ok()
        };
        match shared.closed.run_until_cancelled(sending).await {
            Some(true) => Ok(()),
            Some(false) | None => Err(gone()),
        }
    }

    fn await_reply(
        &self,
        id: MessageId,
        sender: oneshot::Sender<Message>,
    ) -> Result<Waiter<'_>, Problem> {
        if self.is_closed() {
            return Err(gone());
        }
        let mut replies = self.replies();
        if replies.len() >= REQUESTS_MAX {
            return Err(Problem::new(
                Code::Busy,
                "too many requests wait for their reply",
            ));
        }
        replies.insert(id, sender);
        Ok(Waiter {
            connection: self,
            id,
        })
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, oneshot::Sender<Message>>> {
        self.0
            .replies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.0.id)
            .field("principal", self.principal())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// A request that waits; forgotten when nobody waits any more.
struct Waiter<'a> {
    connection: &'a Connection,
    id: MessageId,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.connection.replies().remove(&self.id);
    }
}

fn word(about: &str) -> Result<Word, Problem> {
    about.parse().map_err(|error: wire::id::NotAWord| {
        Problem::new(Code::Malformed, error.to_string()).at("type")
    })
}

fn gone() -> Problem {
    Problem::new(Code::Unavailable, "the connection has ended")
}

#[cfg(test)]
mod tests;
