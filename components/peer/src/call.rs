//! One attempt to connect two peers, and the connection that comes of it, until it ends.
//!
//! ```text
//! offer/answer ──▶ channel open ──▶ handshake ──▶ established ──▶ ended
//!                                                   │   ▲
//!                                     disconnected ─┴───┘ ICE restart by the offerer
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::credential::{Passport, Refusals, Verifier, nonce};
use kit::error::Chain;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use wire::channel::{HANDSHAKE_MS, LABEL};
use wire::signaling::{
    CANDIDATES_MAX, Candidate, ClientMessage, Exchange, IceCandidate, Sdp, Undelivered,
};
use wire::{Code, ConnectionId, Integer, Principal, Problem, PublicKey, Word};

use crate::connection::{Connection, Parts};
use crate::handshake::{Established, Handshake, Position, Step, Terms, Unproven};
use crate::peer::{Incoming, Note};
use crate::signaling::post::{self, PostError};
use crate::transport::Transport;
use crate::transport::webrtc::{Channel, IceSettings, Restart, Rtc, RtcError, RtcEvent};

/// How long a channel may take to open; on a hotel's own network it takes a tenth of a second.
const OPEN: Duration = Duration::from_secs(8);
/// How long nothing is heard before ICE is restarted.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a restart may take before the connection is given up, and built anew by whoever wants it.
const RESTARTED: Duration = Duration::from_secs(10);
/// How long candidates of a posted offer are waited for.
const GATHERING: Duration = Duration::from_secs(1);
/// Candidates that came before the description they belong to.
const EARLY_MAX: usize = 32;

/// What the signaling brings for a call.
#[derive(Debug)]
pub(crate) enum Signal {
    Offer(Sdp),
    Answer(Sdp),
    Candidate(Candidate),
    Undeliverable(Undelivered),
}

/// What a call needs.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) id: ConnectionId,
    pub(crate) them: Principal,
    pub(crate) position: Position,
    pub(crate) passport: Passport,
    pub(crate) verifier: Verifier,
    pub(crate) refusals: Refusals,
    pub(crate) capabilities: Vec<Word>,
    pub(crate) ice: IceSettings,
    pub(crate) price_per_gb: f64,
    pub(crate) clock: Clock,
    /// Where to post the offer, when no signaling server is joined.
    pub(crate) posts: Vec<String>,
    pub(crate) signals: mpsc::Receiver<Signal>,
    pub(crate) notes: mpsc::Sender<Note>,
    pub(crate) arrived: mpsc::Sender<Incoming>,
}

/// Makes the call; returns when it has ended.
pub(crate) async fn run(plan: Plan, stop: CancellationToken) {
    let (id, them, notes) = (plan.id, plan.them.clone(), plan.notes.clone());
    let making = stop.run_until_cancelled(Box::pin(make(plan))).await;
    let error = match making {
        Some(Err(error)) => {
            tracing::info!(connection = %id, peer = %them, error = %Chain(&error), "call failed");
            Some(error)
        }
        Some(Ok(problem)) => {
            let reason = problem.map_or_else(String::new, |problem| problem.to_string());
            tracing::info!(connection = %id, peer = %them, reason, "connection ended");
            None
        }
        None => None,
    };
    drop(notes.send(Note::Ended { id, error }).await);
}

async fn make(plan: Plan) -> Result<Option<Problem>, CallError> {
    let (rtc, events) = Rtc::new(&plan.ice, plan.clock.clone()).await?;
    let call = Call {
        rtc: Arc::clone(&rtc),
        events,
        negotiation: Integer::default(),
        described: false,
        early: Vec::new(),
        channel: None,
        opened: None,
        silent_since: None,
        restarted_at: None,
        demanded: Arc::default(),
        plan,
    };
    let outcome = call.run().await;
    rtc.close().await;
    outcome
}

struct Call {
    plan: Plan,
    rtc: Arc<Rtc>,
    events: mpsc::Receiver<RtcEvent>,
    /// Which offer and answer count.
    negotiation: Integer,
    /// Whether the other side's description is set.
    described: bool,
    early: Vec<IceCandidate>,
    /// The own channel, to be nudged.
    channel: Option<Arc<dyn DataChannel>>,
    /// Takes the other side's channel.
    opened: Option<oneshot::Sender<Arc<dyn DataChannel>>>,
    silent_since: Option<Instant>,
    restarted_at: Option<Instant>,
    /// Somebody wants a new way.
    demanded: Arc<Notify>,
}

impl Call {
    async fn run(mut self) -> Result<Option<Problem>, CallError> {
        let opening = self.begin().await?;
        let opened = timeout(OPEN, self.driving(opening)).await;
        let channel = opened.map_err(|_| CallError::Slow)???;
        let transport = Arc::new(self.rtc.transport(channel).await?);
        let proving = prove(&self.plan, Arc::<Channel>::clone(&transport));
        let limit = Duration::from_millis(HANDSHAKE_MS.into());
        let proven = timeout(limit, self.driving(proving)).await;
        let established = proven.map_err(|_| CallError::Slow)???;
        let parts = Parts {
            me: self.plan.passport.principal().clone(),
            id: self.plan.id,
            established,
            transport,
            clock: self.plan.clock.clone(),
            price_per_gb: self.plan.price_per_gb,
            restart: Arc::clone(&self.demanded),
        };
        let (connection, carrying) = Connection::start(parts, self.plan.arrived.clone());
        let note = Note::Established(connection.clone());
        if self.plan.notes.send(note).await.is_err() {
            connection.close();
        }
        // Before anything it says.
        drop(
            self.plan
                .arrived
                .send(Incoming::Opened(connection.clone()))
                .await,
        );
        let ended = self.driving(carrying).await;
        connection.close();
        ended
    }

    /// Offers; or waits for the offer, which is the first signal.
    async fn begin(
        &mut self,
    ) -> Result<impl Future<Output = Result<Arc<dyn DataChannel>, CallError>> + use<>, CallError>
    {
        let (sender, theirs) = oneshot::channel();
        let own = match self.plan.position {
            Position::Offerer => {
                let channel = self.rtc.create_channel().await?;
                self.channel = Some(Arc::clone(&channel));
                if self.plan.posts.is_empty() {
                    self.offer(Restart::No).await?;
                } else {
                    self.post().await?;
                }
                Some(channel)
            }
            Position::Answerer => {
                self.opened = Some(sender);
                None
            }
        };
        Ok(async move {
            let channel = match own {
                Some(channel) => channel,
                None => theirs.await.map_err(|_| CallError::Gone)?,
            };
            open(channel).await
        })
    }

    /// Lets `future` work while signals and events are seen to.
    async fn driving<F: Future>(&mut self, future: F) -> Result<F::Output, CallError> {
        tokio::pin!(future);
        loop {
            let impatient = self.deadline();
            tokio::select! {
                biased;
                Some(signal) = self.plan.signals.recv() => self.signal(signal).await?,
                event = self.events.recv() => self.event(event.ok_or(CallError::Gone)?).await?,
                output = &mut future => return Ok(output),
                () = self.demanded.notified(), if self.restarted_at.is_none() => self.restart().await?,
                () = sleep_until(impatient.unwrap_or_else(far)), if impatient.is_some() => {
                    self.impatient().await?;
                }
            }
        }
    }

    async fn event(&mut self, event: RtcEvent) -> Result<(), CallError> {
        match event {
            RtcEvent::Candidate(candidate) => {
                let candidate = Candidate {
                    to: Some(self.plan.them.clone()),
                    from: None,
                    connection: self.plan.id,
                    negotiation: self.negotiation,
                    candidate,
                };
                self.say(ClientMessage::IceCandidate(candidate)).await
            }
            RtcEvent::Channel(channel) => {
                let ours = channel.label().await.is_ok_and(|label| label == LABEL);
                if let Some(opened) = self.opened.take_if(|_| ours) {
                    drop(opened.send(channel));
                }
                Ok(())
            }
            RtcEvent::Connected => {
                (self.silent_since, self.restarted_at) = (None, None);
                if let Some(channel) = self.channel.clone() {
                    tokio::spawn(async move { Rtc::nudge(&channel).await });
                }
                Ok(())
            }
            RtcEvent::Disconnected => {
                self.silent_since.get_or_insert_with(Instant::now);
                Ok(())
            }
            RtcEvent::Failed => Err(CallError::Lost),
        }
    }

    async fn signal(&mut self, signal: Signal) -> Result<(), CallError> {
        match signal {
            Signal::Offer(offer) => self.offered(offer).await,
            Signal::Answer(answer) => {
                // The answer to an earlier offer came too late.
                if answer.negotiation != self.negotiation || self.described {
                    return Ok(());
                }
                self.rtc.answered(answer.sdp).await?;
                self.take_early().await;
                Ok(())
            }
            Signal::Candidate(candidate) => {
                if let Some(way) = candidate.candidate
                    && candidate.negotiation == self.negotiation
                {
                    self.candidate(way).await;
                }
                Ok(())
            }
            Signal::Undeliverable(reason) if self.is_new() => Err(CallError::Undeliverable(reason)),
            Signal::Undeliverable(_) => Ok(()),
        }
    }

    /// Whether nothing has come of the call yet.
    fn is_new(&self) -> bool {
        !self.described && self.negotiation == Integer::default()
    }

    /// Answers an offer: the first, or one that restarts ICE. Only the offerer offers.
    async fn offered(&mut self, offer: Sdp) -> Result<(), CallError> {
        let is_next = !self.described || offer.negotiation > self.negotiation;
        if self.plan.position == Position::Offerer || !is_next {
            return Ok(());
        }
        self.negotiation = offer.negotiation;
        let sdp = self.rtc.answer(offer.sdp).await?;
        let answer = self.description(sdp);
        self.say(ClientMessage::Answer(answer)).await?;
        self.take_early().await;
        Ok(())
    }

    async fn offer(&mut self, restart: Restart) -> Result<(), CallError> {
        self.described = false;
        let sdp = self.rtc.offer(restart).await?;
        let offer = self.description(sdp);
        self.say(ClientMessage::Offer(offer)).await
    }

    /// Offers over HTTP, with all candidates at once, to one server after the other.
    async fn post(&mut self) -> Result<(), CallError> {
        let sdp = self.rtc.offer(Restart::No).await?;
        let exchange = Exchange {
            from: None,
            to: Some(self.plan.them.clone()),
            connection: self.plan.id,
            sdp,
            ice_candidates: self.gather().await,
        };
        let mut refused = CallError::Gone;
        for server in &self.plan.posts {
            match post::offer(server, &self.plan.passport, &exchange).await {
                Ok(answer) => {
                    self.rtc.answered(answer.sdp).await?;
                    self.early.extend(answer.ice_candidates);
                    self.early.truncate(EARLY_MAX);
                    self.take_early().await;
                    return Ok(());
                }
                Err(error) => refused = CallError::Post(error),
            }
        }
        Err(refused)
    }

    /// Every own candidate that turns up in time.
    async fn gather(&mut self) -> Vec<IceCandidate> {
        let mut gathered = Vec::new();
        let gathering = async {
            while let Some(event) = self.events.recv().await {
                match event {
                    RtcEvent::Candidate(Some(candidate)) if gathered.len() < CANDIDATES_MAX => {
                        gathered.push(candidate);
                    }
                    RtcEvent::Candidate(None) => return,
                    _ => {}
                }
            }
        };
        drop(timeout(GATHERING, gathering).await);
        gathered
    }

    async fn take_early(&mut self) {
        self.described = true;
        for candidate in std::mem::take(&mut self.early) {
            self.add(candidate).await;
        }
    }

    async fn candidate(&mut self, candidate: IceCandidate) {
        if self.described {
            self.add(candidate).await;
        } else if self.early.len() < EARLY_MAX {
            self.early.push(candidate);
        }
    }

    async fn add(&self, candidate: IceCandidate) {
        if let Err(error) = self.rtc.add_candidate(candidate).await {
            tracing::debug!(error = %Chain(&error), "a candidate is of no use");
        }
    }

    /// When something has to be done about silence.
    fn deadline(&self) -> Option<Instant> {
        match (self.restarted_at, self.silent_since) {
            (Some(at), _) => Some(at + RESTARTED),
            (None, Some(since)) => Some(since + PATIENCE),
            (None, None) => None,
        }
    }

    async fn impatient(&mut self) -> Result<(), CallError> {
        if self.restarted_at.is_some() {
            return Err(CallError::Lost);
        }
        self.restarted_at = Some(Instant::now());
        self.restart().await
    }

    /// Looks for a new way; the answerer waits for the offerer to do so.
    async fn restart(&mut self) -> Result<(), CallError> {
        match self.plan.position {
            Position::Offerer => {
                self.negotiation = self.negotiation.next();
                self.offer(Restart::Yes).await
            }
            Position::Answerer => Ok(()),
        }
    }

    fn description(&self, sdp: String) -> Sdp {
        Sdp {
            to: Some(self.plan.them.clone()),
            from: None,
            connection: self.plan.id,
            negotiation: self.negotiation,
            sdp,
            queued_ms: None,
        }
    }

    async fn say(&self, message: ClientMessage) -> Result<(), CallError> {
        let note = Note::Say(self.plan.id, message);
        self.plan
            .notes
            .send(note)
            .await
            .map_err(|_| CallError::Gone)
    }
}

/// Far enough away never to come.
fn far() -> Instant {
    Instant::now() + Duration::from_hours(24)
}

async fn open(channel: Arc<dyn DataChannel>) -> Result<Arc<dyn DataChannel>, CallError> {
    loop {
        match channel.poll().await {
            Some(DataChannelEvent::OnOpen) => return Ok(channel),
            Some(DataChannelEvent::OnClose | DataChannelEvent::OnClosing) | None => {
                return Err(CallError::Gone);
            }
            Some(_) => {}
        }
    }
}

/// The handshake on an open channel.
fn prove(
    plan: &Plan,
    transport: Arc<dyn Transport>,
) -> impl Future<Output = Result<Established, CallError>> + use<> {
    let ephemeral = kit::ca::Key::generate().public_key();
    let terms = terms(plan, &*transport, ephemeral);
    let begun = Handshake::begin(
        terms,
        plan.passport.clone(),
        plan.verifier.clone(),
        plan.refusals.clone(),
    );
    let clock = plan.clock.clone();
    async move {
        let (mut handshake, hello) = begun.map_err(CallError::Hello)?;
        transport.send(hello).await.map_err(|_| CallError::Gone)?;
        loop {
            let frame = transport.recv().await.ok_or(CallError::Gone)?;
            match handshake.handle(clock.wall(), &frame) {
                Ok(Step::Send(frame)) => {
                    transport.send(frame).await.map_err(|_| CallError::Gone)?;
                }
                Ok(Step::Established(established)) => return Ok(*established),
                Err(unproven) => {
                    crate::connection::say_goodbye(&*transport, &unproven.problem()).await;
                    return Err(CallError::Unproven(unproven));
                }
            }
        }
    }
}

fn terms(plan: &Plan, transport: &dyn Transport, ephemeral: PublicKey) -> Terms {
    Terms {
        position: plan.position,
        connection: plan.id,
        them: plan.them.clone(),
        capabilities: plan.capabilities.clone(),
        fingerprints: transport.fingerprints(),
        nonce: nonce(),
        ephemeral,
    }
}

/// A call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("webrtc failed")]
    Rtc(#[from] RtcError),
    #[error("no connection in time")]
    Slow,
    #[error("the other side is gone")]
    Gone,
    #[error("the connection was lost")]
    Lost,
    #[error("the other side cannot be reached: {0:?}")]
    Undeliverable(Undelivered),
    #[error("the offer cannot be posted")]
    Post(#[source] PostError),
    #[error("hello cannot be written")]
    Hello(#[source] Problem),
    #[error("the other side is not who was meant")]
    Unproven(#[source] Unproven),
}

impl CallError {
    /// What whoever wanted the connection is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Slow => Problem::new(Code::TimedOut, self.to_string()),
            Self::Undeliverable(Undelivered::NotAllowed) => {
                Problem::new(Code::Forbidden, self.to_string())
            }
            Self::Undeliverable(Undelivered::UnknownPeer) => {
                Problem::new(Code::NotFound, self.to_string())
            }
            Self::Unproven(unproven) => unproven.problem(),
            Self::Post(PostError::Refused(problem)) => problem.clone(),
            Self::Rtc(_)
            | Self::Gone
            | Self::Lost
            | Self::Post(_)
            | Self::Undeliverable(_)
            | Self::Hello(_) => Problem::new(Code::Unavailable, Chain(self).to_string()),
        }
    }
}
