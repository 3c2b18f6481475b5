//! Answers questions.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kit::bus::{Bus, Delivery, Retain, Subscription};
use kit::error::Chain;
use kit::journal::JournalError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use wire::request::{Nothing, Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::uplink::{
    COST, DRAIN, DUMP, DUMP_MAX, Dump, Dumped, FILE, File, FilesStat, LETTERS, Line, MODE,
    OPERATIONS, QUARANTINE, REPLAY, STAT, SetMode, Stat, StreamStat, VERIFY,
};
use wire::{Code, Component, Integer, Operation, Principal, Problem, Topic};

use super::Uplink;
use super::desk::{AT_ONCE, Desk, Question, Turn};
use crate::edge::spool::{FileTotals, Totals};

/// Bytes of a reply that are not its lines.
pub(super) const ENVELOPE: usize = 1024;

/// Operations that change something: repeated, they get the first answer.
const ONCE: &[&str] = &[DRAIN, MODE, QUARANTINE, REPLAY];

pub(super) async fn run(
    uplink: Arc<Uplink>,
    bus: Bus,
    mut requests: Subscription,
    stop: CancellationToken,
) {
    let answering = async {
        let desk = Desk::default();
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                request = requests.recv() => match request {
                    None => return,
                    Some(delivery) => under_way.push(attend(&uplink, &bus, &desk, delivery)),
                },
                Some(()) = under_way.next() => {}
            }
        }
    };
    stop.run_until_cancelled(answering).await;
}

async fn attend(uplink: &Uplink, bus: &Bus, desk: &Desk, delivery: Delivery) {
    if let Subject::Service(_, ServiceSubject::Request(operation, principal, id)) =
        &delivery.topic.subject
    {
        let question = (principal.clone(), *id);
        let answer = match desk.take(&question) {
            Turn::Now => {
                let answer = uplink
                    .first_answer(operation, &question, &delivery.body)
                    .await;
                desk.clear(&question);
                answer
            }
            Turn::Already => None,
            Turn::Never => Some(reply::<Nothing>(Err(busy()))),
        };
        if let Some(answer) = answer {
            send(bus, question, answer).await;
        }
    }
    delivery.acknowledge();
}

async fn send(bus: &Bus, (principal, id): Question, answer: Vec<u8>) {
    let subject = ServiceSubject::Reply(principal, id);
    let topic = Topic::service(bus.property(), Component::Uplink, subject);
    if let Err(error) = bus.publish_bytes(&topic, answer.into(), Retain::No).await {
        tracing::warn!(%topic, error = %Chain(&error), "cannot answer");
    }
}

impl Uplink {
    /// The answer that the request got before, or a new one; none when nobody waits for it.
    pub(super) async fn first_answer(
        &self,
        operation: &Operation,
        (principal, id): &Question,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        if !ONCE.contains(&operation.as_str()) {
            // Nothing is changed by looking twice, and a file is known by its digest.
            return self.answer(operation, principal, body).await;
        }
        match self.spool.recall(principal, *id).await {
            Ok(Some(answer)) => return Some(answer),
            Ok(None) => {}
            Err(error) => tracing::error!(error = %Chain(&error), "cannot recall an answer"),
        }
        let answer = self.answer(operation, principal, body).await?;
        let now = self.clock.wall();
        let remembered = self
            .spool
            .remember(principal.clone(), *id, now, answer.clone());
        if let Err(error) = remembered.await {
            // Nothing here does harm when it is done twice, so the answer is given all the same.
            tracing::error!(error = %Chain(&error), "cannot remember an answer");
        }
        Some(answer)
    }

    async fn answer(
        &self,
        operation: &Operation,
        principal: &Principal,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let answer = match operation.as_str() {
            STAT | VERIFY | COST => {
                let asked = self.asked::<Nothing>(body)?;
                self.look(operation, asked).await
            }
            LETTERS => {
                let asked = self.asked(body)?;
                reply(async { self.letters(asked?.body).await }.await)
            }
            QUARANTINE => {
                let asked = self.asked(body)?;
                reply(async { self.quarantine(principal, asked?.body).await }.await)
            }
            REPLAY => {
                let asked = self.asked(body)?;
                reply(async { self.replay(asked?.body).await }.await)
            }
            MODE => {
                let asked = self.asked::<SetMode>(body)?;
                reply(async { self.set_mode(asked?.body.mode).await }.await)
            }
            DUMP => {
                let asked = self.asked::<Dump>(body)?;
                reply(async { self.dump(asked?.body).await }.await)
            }
            DRAIN => {
                let asked = self.asked::<Nothing>(body)?;
                reply(async { self.drain(asked?.deadline).await }.await)
            }
            FILE => {
                let asked = self.asked::<File>(body)?;
                let taking = async { self.file(principal.clone(), asked?.body).await };
                reply(taking.await)
            }
            _ => reply::<Nothing>(Err(unknown(operation))),
        };
        Some(answer)
    }

    /// Answers a question without a body.
    async fn look(
        &self,
        operation: &Operation,
        asked: Result<Request<Nothing>, Problem>,
    ) -> Vec<u8> {
        match (operation.as_str(), asked) {
            (_, Err(problem)) => reply::<Nothing>(Err(problem)),
            (VERIFY, Ok(_)) => reply(self.verify().await),
            (COST, Ok(_)) => reply(self.cost().await),
            (_, Ok(_)) => reply(self.stat().await),
        }
    }

    /// Reads a question; none when its time is over.
    fn asked<T: DeserializeOwned>(&self, body: &[u8]) -> Option<Result<Request<T>, Problem>> {
        match wire::decode::<Request<T>>(body) {
            Ok(request) if request.deadline < self.clock.wall() => None,
            asked => Some(asked),
        }
    }

    pub(super) async fn totals(&self) -> Result<Vec<Totals>, Problem> {
        let totals = self.spool.totals().await;
        totals.map_err(|error| unreadable(&error))
    }

    async fn stat(&self) -> Result<Stat, Problem> {
        let mut streams = Vec::new();
        for totals in self.totals().await? {
            let waiting = self.spool.waiting(totals.stream).await;
            let waiting = waiting.map_err(|error| unreadable(&error))?;
            let oldest_at = waiting.map(|waiting| waiting.since);
            streams.push(stream_stat(
                &totals,
                oldest_at,
                self.spool.quota(totals.stream),
            ));
        }
        let files = self.spool.file_totals().await;
        let files = files.map_err(|error| unreadable(&error))?;
        let outlook = self.outlook.borrow().clone();
        Ok(Stat {
            files: files_stat(&files),
            streams,
            cloud: outlook.cloud,
            last_error: outlook.last_error,
            link: self.link_stat(),
        })
    }

    async fn dump(&self, Dump { stream, limit }: Dump) -> Result<Dumped, Problem> {
        if !(1..=DUMP_MAX).contains(&limit) {
            let detail = format!("{limit} is not one of 1 to {DUMP_MAX}");
            return Err(Problem::new(Code::Invalid, detail).at("body.limit"));
        }
        let rows = self.spool.oldest(stream, limit).await;
        let mut room = wire::bound::BODY_MAX - ENVELOPE;
        let mut lines = Vec::new();
        for row in rows.map_err(|error| unreadable(&error))? {
            let Some(left) = room.checked_sub(row.line.len() + 1) else {
                break;
            };
            room = left;
            lines.push(wire::decode::<Line>(&row.line)?);
        }
        Ok(Dumped { lines })
    }
}

fn files_stat(totals: &FileTotals) -> FilesStat {
    let integer = |count| Integer::new(count).unwrap_or_default();
    FilesStat {
        waiting: integer(totals.waiting),
        waiting_bytes: integer(totals.waiting_bytes),
        uploaded: integer(totals.uploaded),
        uploaded_bytes: integer(totals.uploaded_bytes),
        last_at: totals.last_at,
    }
}

fn stream_stat(totals: &Totals, oldest_at: Option<Integer>, quota: u64) -> StreamStat {
    let integer = |count| Integer::new(count).unwrap_or_default();
    StreamStat {
        stream: totals.stream,
        waiting_records: integer(totals.waiting_records),
        waiting_bytes: integer(totals.waiting_bytes),
        oldest_at,
        uploaded_records: integer(totals.uploaded_records),
        uploaded_batches: integer(totals.uploaded_batches),
        uploaded_bytes: integer(totals.uploaded_bytes),
        quota_bytes: integer(quota),
        dropped_records: integer(totals.dropped_records),
        dropped_bytes: integer(totals.dropped_bytes),
        letters: integer(totals.letters),
    }
}

/// The reply as bytes that every reader accepts.
fn reply<T: Serialize>(answer: Result<T, Problem>) -> Vec<u8> {
    let body = wire::encode(&Reply::from(answer));
    match wire::bound::check(&body) {
        Ok(()) => body,
        Err(error) => {
            let problem = Problem::new(Code::TooLarge, error.to_string());
            wire::encode(&Reply::<T>::from(Err(problem)))
        }
    }
}

fn busy() -> Problem {
    Problem::new(
        Code::Busy,
        format!("{AT_ONCE} questions are being answered"),
    )
}

fn unknown(operation: &Operation) -> Problem {
    let detail = format!("{operation} is not one of {}", OPERATIONS.join(", "));
    Problem::new(Code::NotFound, detail).at("operation")
}

pub(super) fn unwritable(error: &JournalError) -> Problem {
    tracing::error!(error = %Chain(error), "cannot write the spool");
    Problem::new(Code::Unavailable, "the spool cannot be written")
}

pub(super) fn unreadable(error: &sqlx::Error) -> Problem {
    tracing::error!(error = %Chain(error), "cannot read the spool");
    Problem::new(Code::Unavailable, "the spool cannot be read")
}
