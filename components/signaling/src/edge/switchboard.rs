//! Carries out what the house decides.
//!
//! One lock around the house and the lines that lead out of it keeps decisions and deliveries in
//! one order. Nothing is awaited under it: a line that does not take what it is sent is cut.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::clock::Clock;
use kit::credential::{Caller, Refusals, nonce};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::credential::Revocations;
use wire::signaling::{ClientMessage, Dialect, Exchange, ServerMessage, Stats};
use wire::{Code, Nonce, Problem};

use super::admission::Admitted;
use crate::closing::Closing;
use crate::dialect;
use crate::hotel::Hotel;
use crate::house::{Effect, Figure, Figures, House, Input, PostId, Posted, Rules, SessionId};
use crate::moment::Moment;
use crate::signal::Signal;

/// Messages that wait for one slow reader: everybody of a full hotel, coming at once.
const OUTBOX: usize = 2_048;
/// Bytes that wait for one slow reader.
const OUTBOX_BYTES: usize = 1024 * 1024;

/// How long sockets may take to close when the server goes down; half of what it has for all.
const STOP: Duration = Duration::from_secs(5);

/// What came of a request.
pub(crate) type Outcome = Result<Option<Exchange>, Problem>;

/// The house and everybody's lines; shared by all sockets and requests.
#[derive(Debug)]
pub(crate) struct Switchboard {
    clock: Clock,
    refusals: Refusals,
    sockets: TaskTracker,
    exchange: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    house: House,
    next: u64,
    ways: HashMap<SessionId, Line>,
    posts: HashMap<PostId, oneshot::Sender<Outcome>>,
    open: bool,
}

/// The way to one socket.
#[derive(Debug)]
struct Line {
    dialect: Dialect,
    outbox: mpsc::Sender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    cut: CancellationToken,
}

/// What goes to a socket.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A message.
    Text(String),
    /// The end.
    Close(Closing),
}

/// A socket's end of its line.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// Its session.
    pub(crate) session: SessionId,
    /// What its peer is to sign.
    pub(crate) nonce: Nonce,
    /// Cancelled when the socket is to be dropped as it is.
    pub(crate) cut: CancellationToken,
    outbox: mpsc::Receiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

impl Receiver {
    /// What is to be sent next; nothing when the session has ended.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.outbox.recv().await?;
        if let Outgoing::Text(text) = &outgoing {
            self.waiting.fetch_sub(text.len(), Ordering::Relaxed);
        }
        Some(outgoing)
    }
}

impl Switchboard {
    /// An empty house.
    pub(crate) fn new(rules: Rules, clock: Clock, refusals: Refusals) -> Self {
        Self {
            clock,
            refusals,
            sockets: TaskTracker::new(),
            exchange: Mutex::new(Lines {
                house: House::new(rules),
                next: 0,
                ways: HashMap::new(),
                posts: HashMap::new(),
                open: true,
            }),
        }
    }

    /// Where the tasks of sockets are counted.
    pub(crate) fn sockets(&self) -> &TaskTracker {
        &self.sockets
    }

    /// Somebody connected; nobody is let in while the server goes down.
    pub(crate) fn arrived(&self, address: IpAddr) -> Option<Receiver> {
        let mut lines = self.lock();
        if !lines.open {
            return None;
        }
        let (session, nonce) = (SessionId(lines.number()), nonce());
        let (outbox, incoming) = mpsc::channel(OUTBOX);
        let (waiting, cut) = (Arc::default(), CancellationToken::new());
        let receiver = Receiver {
            session,
            nonce,
            cut: cut.clone(),
            outbox: incoming,
            waiting: Arc::clone(&waiting),
        };
        let line = Line {
            dialect: Dialect::Canonical,
            outbox,
            waiting,
            cut,
        };
        lines.ways.insert(session, line);
        let arrived = Input::Arrived {
            session,
            address,
            nonce,
        };
        self.happened(&mut lines, arrived);
        Some(receiver)
    }

    /// In whose words a session is to be spoken to.
    pub(crate) fn speak(&self, session: SessionId, dialect: Dialect) {
        if let Some(line) = self.lock().ways.get_mut(&session) {
            line.dialect = dialect;
        }
    }

    /// Somebody proved who they are. Whether they are refused is asked under the lock, so that no
    /// list comes between.
    pub(crate) fn joined(&self, session: SessionId, admitted: Admitted) {
        let mut lines = self.lock();
        let entry = Box::new(admitted.entry);
        let input = match self.refused(&admitted.caller) {
            Ok(()) => Input::Joined { session, entry },
            Err(problem) => Input::Garbled { session, problem },
        };
        self.happened(&mut lines, input);
    }

    /// Somebody said something.
    pub(crate) fn said(&self, session: SessionId, message: ClientMessage) {
        self.tell(Input::Said { session, message });
    }

    /// Somebody said something that cannot be taken.
    pub(crate) fn garbled(&self, session: SessionId, problem: Problem) {
        self.tell(Input::Garbled { session, problem });
    }

    /// Somebody is still there.
    pub(crate) fn heard(&self, session: SessionId) {
        self.tell(Input::Heard { session });
    }

    /// A connection is gone.
    pub(crate) fn closed(&self, session: SessionId) {
        let mut lines = self.lock();
        lines.ways.remove(&session);
        self.happened(&mut lines, Input::Closed { session });
    }

    /// Somebody who proved who they are says something by HTTP; the receiver gets the outcome.
    pub(crate) fn posted(
        &self,
        caller: &Caller,
        signals: Vec<Signal>,
    ) -> Result<oneshot::Receiver<Outcome>, Problem> {
        let mut lines = self.lock();
        self.refused(caller)?;
        let post = PostId(lines.number());
        let (sender, receiver) = oneshot::channel();
        lines.posts.insert(post, sender);
        let posted = Posted {
            post,
            member: super::admission::member(caller),
            signals,
        };
        self.happened(&mut lines, Input::Posted(Box::new(posted)));
        Ok(receiver)
    }

    /// There is a newer revocation list.
    pub(crate) fn refuse(&self, list: Revocations) {
        self.tell(Input::Refused(list));
    }

    /// Other hotels are served.
    pub(crate) fn serve(&self, hotels: impl IntoIterator<Item = Hotel>) {
        self.tell(Input::Served(hotels.into_iter().collect()));
    }

    /// Time passed.
    pub(crate) fn tick(&self) -> Figures {
        let mut lines = self.lock();
        self.happened(&mut lines, Input::Ticked);
        lines.house.figures()
    }

    /// Sends everybody away and waits until their sockets are closed, at most [`STOP`].
    pub(crate) async fn stop(&self) {
        {
            let mut lines = self.lock();
            lines.open = false;
            self.happened(&mut lines, Input::Stopped);
        }
        self.sockets.close();
        if timeout(STOP, self.sockets.wait()).await.is_err() {
            tracing::warn!(sockets = self.sockets.len(), "sockets were still open");
        }
    }

    /// Who is here; of one hotel only, if one is named.
    pub(crate) fn stats(&self, only: Option<&Hotel>) -> Stats {
        self.lock().house.stats(only)
    }

    /// Refuses whoever is on the revocation list.
    pub(crate) fn refused(&self, caller: &Caller) -> Result<(), Problem> {
        if self.refusals.refuses(caller) {
            let detail = "the rights of this credential have ended";
            return Err(Problem::new(Code::Forbidden, detail).at("credential"));
        }
        Ok(())
    }

    fn tell(&self, input: Input) {
        self.happened(&mut self.lock(), input);
    }

    fn happened(&self, lines: &mut Lines, input: Input) {
        let mut effects = lines.house.handle(self.now(), input);
        // Cutting a line is something that happened as well; each line is cut once.
        while !effects.is_empty() {
            let cut: Vec<_> = effects
                .into_iter()
                .filter_map(|effect| lines.carry_out(effect))
                .collect();
            effects = Vec::new();
            for session in cut {
                let closed = Input::Closed { session };
                effects.extend(lines.house.handle(self.now(), closed));
            }
        }
    }

    fn now(&self) -> Moment {
        let now = self.clock.now();
        Moment {
            wall: now.wall,
            monotonic: now.monotonic,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Does one thing; returns the session whose line had to be cut for it.
    fn carry_out(&mut self, effect: Effect) -> Option<SessionId> {
        match effect {
            Effect::Say { session, message } => self.say(session, &message),
            Effect::Close { session, why } => {
                self.close(session, why);
                None
            }
            Effect::Answer { post, outcome } => {
                if let Some(waiting) = self.posts.remove(&post) {
                    // The poster may have hung up.
                    drop(waiting.send(outcome));
                }
                None
            }
            Effect::Count(figure) => {
                count(figure);
                None
            }
        }
    }

    fn say(&mut self, session: SessionId, message: &ServerMessage) -> Option<SessionId> {
        let line = self.ways.get(&session)?;
        let text = dialect::write(message, line.dialect);
        let bytes = text.len();
        let waiting = line.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting <= OUTBOX_BYTES && line.outbox.try_send(Outgoing::Text(text)).is_ok() {
            return None;
        }
        line.cut.cancel();
        self.ways.remove(&session);
        ended(Closing::Slow);
        Some(session)
    }

    fn close(&mut self, session: SessionId, why: Closing) {
        if let Some(line) = self.ways.remove(&session) {
            ended(why);
            if line.outbox.try_send(Outgoing::Close(why)).is_err() {
                line.cut.cancel();
            }
        }
    }
}

fn ended(why: Closing) {
    metrics::counter!("signaling_sessions_ended_total", "reason" => why.as_str()).increment(1);
}

fn count(figure: Figure) {
    match figure {
        Figure::Relayed(kind) => {
            metrics::counter!("signaling_relayed_total", "kind" => kind).increment(1);
        }
        Figure::Queued => metrics::counter!("signaling_queued_total").increment(1),
        Figure::Refused(reason) => {
            metrics::counter!("signaling_refused_total", "reason" => reason).increment(1);
        }
    }
}
