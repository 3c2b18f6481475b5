//! One connection to a printer.

use std::time::Duration;

use kit::fault::{self, Point};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use wire::Word;

use super::{Remains, Shipment};
use crate::escpos::{CUT, INITIALIZE, PAPER, REPORT, Replies, Reply, STATUS, process_id};
use crate::print::{Barrier, Condition, LinkEvent, Token};

/// Longest wait for an answer in real time.
const ANSWER: Duration = Duration::from_secs(2);
/// How often a printer is asked that is held, or whose proof is awaited: not all tell by themselves.
const ASK: Duration = Duration::from_secs(1);
/// Longest silence of a printer that is asked every second.
const SILENCE: Duration = Duration::from_secs(5);
/// Longest wait for a proof, from the last byte it took or from when it could print again; a long
/// document is given a second more for each [`PACE`] bytes.
const PROOF: Duration = Duration::from_secs(10);
/// Bytes that slow printers put on paper in a second.
const PACE: usize = 1_024;
/// Longest wait for paper or the like with a ticket under way; the printer goes on by itself.
const HELD: Duration = Duration::from_hours(1);
/// How much longer a late proof is awaited before the link is given up.
const LATE: Duration = Duration::from_secs(20);
/// Longest wait for a printer that proves nothing to close its end.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes read at once; answers have a few.
const READ: usize = 256;
/// The token of a flush; no attempt is waited for while one is under way.
const FLUSHED: [u8; 4] = *b"0000";

/// The connection is gone, or of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost;

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    barrier: Barrier,
    replies: Replies,
    /// Answers read and not yet taken.
    unread: Vec<u8>,
    condition: Condition,
    /// Questions for paper that the printer has yet to answer; it answers in their order.
    paper_asked: u32,
    /// Whether it answers in real time.
    is_talking: bool,
    has_begun: bool,
}

/// What becomes of the connection after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It serves the next.
    Open,
    /// It is of no further use.
    Closed,
}

/// The printer's condition before anything was heard of it.
const UNHEARD: Condition = Condition {
    held: None,
    paper_low: false,
};

impl Session {
    pub(super) fn new(stream: TcpStream, barrier: Barrier) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            reader,
            writer,
            barrier,
            replies: Replies::default(),
            unread: Vec::new(),
            condition: UNHEARD,
            paper_asked: 0,
            is_talking: false,
            has_begun: false,
        }
    }

    /// Whether the printer has taken a byte of the last attempt.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Asks the printer how it is.
    pub(super) async fn probe(&mut self) -> Result<Condition, Lost> {
        if self.barrier == Barrier::None {
            return Ok(UNHEARD);
        }
        let mut question = [STATUS, REPORT].concat();
        if self.barrier == Barrier::GsR {
            // Some printers of this kind answer nothing else.
            question.extend_from_slice(PAPER);
            self.paper_asked += 1;
        }
        self.write(&question).await?;
        let answered = async {
            loop {
                match self.reply().await? {
                    Reply::Is(condition) => return Ok(condition),
                    Reply::Paper if self.barrier == Barrier::GsR => return Ok(self.condition),
                    Reply::Paper | Reply::Printed(_) => {}
                }
            }
        };
        timeout(ANSWER, answered).await.unwrap_or(Err(Lost))
    }

    /// The next change of the printer's condition; a printer that is held is asked time and again.
    pub(super) async fn hear(&mut self) -> Result<Option<Condition>, Lost> {
        let before = self.condition;
        if before.held.is_some() {
            return match timeout(ASK, self.reply()).await {
                Ok(reply) => reply.map(|_| self.changed(before)),
                Err(_) => self.probe().await.map(Some),
            };
        }
        self.reply().await.map(|_| self.changed(before))
    }

    fn changed(&self, before: Condition) -> Option<Condition> {
        (self.condition != before).then_some(self.condition)
    }

    /// Ends whatever command was interrupted, drops its line, cuts off what is on the paper, and
    /// waits until the printer has come so far. A printer that does not say so is believed to have:
    /// whatever is sent next comes after it in any case.
    pub(super) async fn flush(&mut self, remains: Remains) -> Result<Condition, Lost> {
        let mut bytes = vec![0; remains.nuls];
        bytes.extend_from_slice(INITIALIZE);
        if remains.is_torn {
            bytes.extend_from_slice(CUT);
        }
        let token = Token::from(FLUSHED);
        bytes.extend(self.barrier_bytes(token));
        bytes.extend_from_slice(if self.barrier == Barrier::None {
            b""
        } else {
            REPORT
        });
        let mut passage = Passage::new(&bytes, token);
        while passage.deadline(self.condition) > Instant::now() {
            match self.step(&mut passage).await? {
                Step::Proved => break,
                Step::Changed if self.condition.held.is_some() => break,
                Step::Begun | Step::Changed | Step::On => {}
            }
            if passage.is_sent() && self.barrier == Barrier::None {
                break;
            }
        }
        Ok(self.condition)
    }

    /// Sends an attempt and waits for its proof.
    pub(super) async fn send(
        &mut self,
        shipment: &Shipment,
        events: &mpsc::Sender<(Word, LinkEvent)>,
        name: &Word,
    ) -> Result<After, Lost> {
        self.has_begun = false;
        let token = shipment.token;
        let tell = async |event| drop(events.send((name.clone(), event)).await);
        let bytes = [&shipment.bytes[..], &self.barrier_bytes(token)].concat();
        let mut passage = Passage::new(&bytes, token);
        loop {
            match self.step(&mut passage).await? {
                Step::Begun => {
                    self.has_begun = true;
                    tell(LinkEvent::Begun(token)).await;
                }
                Step::Changed => tell(LinkEvent::Is(self.condition)).await,
                Step::Proved => {
                    fault::pass(Point::ProxyTicketProved);
                    tell(LinkEvent::Proved(token)).await;
                    return Ok(After::Open);
                }
                Step::On => {}
            }
            if passage.is_sent() {
                fault::pass(Point::ProxyBytesSent);
            }
            if passage.is_sent() && self.barrier == Barrier::None {
                self.bid_goodbye().await;
                tell(LinkEvent::Sent(token)).await;
                return Ok(After::Closed);
            }
            if passage.deadline(self.condition) <= Instant::now() {
                if passage.is_late {
                    return Err(Lost);
                }
                passage.is_late = true;
                tell(LinkEvent::Overdue(token)).await;
            }
        }
    }

    /// Takes the passage one step on: some bytes, an answer, or a while.
    async fn step(&mut self, passage: &mut Passage<'_>) -> Result<Step, Lost> {
        let before = self.condition;
        let wake = passage.wake(before);
        if !self.unread.is_empty() {
            let reply = self.reply().await?;
            return Ok(self.took(passage, before, reply));
        }
        let mut buffer = [0; READ];
        tokio::select! {
            biased;
            read = self.reader.read(&mut buffer) => {
                let count = read.map_err(|_| Lost)?;
                if count == 0 {
                    return Err(Lost);
                }
                self.unread.extend_from_slice(&buffer[..count]);
                passage.heard = Instant::now();
                Ok(Step::On)
            }
            written = self.writer.write(passage.rest()), if !passage.is_sent() => {
                let count = written.map_err(|_| Lost)?;
                Ok(passage.wrote(count))
            }
            () = sleep_until(wake) => {
                if passage.is_sent() && self.barrier != Barrier::None {
                    if self.is_talking && passage.is_silent() {
                        return Err(Lost);
                    }
                    passage.asked = Instant::now();
                    self.write(STATUS).await?;
                }
                Ok(Step::On)
            }
        }
    }

    fn took(&self, passage: &mut Passage<'_>, before: Condition, reply: Reply) -> Step {
        let is_proof = match reply {
            Reply::Printed(token) => token == passage.token,
            Reply::Paper => self.barrier == Barrier::GsR && self.paper_asked == 0,
            Reply::Is(_) => false,
        };
        if is_proof && passage.is_sent() {
            return Step::Proved;
        }
        if self.condition == before {
            return Step::On;
        }
        passage.moved = Instant::now();
        Step::Changed
    }

    fn barrier_bytes(&mut self, token: Token) -> Vec<u8> {
        match self.barrier {
            Barrier::ProcessId => process_id(token),
            Barrier::GsR => {
                self.paper_asked += 1;
                PAPER.to_vec()
            }
            Barrier::None => Vec::new(),
        }
    }

    /// The next answer; safe to give up waiting for.
    async fn reply(&mut self) -> Result<Reply, Lost> {
        loop {
            while !self.unread.is_empty() {
                let byte = self.unread.remove(0);
                if let Some(reply) = self.replies.push(byte) {
                    match reply {
                        Reply::Is(condition) => {
                            self.condition = condition;
                            self.is_talking = true;
                        }
                        Reply::Paper => self.paper_asked = self.paper_asked.saturating_sub(1),
                        Reply::Printed(_) => {}
                    }
                    return Ok(reply);
                }
            }
            let mut buffer = [0; READ];
            match self.reader.read(&mut buffer).await {
                Ok(count) if count > 0 => self.unread.extend_from_slice(&buffer[..count]),
                Ok(_) | Err(_) => return Err(Lost),
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        match timeout(ANSWER, self.writer.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Lost),
        }
    }

    /// Lets the printer take everything before the connection ends.
    async fn bid_goodbye(&mut self) {
        let goodbye = async {
            let closed = self.writer.shutdown().await;
            let mut buffer = [0; READ];
            while closed.is_ok() && matches!(self.reader.read(&mut buffer).await, Ok(1..)) {}
        };
        // A printer that keeps its end open has the bytes all the same.
        drop(timeout(GOODBYE, goodbye).await);
    }
}

/// What a step came to.
enum Step {
    /// The printer has taken its first byte.
    Begun,
    /// The printer is otherwise than before.
    Changed,
    /// Everything is on paper.
    Proved,
    /// Nothing of note.
    On,
}

/// Bytes on their way, with their proof.
struct Passage<'a> {
    bytes: &'a [u8],
    sent: usize,
    token: Token,
    /// When it last came on: bytes were taken, or the printer changed.
    moved: Instant,
    /// When the printer last said something.
    heard: Instant,
    /// When it was last asked.
    asked: Instant,
    is_late: bool,
}

impl<'a> Passage<'a> {
    fn new(bytes: &'a [u8], token: Token) -> Self {
        let now = Instant::now();
        Self {
            bytes,
            sent: 0,
            token,
            moved: now,
            heard: now,
            asked: now,
            is_late: false,
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.sent..]
    }

    fn is_sent(&self) -> bool {
        self.sent == self.bytes.len()
    }

    fn wrote(&mut self, count: usize) -> Step {
        let is_first = self.sent == 0 && count > 0;
        self.sent += count;
        self.moved = Instant::now();
        // Silence counts from the last byte: nobody was asked before.
        self.heard = self.moved;
        self.asked = self.moved;
        if is_first { Step::Begun } else { Step::On }
    }

    /// When the proof is overdue, or, late as it is, given up.
    fn deadline(&self, condition: Condition) -> Instant {
        let length = Duration::from_secs((self.bytes.len() / PACE) as u64);
        let wait = if condition.held.is_some() {
            HELD
        } else {
            PROOF + length
        };
        self.moved + wait + if self.is_late { LATE } else { Duration::ZERO }
    }

    /// When something is to be done, if nothing happens before.
    fn wake(&self, condition: Condition) -> Instant {
        let deadline = self.deadline(condition);
        if self.is_sent() {
            deadline.min(self.asked + ASK)
        } else {
            deadline
        }
    }

    /// Whether a printer that was asked does not answer any more.
    fn is_silent(&self) -> bool {
        self.asked > self.heard && self.heard + SILENCE < Instant::now()
    }
}
