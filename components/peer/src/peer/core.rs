//! The one task that knows every call: it hands signals to them, settles glare and keeps bounds.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::ids;
use tokio::sync::{mpsc, oneshot};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use wire::signaling::{ClientMessage, IceServer, IceServers, Mode, Sdp, ServerMessage};
use wire::{Code, ConnectionId, Integer, Principal, Problem};

use super::roster::Roster;
use super::{Happened, Incoming, Joining, Note, Shared, World};
use crate::call::{self, CallError, Signal};
use crate::connection::Connection;
use crate::handshake::Position;
use crate::signaling::{Event, Link, Standing};
use crate::transport::webrtc::IceSettings;

/// Signals that wait for a call; a set-up takes about ten.
const SIGNALS: usize = 64;
/// Most calls that are not yet connections.
const PENDING_MAX: usize = 64;
/// Most new calls of one peer in [`CALLS_WITHIN`].
const CALLS_MAX: usize = 10;
/// See [`CALLS_MAX`].
const CALLS_WITHIN: Duration = Duration::from_secs(10);
/// Most peers whose calls are counted; a server that invents names is stopped here.
const CALLERS_MAX: usize = 1_024;
/// Most STUN and TURN servers of one signaling server that are used; more only slow ICE down.
const ICE_SERVERS_MAX: usize = 8;
/// How often it is looked whether a credential has come to its end.
const LOOK: Duration = Duration::from_secs(5);

type Waiter = oneshot::Sender<Result<Connection, Problem>>;

struct Call {
    them: Principal,
    position: Position,
    signals: mpsc::Sender<Signal>,
    /// The server that its signals came over last.
    server: Option<usize>,
    stop: CancellationToken,
    connection: Option<Connection>,
}

pub(super) struct Core {
    world: World,
    links: Vec<Link>,
    shared: Arc<Shared>,
    notes: mpsc::Sender<Note>,
    arrived: mpsc::Sender<Incoming>,
    roster: Roster,
    calls: HashMap<ConnectionId, Call>,
    waiters: BTreeMap<Principal, Vec<Waiter>>,
    /// STUN and TURN servers that each signaling server named.
    ice_servers: Vec<Vec<IceServer>>,
    /// When each peer called last.
    called: BTreeMap<Principal, VecDeque<Instant>>,
}

impl Core {
    pub(super) fn new(
        world: World,
        links: Vec<Link>,
        shared: Arc<Shared>,
        notes: mpsc::Sender<Note>,
        arrived: mpsc::Sender<Incoming>,
    ) -> Self {
        let roster = Roster::new(links.len());
        let ice_servers = vec![Vec::new(); links.len()];
        Self {
            world,
            links,
            shared,
            notes,
            arrived,
            roster,
            calls: HashMap::new(),
            waiters: BTreeMap::new(),
            ice_servers,
            called: BTreeMap::new(),
        }
    }

    pub(super) async fn run(
        mut self,
        mut noted: mpsc::Receiver<Note>,
        mut happened: mpsc::Receiver<Happened>,
        stop: CancellationToken,
    ) {
        let mut revoked = self.world.refusals.changed();
        let mut looks = interval(LOOK);
        self.choose_servers();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(note) = noted.recv() => self.note(note).await,
                Some((server, event)) = happened.recv() => self.happened(server, event),
                Ok(()) = revoked.changed() => self.look(),
                _ = looks.tick() => self.look(),
            }
        }
        for call in self.calls.values() {
            call.stop.cancel();
        }
    }

    async fn note(&mut self, note: Note) {
        match note {
            Note::Say(id, message) => self.say(id, message),
            Note::Established(connection) => self.established(&connection),
            Note::Ended { id, error } => self.ended(id, error).await,
            Note::Dial(them, waiter) => self.dial(them, waiter),
        }
    }

    fn happened(&mut self, server: usize, event: Event) {
        match event {
            Event::Up(welcome) => {
                self.roster.welcome(server, welcome.peers);
                self.ice_servers(server, welcome.ice);
            }
            Event::Down => self.roster.lost(server),
            Event::Said(message) => {
                self.heard(server, message);
                return;
            }
        }
        self.choose_servers();
        self.shared.peers.send_replace(self.roster.everybody());
    }

    /// Says which servers should be joined, and where the joined one stands.
    fn choose_servers(&self) {
        let mut open = true;
        let mut mode = Mode::None;
        for link in &self.links {
            let standing = link.standing.borrow().clone();
            link.wanted.send_if_modified(|wanted| {
                let changed = *wanted != open;
                *wanted = open;
                changed
            });
            let is_up = standing == Standing::Up;
            if is_up && mode == Mode::None {
                mode = link.server.mode;
            }
            if self.world.settings.joining == Joining::First {
                open &= matches!(standing, Standing::Down(Some(_)));
            }
        }
        self.shared.mode.send_if_modified(|current| {
            let changed = *current != mode;
            *current = mode;
            changed
        });
    }

    fn heard(&mut self, server: usize, message: ServerMessage) {
        match message {
            ServerMessage::PeerJoined { peer } => self.roster.joined(server, peer),
            ServerMessage::PeerLeft { peer, .. } => self.roster.left(server, &peer),
            ServerMessage::Offer(offer) => return self.offered(server, offer),
            ServerMessage::Answer(answer) => {
                let (from, id) = (answer.from.clone(), answer.connection);
                return self.signal(server, from.as_ref(), id, Signal::Answer(answer));
            }
            ServerMessage::IceCandidate(candidate) => {
                let (from, id) = (candidate.from.clone(), candidate.connection);
                return self.signal(server, from.as_ref(), id, Signal::Candidate(candidate));
            }
            ServerMessage::Undeliverable(undeliverable) => {
                let (from, id) = (Some(&undeliverable.to), undeliverable.connection);
                return self.signal(
                    server,
                    from,
                    id,
                    Signal::Undeliverable(undeliverable.reason),
                );
            }
            ServerMessage::Problem { problem } => {
                tracing::debug!(%problem, "signaling server refused a message");
                return;
            }
            ServerMessage::IceServers(servers) => return self.ice_servers(server, servers),
            ServerMessage::Challenge(_)
            | ServerMessage::Welcome(_)
            | ServerMessage::Pong(_)
            | ServerMessage::GoAway { .. } => return,
        }
        self.shared.peers.send_replace(self.roster.everybody());
    }

    fn ice_servers(&mut self, server: usize, told: IceServers) {
        let some = told.ice_servers.into_iter().take(ICE_SERVERS_MAX);
        self.ice_servers[server] = some.collect();
    }

    /// How to take part: as configured, with the servers that the joined ones named.
    fn ice(&self) -> IceSettings {
        let mut ice = self.world.settings.ice.clone();
        ice.servers
            .extend(self.ice_servers.iter().flatten().cloned());
        ice
    }

    /// Hands a signal to its call, if it comes from the peer of that call.
    fn signal(
        &mut self,
        server: usize,
        from: Option<&Principal>,
        id: ConnectionId,
        signal: Signal,
    ) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if from != Some(&call.them) {
            tracing::debug!(connection = %id, "a signal from somebody else is dropped");
            return;
        }
        call.server = Some(server);
        if call.signals.try_send(signal).is_err() {
            tracing::debug!(connection = %id, "a call is behind, a signal is dropped");
        }
    }

    fn offered(&mut self, server: usize, offer: Sdp) {
        let Some(them) = offer.from.clone() else {
            return;
        };
        let id = offer.connection;
        if self.calls.contains_key(&id) {
            self.signal(server, Some(&them), id, Signal::Offer(offer));
            return;
        }
        let me = self.world.passport.borrow().principal().clone();
        if them == me || !self.may_call(&them) {
            tracing::debug!(peer = %them, "a call is not answered");
            return;
        }
        // Both called at once: the call of the larger name counts.
        let ours = self.calls.values().find(|call| {
            call.them == them && call.position == Position::Offerer && call.connection.is_none()
        });
        match ours {
            Some(_) if me > them => return,
            Some(call) => call.stop.cancel(),
            None => {}
        }
        self.call(id, them, Position::Answerer, Some(server));
        self.signal(
            server,
            offer.from.clone().as_ref(),
            id,
            Signal::Offer(offer),
        );
    }

    /// Whether another call of this peer is within bounds.
    fn may_call(&mut self, them: &Principal) -> bool {
        let now = self.world.clock.now().monotonic;
        self.called.retain(|_, times| {
            times.retain(|time| now.saturating_duration_since(*time) < CALLS_WITHIN);
            !times.is_empty()
        });
        if self.called.len() >= CALLERS_MAX && !self.called.contains_key(them) {
            return false;
        }
        let times = self.called.entry(them.clone()).or_default();
        let often = times.len() >= CALLS_MAX;
        times.push_back(now);
        times.truncate(CALLS_MAX);
        let pending = self.calls.values().filter(|call| call.connection.is_none());
        let reconnects = self.shared.connections().contains_key(them);
        let full = self.shared.connections().len() >= self.world.settings.connections_max;
        !often && pending.count() < PENDING_MAX && (reconnects || !full)
    }

    fn dial(&mut self, them: Principal, waiter: Waiter) {
        let open = self.shared.connections().get(&them).cloned();
        if let Some(connection) = open.filter(|connection| !connection.is_closed()) {
            drop(waiter.send(Ok(connection)));
            return;
        }
        let me = self.world.passport.borrow().principal().clone();
        if them == me {
            let problem = Problem::new(Code::Invalid, "a peer does not call itself");
            drop(waiter.send(Err(problem)));
            return;
        }
        self.waiters.entry(them.clone()).or_default().push(waiter);
        let under_way = self
            .calls
            .values()
            .any(|call| call.them == them && call.connection.is_none());
        if !under_way {
            let id = ids::new(self.world.clock.wall());
            self.call(id, them, Position::Offerer, None);
        }
    }

    fn call(
        &mut self,
        id: ConnectionId,
        them: Principal,
        position: Position,
        server: Option<usize>,
    ) {
        let (signals, from_core) = mpsc::channel(SIGNALS);
        let stop = self.world.tasks.stop();
        let world = &self.world;
        let plan = call::Plan {
            id,
            them: them.clone(),
            position,
            passport: world.passport.borrow().clone(),
            verifier: world.verifier.clone(),
            refusals: world.refusals.clone(),
            capabilities: world.settings.appearance.capabilities.clone(),
            ice: self.ice(),
            price_per_gb: world.settings.price_per_gb,
            clock: world.clock.clone(),
            posts: self.posts(position),
            signals: from_core,
            notes: self.notes.clone(),
            arrived: self.arrived.clone(),
        };
        let call = Call {
            them,
            position,
            signals,
            server,
            stop: stop.clone(),
            connection: None,
        };
        self.calls.insert(id, call);
        // Calls come and go; they end with their own token or the peer's.
        tokio::spawn(call::run(plan, stop));
    }

    /// Where an offer can be posted, if no server is joined that would carry it.
    fn posts(&self, position: Position) -> Vec<String> {
        let is_joined = *self.shared.mode.borrow() != Mode::None;
        if is_joined || position == Position::Answerer {
            return Vec::new();
        }
        let servers = self.world.settings.servers.iter();
        let posts = servers.filter(|server| server.takes_posts());
        posts.map(|server| server.url.clone()).collect()
    }

    /// Sends a call's word over the server it came by, else over the first where the other is.
    fn say(&self, id: ConnectionId, message: ClientMessage) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let is_up = |server: &usize| *self.links[*server].standing.borrow() == Standing::Up;
        let up: Vec<usize> = (0..self.links.len()).filter(is_up).collect();
        let same = call.server.filter(|server| up.contains(server));
        let there = || {
            up.iter()
                .copied()
                .find(|server| self.roster.has(*server, &call.them))
        };
        let chosen = same.or_else(there).or_else(|| up.first().copied());
        let took =
            chosen.is_some_and(|server| self.links[server].messages.try_send(message).is_ok());
        if !took {
            tracing::debug!(connection = %id, "no signaling server takes a word");
        }
    }

    fn established(&mut self, connection: &Connection) {
        let them = connection.principal().clone();
        let Some(call) = self.calls.get_mut(&connection.id()) else {
            connection.close();
            return;
        };
        call.connection = Some(connection.clone());
        let earlier = self
            .shared
            .connections()
            .insert(them.clone(), connection.clone());
        if let Some(earlier) = earlier {
            earlier.close();
        }
        for waiter in self.waiters.remove(&them).unwrap_or_default() {
            drop(waiter.send(Ok(connection.clone())));
        }
        metrics::gauge!("peer_connections").set(count(self.shared.connections().len()));
        metrics::counter!("peer_connections_total").increment(1);
    }

    async fn ended(&mut self, id: ConnectionId, error: Option<CallError>) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        if let Some(connection) = call.connection {
            {
                let mut connections = self.shared.connections();
                if connections
                    .get(&call.them)
                    .is_some_and(|last| last.id() == id)
                {
                    connections.remove(&call.them);
                }
                metrics::gauge!("peer_connections").set(count(connections.len()));
            }
            drop(self.arrived.send(Incoming::Closed(connection)).await);
            return;
        }
        metrics::counter!("peer_calls_failed_total").increment(1);
        let another = self.calls.values().any(|other| other.them == call.them);
        if another {
            return;
        }
        let problem = error.map_or_else(
            || Problem::new(Code::Unavailable, "the call was ended"),
            |error| error.problem(),
        );
        for waiter in self.waiters.remove(&call.them).unwrap_or_default() {
            drop(waiter.send(Err(problem.clone())));
        }
    }

    /// Ends connections of those who are refused, or whose credential has come to its end.
    fn look(&self) {
        let now: Integer = self.world.clock.wall();
        for connection in self.shared.connections().values() {
            let caller = &connection.established().caller;
            if caller.expires_at <= now || self.world.refusals.refuses(caller) {
                tracing::info!(peer = %caller.principal, "a connection is ended, its credential is over");
                connection.end(Problem::new(Code::Forbidden, "the credential is over"));
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are far fewer connections than 2^52"
)]
fn count(connections: usize) -> f64 {
    connections as f64
}
