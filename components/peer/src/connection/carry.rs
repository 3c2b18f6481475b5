//! Carrying frames both ways until the connection ends.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use wire::channel::{KEEPALIVE_MS, Kind, UNFINISHED_MAX};
use wire::{Code, Problem};

use super::line::Place;
use super::{Connection, Waiting};
use crate::framing::{Assembly, Broken, Frame, Outgoing};
use crate::message::{Message, decode, encode};
use crate::peer::Incoming;
use crate::transport::{Closed, Transport};

/// Unanswered pings after which the other side is gone: noticed within 10 s.
const SILENT_PINGS: u32 = 3;
/// Frames of one's own that wait: pings, pongs, the last word.
const OWN_FRAMES: usize = 32;
/// How long the last word may take to be heard.
const GOODBYE: Duration = Duration::from_millis(500);

/// Carries until either side ends it; says why, if something was wrong.
pub(super) async fn run(
    connection: Connection,
    waiting: mpsc::Receiver<Waiting>,
    arrived: mpsc::Sender<Incoming>,
) -> Option<Problem> {
    let (own, own_frames) = mpsc::channel(OWN_FRAMES);
    let reader = Reader {
        connection: &connection,
        own,
        arrived,
        incoming: Assembly::default(),
        asked: None,
        unanswered: 0,
    };
    let outcome = tokio::select! {
        ended = reader.run() => ended,
        ended = write(&connection, waiting, own_frames) => ended,
        () = connection.0.closed.cancelled() => match connection.0.reason.get() {
            Some(reason) => Err(Ended::Broken(reason.clone())),
            None => Ok(()),
        },
    };
    let (told, problem) = match outcome {
        Ok(()) => (None, None),
        Err(Ended::Closed(problem)) => (None, Some(problem)),
        Err(Ended::Gone) => (
            None,
            Some(Problem::new(Code::Unavailable, "the channel has closed")),
        ),
        Err(Ended::Silent) => (
            None,
            Some(Problem::new(Code::TimedOut, "the other side fell silent")),
        ),
        Err(Ended::Broken(problem)) => (Some(problem.clone()), Some(problem)),
    };
    connection.0.closed.cancel();
    connection.replies().clear();
    if let Some(problem) = told {
        say_goodbye(&*connection.0.transport, &problem).await;
    }
    connection.0.transport.close().await;
    problem
}

/// Tells the other side why, and waits until it has closed: what closes the channel at once
/// overtakes the last word.
pub(crate) async fn say_goodbye(transport: &dyn Transport, problem: &Problem) {
    let Ok(octets) = encode(problem) else {
        return;
    };
    let goodbye = async {
        transport.send(Frame::Close(&octets).encode()).await?;
        while transport.recv().await.is_some() {}
        Ok::<(), Closed>(())
    };
    // Whoever broke the frames may not listen either.
    drop(timeout(GOODBYE, goodbye).await);
}

/// Why a connection ended.
enum Ended {
    /// The other side said so.
    Closed(Problem),
    /// The channel closed.
    Gone,
    /// Nothing was heard.
    Silent,
    /// This side has a reason that the other is told.
    Broken(Problem),
}

impl From<Closed> for Ended {
    fn from(_: Closed) -> Self {
        Self::Gone
    }
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        Self::Broken(Problem::new(Code::Malformed, broken.to_string()))
    }
}

/// Sends own frames first, then pieces of the waiting messages in turn.
async fn write(
    connection: &Connection,
    mut waiting: mpsc::Receiver<Waiting>,
    mut own: mpsc::Receiver<Vec<u8>>,
) -> Result<(), Ended> {
    let (transport, line) = (&connection.0.transport, &connection.0.line);
    let mut begun: VecDeque<(Outgoing, Place)> = VecDeque::new();
    loop {
        let mut turn = tokio::select! {
            biased;
            Some(frame) = own.recv() => {
                let _turn = line.turn().await;
                transport.send(frame).await?;
                continue;
            }
            Some((message, place)) = waiting.recv() => {
                let mut turn = line.turn().await;
                begun.push_back((turn.begin(message)?, place));
                turn
            }
            else => return Ok(()),
        };
        while let Some((mut message, place)) = begun.pop_front() {
            if let Some(frame) = message.next_frame() {
                transport.send(frame).await?;
            }
            if !message.is_done() {
                begun.push_back((message, place));
            }
            while let Ok(frame) = own.try_recv() {
                transport.send(frame).await?;
            }
            while begun.len() < UNFINISHED_MAX
                && let Ok((message, place)) = waiting.try_recv()
            {
                insert(&mut begun, turn.begin(message)?, place);
            }
        }
    }
}

/// A message that has just come goes before those that are under way, behind those that have just
/// come before it: short messages keep their order.
fn insert(begun: &mut VecDeque<(Outgoing, Place)>, message: Outgoing, place: Place) {
    let untouched = begun
        .iter()
        .take_while(|(other, _)| other.is_untouched())
        .count();
    begun.insert(untouched, (message, place));
}

struct Reader<'a> {
    connection: &'a Connection,
    own: mpsc::Sender<Vec<u8>>,
    arrived: mpsc::Sender<Incoming>,
    incoming: Assembly,
    /// The last ping and when it left.
    asked: Option<(u64, Instant)>,
    unanswered: u32,
}

impl Reader<'_> {
    async fn run(mut self) -> Result<(), Ended> {
        let transport = &self.connection.0.transport;
        let mut ticks = interval(Duration::from_millis(KEEPALIVE_MS.into()));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                frame = transport.recv() => {
                    let frame = frame.ok_or(Ended::Gone)?;
                    self.unanswered = 0;
                    self.frame(&frame).await?;
                }
                _ = ticks.tick() => self.ping()?,
            }
        }
    }

    fn ping(&mut self) -> Result<(), Ended> {
        if self.unanswered >= SILENT_PINGS {
            return Err(Ended::Silent);
        }
        self.unanswered += 1;
        let number = self.asked.map_or(0, |(number, _)| number.wrapping_add(1));
        self.asked = Some((number, self.connection.0.clock.now().monotonic));
        // A full queue means that the writer waits for the other side: that it is silent shows.
        drop(self.own.try_send(Frame::Ping(number).encode()));
        Ok(())
    }

    async fn frame(&mut self, frame: &[u8]) -> Result<(), Ended> {
        match Frame::parse(frame)? {
            Frame::Ping(number) => {
                drop(self.own.try_send(Frame::Pong(number).encode()));
                Ok(())
            }
            Frame::Pong(number) => {
                self.pong(number);
                Ok(())
            }
            Frame::Chunk(chunk) => match self.incoming.take(&chunk)? {
                Some(octets) => self.message(octets).await,
                None => Ok(()),
            },
            Frame::Close(problem) => {
                let problem = decode(problem).unwrap_or_else(|unreadable| unreadable);
                Err(Ended::Closed(problem))
            }
            Frame::Hello(_) | Frame::Proof(_) => Err(Ended::Broken(Problem::new(
                Code::Forbidden,
                "the handshake is over",
            ))),
        }
    }

    fn pong(&self, number: u64) {
        if let Some((asked, at)) = self.asked
            && asked == number
        {
            let took = self
                .connection
                .0
                .clock
                .now()
                .monotonic
                .saturating_duration_since(at);
            let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
            self.connection
                .0
                .round_trip_us
                .store(microseconds, Ordering::Relaxed);
        }
    }

    async fn message(&mut self, octets: Vec<u8>) -> Result<(), Ended> {
        let message = Message::read(octets).map_err(Ended::Broken)?;
        match message.kind {
            Kind::Reply | Kind::Problem => {
                // A reply that nobody waits for any more came too late.
                if let Some(waiter) = self.connection.replies().remove(&message.id) {
                    drop(waiter.send(message));
                }
                Ok(())
            }
            Kind::Request | Kind::Event => {
                let arrived = Incoming::Message(self.connection.clone(), message);
                self.arrived.send(arrived).await.map_err(|_| Ended::Gone)
            }
        }
    }
}
