//! Takes files over, and carries them out one by one: takes the steps that [`crate::file`] decides.

use std::sync::Arc;
use std::time::Duration;

use kit::backoff::Backoff;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::journal::JournalError;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wire::uplink::{File, Filed};
use wire::{Code, Principal, Problem};

use super::Uplink;
use super::carry::RESTS;
use crate::edge::handover::{self, Handover};
use crate::edge::s3::{Bucket, Parts};
use crate::edge::spool::{Filing, is_full};
use crate::file::{Handed, Sent, Step, accept};
use crate::link::Load;
use crate::upload::{Answer, Concern};

/// What files need.
#[derive(Debug)]
pub(super) struct Post {
    /// Where they are handed over; none where nobody does.
    pub(super) handover: Option<Handover>,
    /// Where they go.
    pub(super) bucket: Bucket,
    /// A file was handed over.
    pub(super) news: Notify,
    /// A rest is over before its time.
    pub(super) hurry: Notify,
}

pub(super) async fn run(uplink: Arc<Uplink>, stop: CancellationToken) {
    let carrying = async {
        let mut backoff = Backoff::new(RESTS.0, RESTS.1);
        let mut parts = Parts::default();
        let mut next = Step::Look;
        loop {
            next = match uplink
                .move_file(next.clone(), &mut parts, &mut backoff)
                .await
            {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "cannot carry a file on");
                    next.later()
                }
            };
        }
    };
    stop.run_until_cancelled(carrying).await;
}

impl Uplink {
    /// Takes a file over: from the answer on it is on the disk of this component's word.
    pub(super) async fn file(&self, principal: Principal, file: File) -> Result<Filed, Problem> {
        let Some(handover) = self.post.handover.clone() else {
            let detail = "files.directory is not configured: nothing is handed over here";
            return Err(Problem::new(Code::Unavailable, detail));
        };
        accept(&file)?;
        let (path, sha256, bytes) = (file.path.clone(), file.sha256, file.bytes.value());
        let checking = spawn_blocking(move || handover.check(&path, sha256, bytes));
        checking.await.map_err(|_| unwritable(None))??;
        let handed = Handed::new(&file, principal, &self.origin, self.clock.wall());
        let filing = self.spool.hand(handed).await.map_err(|error| {
            tracing::error!(error = %Chain(&error), "cannot keep a file");
            unwritable(is_full(&error).then_some(Code::StorageFull))
        })?;
        self.counted.notify_one();
        match filing {
            Filing::Waits(key) => {
                fault::pass(Point::UplinkFileKept);
                tracing::info!(key, bytes, "file taken over");
                self.post.news.notify_one();
                Ok(Filed { key })
            }
            Filing::Uploaded(key) => {
                remove(&file.path).await;
                Ok(Filed { key })
            }
            Filing::Refused(problem) => Err(problem),
        }
    }

    /// Takes one step and decides the next.
    async fn move_file(
        &self,
        step: Step,
        parts: &mut Parts,
        backoff: &mut Backoff,
    ) -> Result<Step, FileError> {
        Ok(match step {
            Step::Look => Step::found(self.spool.oldest_file().await?),
            Step::Wait => {
                self.post.news.notified().await;
                Step::Look
            }
            Step::Abort(file) => {
                self.post.bucket.abort(&file).await;
                Step::fresh(file)
            }
            Step::Send(file) => {
                self.gate(Load::File, file.bytes).await;
                let sent = self.post.bucket.send_file(&file).await;
                self.spend(Load::File, sent.sent_bytes(file.bytes)).await;
                self.heard_of(file, &sent)
            }
            Step::Begin(file) => {
                *parts = Parts::default();
                self.begin_parts(file).await?
            }
            Step::Parts(file) => {
                let sent = self.send_parts(&file, parts).await;
                self.heard_of(file, &sent)
            }
            Step::Compare(file, lost) => {
                self.post.bucket.abort(&file).await;
                let file = Handed {
                    upload: None,
                    ..file
                };
                let answer = self.post.bucket.compare_file(&file).await;
                self.tell_of(&file, &answer);
                Step::compared(file, lost, &answer)
            }
            Step::Pass(file) => {
                let line = self.spool.files_around(&file).await?;
                Step::passed(file, line)
            }
            Step::Rename(file) => {
                let renamed = file.renamed();
                tracing::warn!(to = renamed.key, "file renamed");
                self.spool.file_course(renamed.clone()).await?;
                Step::fresh(renamed).later()
            }
            Step::Forget(file) => {
                fault::pass(Point::UplinkFileStored);
                self.spool
                    .file_uploaded(file.clone(), self.clock.wall())
                    .await?;
                fault::pass(Point::UplinkFileNoted);
                remove(&file.path).await;
                tracing::info!(key = file.key, bytes = file.bytes, "file uploaded");
                backoff.reset();
                self.counted.notify_one();
                Step::Look
            }
            Step::Drop(file) => {
                self.give_up(file).await?;
                Step::Look
            }
            Step::Hold(wait, next) => {
                sleep(wait).await;
                *next
            }
            Step::Rest(next) => {
                self.rest_file(backoff.wait()).await;
                *next
            }
        })
    }

    async fn begin_parts(&self, file: Handed) -> Result<Step, JournalError> {
        self.gate(Load::File, 0).await;
        let begun = self.post.bucket.begin(&file).await;
        self.spend(Load::File, 0).await;
        match begun {
            Ok(upload) => {
                let file = Handed {
                    upload: Some(upload),
                    ..file
                };
                self.spool.file_course(file.clone()).await?;
                Ok(Step::Parts(file))
            }
            Err(answer) => Ok(self.heard_of(file, &Sent::Answered(answer))),
        }
    }

    async fn give_up(&self, file: Handed) -> Result<(), JournalError> {
        let (key, path) = (&file.key, &file.path);
        tracing::error!(key, path, "file given up: it is gone");
        metrics::counter!("uplink_files_given_up_total").increment(1);
        self.spool.file_given_up(file).await?;
        self.counted.notify_one();
        Ok(())
    }

    /// Uploads the parts that are missing, each when the link may be used, and puts them together.
    async fn send_parts(&self, file: &Handed, parts: &mut Parts) -> Sent {
        let bucket = &self.post.bucket;
        while let Some(bytes) = parts.next(file) {
            self.gate(Load::File, bytes).await;
            let sent = bucket.send_next(file, parts).await;
            // Counted whether or not it got through.
            self.spend(Load::File, bytes).await;
            if let Err(sent) = sent {
                return sent;
            }
            fault::pass(Point::UplinkPartStored);
        }
        self.gate(Load::File, 0).await;
        let sent = bucket.finish(file, parts).await;
        self.spend(Load::File, 0).await;
        sent
    }

    async fn rest_file(&self, wait: Duration) {
        drop(timeout(wait, self.post.hurry.notified()).await);
    }

    /// Takes note of what came of an upload and decides what follows.
    fn heard_of(&self, file: Handed, sent: &Sent) -> Step {
        match sent {
            Sent::Answered(answer) => self.tell_of(&file, answer),
            Sent::Unfit(reason) => {
                tracing::warn!(key = file.key, reason, "file is not what was handed over");
            }
        }
        Step::sent(file, sent)
    }

    fn tell_of(&self, file: &Handed, answer: &Answer) {
        let labels = [("answer", answer.label())];
        metrics::counter!("uplink_file_answers_total", &labels).increment(1);
        let (key, reason) = (&file.key, answer.complaint());
        match answer.concern() {
            Concern::None => {}
            Concern::Watch => tracing::warn!(key, reason, "file not uploaded"),
            Concern::Act => tracing::error!(key, reason, "file not uploaded"),
        }
        self.remember_outlook(answer);
    }
}

/// Removes a file that is in the bucket; what cannot be removed is for the one who put it there.
async fn remove(path: &str) {
    let gone = path.to_owned();
    if let Ok(Err(error)) = spawn_blocking(move || handover::remove(&gone)).await {
        tracing::error!(path, error = %Chain(&error), "cannot remove a file that is uploaded");
    }
}

fn unwritable(code: Option<Code>) -> Problem {
    Problem::new(
        code.unwrap_or(Code::Unavailable),
        "the spool cannot be written",
    )
}

/// A step failed on this side; it is taken again.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("cannot read the spool")]
    Read(#[from] sqlx::Error),
    #[error("cannot write the spool")]
    Write(#[from] JournalError),
}
