//! Carries one stream out: takes the steps that [`crate::upload`] decides.

use std::sync::Arc;
use std::time::Duration;

use kit::backoff::Backoff;
use kit::digest::sha256;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::journal::JournalError;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::record::Stream;

use super::{Outlook, Uplink};
use crate::edge::spool::{Shelf, SpoolError};
use crate::link::Load;
use crate::object::{Sealed, other_body};
use crate::upload::{Answer, Concern, Step};

/// Ceilings of the rests after a failure: first and longest.
pub(super) const RESTS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));

pub(super) async fn run(uplink: Arc<Uplink>, stream: Stream, stop: CancellationToken) {
    let carrying = async {
        let mut backoff = Backoff::new(RESTS.0, RESTS.1);
        let mut next = Step::Resume;
        loop {
            next = match uplink.take(stream, next.clone(), &mut backoff).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%stream, error = %Chain(&error), "cannot carry a stream on");
                    next.later()
                }
            };
        }
    };
    stop.run_until_cancelled(carrying).await;
}

impl Uplink {
    /// Takes one step and decides the next.
    async fn take(
        &self,
        stream: Stream,
        step: Step,
        backoff: &mut Backoff,
    ) -> Result<Step, CarryError> {
        let lane = self.lane(stream);
        let next = match step {
            Step::Resume => Step::resumed(self.spool.resumed(stream).await?),
            Step::Look => {
                if let Some(again) = self.spool.resumed(stream).await? {
                    return Ok(Step::Send(again));
                }
                let drain_through = lane.drain_through();
                let waiting = self.spool.waiting(stream).await?;
                let now = self.clock.wall();
                Step::looked(&self.limits, now, waiting.as_ref(), drain_through)
            }
            Step::Wait(most) => {
                lane.wait(most).await;
                Step::Look
            }
            Step::Seal => self.seal(stream).await?,
            Step::Send(sealed) => match self.send(&sealed).await? {
                Some(answer) => self.heard(sealed, &answer),
                None => Step::Resume,
            },
            Step::Compare(sealed) => {
                self.gate(Load::Batch(stream), 0).await;
                let answer = self.bucket.compare(&sealed).await;
                self.spend(Load::Batch(stream), 0).await;
                self.heard(sealed, &answer)
            }
            Step::SetAside(sealed, why) => self.set_aside(sealed, why).await?,
            Step::Hold(wait, next) => {
                sleep(wait).await;
                *next
            }
            Step::Rename(sealed) => self.rename(&sealed).await?,
            Step::Forget(sealed) => {
                self.forget(sealed).await?;
                backoff.reset();
                Step::Look
            }
            Step::Rest(next) => {
                lane.rest(backoff.wait()).await;
                *next
            }
        };
        Ok(next)
    }

    async fn seal(&self, stream: Stream) -> Result<Step, CarryError> {
        self.gate(Load::Batch(stream), 0).await;
        let dropped = self.spool.dropped(stream).await?;
        // What is sealed has to be forgotten one day, on a disk that may be full by then.
        let bytes = self.limits.bytes.min(self.spool.batch_max().await);
        let Some(front) = self.spool.front(stream, bytes).await? else {
            return Ok(Step::Look);
        };
        let (origin, level) = (self.origin.clone(), self.link().packing());
        let packing = spawn_blocking(move || {
            let body = front.pack(level);
            let sealed = front.seal(&origin, stream, sha256(&body), size(&body));
            (sealed, body)
        });
        let (sealed, body) = packing.await?;
        if !self.spool.seal(sealed.clone(), body, dropped).await? {
            // Some of it gave way to newer records meanwhile.
            return Ok(Step::Look);
        }
        tracing::debug!(%stream, key = sealed.key, records = sealed.lines, "batch sealed");
        fault::pass(Point::UplinkBatchSealed);
        Ok(Step::Send(sealed))
    }

    /// Uploads a batch; none when it is not under way any more.
    async fn send(&self, sealed: &Sealed) -> Result<Option<Answer>, CarryError> {
        let load = Load::Batch(sealed.stream);
        self.gate(load, sealed.size).await;
        let Some(body) = self.spool.body(sealed).await? else {
            return Ok(None);
        };
        let begun = self.clock.monotonic();
        let answer = self.bucket.send(sealed, body).await;
        let took = self.clock.monotonic().duration_since(begun);
        metrics::histogram!("uplink_upload_seconds").record(took);
        if answer == Answer::Stored {
            fault::pass(Point::UplinkBatchStored);
        }
        self.spend(load, answer.sent_bytes(sealed.size)).await;
        Ok(Some(answer))
    }

    async fn set_aside(&self, sealed: Sealed, why: String) -> Result<Step, CarryError> {
        let (stream, key) = (sealed.stream, sealed.key.clone());
        let again = Step::Send(sealed.clone()).later();
        let outcome = self.spool.set_aside(sealed, why, self.clock.wall()).await?;
        if outcome == Shelf::Full {
            return Ok(again);
        }
        tracing::error!(%stream, key, "batch set aside: the bucket will not have it");
        self.tell_progress(stream).await?;
        Ok(Step::Look)
    }

    /// Tells those who wait for a stream how far it is. What stands for a batch that was given up is
    /// older than what is uploaded, so the spool is asked.
    pub(super) async fn tell_progress(&self, stream: Stream) -> Result<(), sqlx::Error> {
        let totals = self.spool.totals().await?;
        for total in totals.iter().filter(|total| total.stream == stream) {
            self.lane(stream).uploaded(total.uploaded_through());
        }
        self.counted.notify_one();
        Ok(())
    }

    async fn rename(&self, sealed: &Sealed) -> Result<Step, CarryError> {
        let Some(body) = self.spool.body(sealed).await? else {
            return Ok(Step::Resume);
        };
        let body = other_body(body);
        let renamed = sealed.renamed(&self.origin, sha256(&body), size(&body));
        tracing::warn!(from = sealed.key, to = renamed.key, "batch renamed");
        self.spool.rename(renamed.clone(), body).await?;
        Ok(Step::Send(renamed).later())
    }

    async fn forget(&self, sealed: Sealed) -> Result<(), CarryError> {
        let (stream, key) = (sealed.stream, sealed.key.clone());
        let records = sealed.lines;
        self.spool.forget(sealed).await?;
        tracing::info!(%stream, key, records, "batch uploaded");
        self.tell_progress(stream).await?;
        Ok(())
    }

    /// Takes note of an answer and decides what follows.
    fn heard(&self, sealed: Sealed, answer: &Answer) -> Step {
        let (stream, key) = (sealed.stream, sealed.key.clone());
        let labels = [("stream", stream.as_str()), ("answer", answer.label())];
        metrics::counter!("uplink_upload_answers_total", &labels).increment(1);
        let reason = answer.complaint();
        match answer.concern() {
            Concern::None => {}
            Concern::Watch => tracing::warn!(%stream, key, reason, "batch not uploaded"),
            Concern::Act => tracing::error!(%stream, key, reason, "batch not uploaded"),
        }
        self.remember_outlook(answer);
        Step::answered(sealed, answer)
    }

    /// Keeps how the last upload went; when the cloud is back, nobody rests any longer.
    pub(super) fn remember_outlook(&self, answer: &Answer) {
        let reached = answer.is_from_the_cloud();
        let before = self.outlook.send_replace(Outlook {
            cloud: Some(reached),
            last_error: answer.complaint().to_owned(),
        });
        metrics::gauge!("uplink_cloud_reachable").set(if reached { 1.0 } else { 0.0 });
        if reached && before.cloud == Some(false) {
            self.lanes.values().for_each(super::lane::Lane::hurry);
            self.post.hurry.notify_one();
        }
    }
}

fn size(body: &[u8]) -> u64 {
    u64::try_from(body.len()).expect("memory is smaller than 2^64 bytes")
}

/// A step failed on this side; it is taken again.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    #[error("cannot read the spool")]
    Read(#[from] sqlx::Error),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("cannot write the spool")]
    Write(#[from] JournalError),
    #[error("cannot pack a batch")]
    Pack(#[from] JoinError),
}
