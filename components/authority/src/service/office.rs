//! Where everything is decided, one act after the other: by the rules, then onto the disk, then
//! told to whoever asked.

use std::sync::Arc;
use std::time::Duration;

use kit::answers;
use kit::backoff::Backoff;
use kit::bus::Delivery;
use kit::clock::Clock;
use kit::credential::Refusals;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::health::Probe;
use kit::journal::{Journal, JournalError, Retention};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use wire::credential::Revocations;
use wire::request::Reply;
use wire::{Code, Integer, Problem};

use super::desk::Job;
use super::outbound::Outbound;
use super::policy::Roll;
use super::requests::Question;
use crate::act::{Act, Asker};
use crate::books::{Books, Change};
use crate::edge::journal::{KeptAnswer, Work, keep};
use crate::edge::provisioned::Provisioned;
use crate::edge::scribe::{Answer, Scribe};
use crate::rules::{self, Present};

/// Most acts that share one commit.
const BATCH: usize = 64;
/// How often what is of no more use is forgotten.
const SWEEP: Duration = Duration::from_hours(1);
/// How often the directory of names is looked at; a new device does not wait longer to get in.
const LOOK: Duration = Duration::from_secs(1);
/// Waits after a failed write: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The books and everything that acts by them.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) books: Books,
    pub(super) journal: Journal,
    /// By which time things are forgotten.
    pub(super) retention: Retention,
    pub(super) provisioned: Provisioned,
    /// Everybody of whom provisioning knows, for whoever keeps the broker's rules.
    pub(super) roll: watch::Sender<Roll>,
    pub(super) scribe: Scribe,
    pub(super) refusals: Refusals,
    pub(super) outbound: Outbound,
    pub(super) clock: Clock,
    pub(super) probe: Probe,
}

/// What is told when it is on the disk.
#[derive(Debug)]
pub(super) enum Telling {
    Asked(
        oneshot::Sender<Result<Answer, Problem>>,
        Result<Answer, Problem>,
    ),
    Replied(Question, Vec<u8>),
}

impl Office {
    /// Learns who was provisioned and whom another box of the property refused, and gives the first
    /// revocation list its number.
    pub(super) async fn open(
        &mut self,
        inherited: Option<&Revocations>,
    ) -> Result<(), JournalError> {
        self.follow_provisioning();
        let now = self.clock.wall();
        let mut work = Work::default();
        if let Some(list) = inherited {
            let changes = rules::inherit(&self.books, now, list);
            self.carry_out(&mut work, changes);
        }
        let first = rules::first_number(&self.books, now);
        self.carry_out(&mut work, first.into_iter().collect());
        self.keep(work).await?;
        self.publish();
        Ok(())
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>, stop: CancellationToken) {
        let mut sweeps = interval(SWEEP);
        let mut looks = interval(LOOK);
        for ticks in [&mut sweeps, &mut looks] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let deciding = async {
            let mut batch = Vec::with_capacity(BATCH);
            loop {
                let done = tokio::select! {
                    _ = jobs.recv_many(&mut batch, BATCH) => {
                        if batch.is_empty() {
                            return;
                        }
                        self.attend(std::mem::take(&mut batch)).await
                    }
                    _ = sweeps.tick() => self.sweep().await,
                    _ = looks.tick() => {
                        self.follow_provisioning();
                        Ok(())
                    }
                };
                if done.is_err() {
                    return;
                }
            }
        };
        stop.run_until_cancelled(deciding).await;
        // When the journal is first to stop, the token follows.
        stop.cancelled().await;
    }

    /// Decides about a batch of acts.
    pub(super) async fn attend(&mut self, batch: Vec<Job>) -> Result<(), JournalError> {
        self.follow_provisioning();
        let mut work = Work::default();
        let (mut tellings, mut deliveries) = (Vec::new(), Vec::new());
        for job in batch {
            match job {
                Job::Asked(asker, act, done) => {
                    let answer = self.settle(&mut work, &asker, act);
                    tellings.push(Telling::Asked(done, answer));
                }
                Job::Delivered(delivery) => {
                    if let Some(question) = Question::of(&delivery) {
                        let reply = self.reply(&mut work, question, &delivery.body).await;
                        tellings.extend(reply);
                    }
                    deliveries.push(delivery);
                }
            }
        }
        self.keep(work).await?;
        self.publish();
        for telling in tellings {
            self.tell(telling);
        }
        deliveries.into_iter().for_each(Delivery::acknowledge);
        Ok(())
    }

    fn follow_provisioning(&mut self) {
        if let Some(provisioned) = self.provisioned.changed() {
            self.books.provisioned = provisioned;
            self.roll.send_replace(Some(self.provisioned.holders()));
        }
    }

    /// The reply to a question: the first one it got, or a new one; none when nobody waits.
    pub(super) async fn reply(
        &mut self,
        work: &mut Work,
        question: Question,
        body: &[u8],
    ) -> Option<Telling> {
        let now = self.clock.wall();
        let act = question.read(body, now)?;
        if question.is_kept()
            && let Some(first) = self.first_answer(work, &question).await
        {
            return Some(Telling::Replied(question, first));
        }
        let asker = Asker::Holder(question.principal.clone());
        let answer = act.and_then(|act| self.settle(work, &asker, act));
        let body = encoded(answer);
        if question.is_kept() {
            work.answers.push(KeptAnswer {
                principal: question.principal.clone(),
                id: question.id,
                at: now,
                body: body.clone(),
            });
        }
        Some(Telling::Replied(question, body))
    }

    async fn first_answer(&self, work: &Work, question: &Question) -> Option<Vec<u8>> {
        let Question { principal, id, .. } = question;
        let mut waiting = work.answers.iter();
        if let Some(first) = waiting.find(|kept| kept.principal == *principal && kept.id == *id) {
            return Some(first.body.clone());
        }
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            match answers::recall(self.journal.readers(), principal, *id).await {
                Ok(answer) => return answer,
                Err(error) => self.failed("cannot look up an answer", &error),
            }
            sleep(backoff.wait()).await;
        }
    }

    /// Lets the rules decide, and has the answer written; what changes is carried out only when
    /// both went well.
    fn settle(&mut self, work: &mut Work, asker: &Asker, act: Act) -> Result<Answer, Problem> {
        let present = Present {
            now: self.clock.wall(),
            leaf_until: self.scribe.leaf_until(),
        };
        let name = act.name();
        let outcome = rules::decide(&self.books, present, asker, act).and_then(|done| {
            let answer = self
                .scribe
                .write(&self.provisioned, present.now, done.granted)?;
            Ok((answer, done.changes))
        });
        let outcome = outcome.map(|(answer, changes)| {
            self.carry_out(work, changes);
            answer
        });
        let label = if outcome.is_ok() {
            "granted"
        } else {
            "refused"
        };
        metrics::counter!("authority_acts_total", "act" => name, "outcome" => label).increment(1);
        outcome
    }

    fn carry_out(&mut self, work: &mut Work, changes: Vec<Change>) {
        self.books.apply_all(&changes);
        work.changes.extend(changes);
    }

    /// Keeps changes in one write. A disk that refuses is tried again and again, and shows in the
    /// health of the component meanwhile: the books in memory never know more than the disk.
    pub(super) async fn keep(&self, work: Work) -> Result<(), JournalError> {
        if work.is_empty() {
            return Ok(());
        }
        let work = Arc::new(work);
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            let work = Arc::clone(&work);
            let write = self.journal.write(|connection| {
                Box::pin(async move {
                    keep(connection, work).await?;
                    fault::pass(Point::AuthorityChangesWritten);
                    Ok(())
                })
            });
            match write.await {
                Ok(()) => break,
                Err(JournalError::Closed) => return Err(JournalError::Closed),
                Err(error) => self.failed("cannot keep what was decided", &error),
            }
            sleep(backoff.wait()).await;
        }
        fault::pass(Point::AuthorityChangesKept);
        let is_number = |change: &Change| matches!(change, Change::Number(_));
        if work.changes.iter().any(is_number) {
            fault::pass(Point::AuthorityListNumbered);
        }
        self.probe.there();
        Ok(())
    }

    /// Shows the list to whoever verifies here, and to those who publish it.
    fn publish(&self) {
        // The time of the signature is added by whoever signs.
        self.refusals
            .take(self.books.revocations(Integer::default()));
    }

    fn tell(&self, telling: Telling) {
        match telling {
            // Whoever gave up waiting does not need the answer.
            Telling::Asked(done, answer) => drop(done.send(answer)),
            Telling::Replied(question, body) => {
                self.outbound.reply(question.principal, question.id, body);
            }
        }
    }

    async fn sweep(&mut self) -> Result<(), JournalError> {
        let now = match self.retention.present().await {
            Ok(now) => now,
            Err(JournalError::Closed) => return Err(JournalError::Closed),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "nothing is forgotten");
                return Ok(());
            }
        };
        let mut work = Work::default();
        let changes = rules::sweep(&self.books, now);
        self.carry_out(&mut work, changes);
        self.keep(work).await?;
        self.publish();
        let swept = self
            .journal
            .write(move |connection| Box::pin(answers::forget(connection, now)));
        match swept.await {
            Err(JournalError::Closed) => return Err(JournalError::Closed),
            Err(error) => tracing::warn!(error = %Chain(&error), "old answers stay"),
            Ok(()) => {}
        }
        Ok(())
    }

    fn failed(&self, act: &'static str, error: &(dyn std::error::Error + 'static)) {
        let error = Chain(error).to_string();
        tracing::error!(error, "{act}");
        self.probe.missing(error);
    }
}

/// The reply as bytes that every reader accepts.
fn encoded(answer: Result<Answer, Problem>) -> Vec<u8> {
    let body = wire::encode(&Reply::from(answer));
    match wire::bound::check(&body) {
        Ok(()) => body,
        Err(error) => {
            let problem = Problem::new(Code::TooLarge, error.to_string());
            wire::encode(&Reply::<Answer>::from(Err(problem)))
        }
    }
}
