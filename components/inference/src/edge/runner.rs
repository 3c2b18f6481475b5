//! The thread that runs one model: a bounded queue, deadlines, an answer or a reason.
//!
//! Promises: who comes to a full queue is told at once; what is late is not computed; a run that
//! passes its deadline is ended; what was taken in is answered, also when the model is replaced
//! meanwhile: the thread ends when nobody holds the runner and its queue is empty.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use kit::clock::Clock;
use ort::session::RunOptions;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::edge::onnx::{Net, Options};
use crate::manifest::Manifest;
use crate::tensor::{Flaw, Question, Values};

/// Most questions that wait for a model: at some microseconds each they are answered in a
/// millisecond, and a slow model is not hidden behind them for long.
pub(crate) const QUEUE: usize = 64;

/// A model at work.
#[derive(Debug)]
pub(crate) struct Runner {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
    clock: Clock,
}

/// A question on its way.
struct Job {
    question: Question,
    deadline: Instant,
    came: Instant,
    options: Arc<Options>,
    done: oneshot::Sender<Result<Done, Refused>>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    /// Outputs in the manifest's order.
    pub(crate) answer: Vec<Values>,
    /// How long it waited.
    pub(crate) queued: Duration,
    /// How long it took.
    pub(crate) computed: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too many wait.
    Full,
    /// The deadline passed before it was computed.
    Late,
    /// The deadline passed while it was computed.
    Ended,
    /// The runtime failed, or the thread did.
    Failed,
    /// The answer is none that the model may give.
    Flawed(Flaw),
}

impl Runner {
    /// Starts the thread of a model.
    pub(crate) fn start(net: Net, manifest: Arc<Manifest>, clock: Clock) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (left, now) = (Arc::clone(&waiting), clock.clone());
        let name = format!("run-{}", manifest.version);
        thread::Builder::new()
            .name(name)
            .spawn(move || work(net, &manifest, &queue, &left, &now))?;
        Ok(Self {
            jobs,
            waiting,
            clock,
        })
    }

    /// Answers a question before `deadline`, or says why not.
    pub(crate) async fn ask(&self, question: Question, deadline: Instant) -> Result<Done, Refused> {
        let came = self.clock.monotonic();
        let left = deadline.saturating_duration_since(came);
        if left.is_zero() {
            return Err(Refused::Late);
        }
        let options = Arc::new(RunOptions::new().map_err(|_| Refused::Failed)?);
        let (done, answered) = oneshot::channel();
        let job = Job {
            question,
            deadline,
            came,
            options: Arc::clone(&options),
            done,
        };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = self.jobs.try_send(job) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(match error {
                TrySendError::Full(_) => Refused::Full,
                TrySendError::Disconnected(_) => Refused::Failed,
            });
        }
        if let Ok(answer) = timeout(left, answered).await {
            return answer.unwrap_or(Err(Refused::Failed));
        }
        // If it runs, it ends; if it waits, it will be found late.
        drop(options.terminate());
        Err(Refused::Ended)
    }

    /// How many wait or run.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

fn work(
    mut net: Net,
    manifest: &Manifest,
    queue: &Receiver<Job>,
    waiting: &AtomicUsize,
    clock: &Clock,
) {
    while let Ok(job) = queue.recv() {
        let begun = clock.monotonic();
        let outcome = if begun >= job.deadline || job.done.is_closed() {
            Err(Refused::Late)
        } else {
            run(&mut net, manifest, job.question, &job.options).map(|answer| Done {
                answer,
                queued: begun.duration_since(job.came),
                computed: clock.monotonic().duration_since(begun),
            })
        };
        waiting.fetch_sub(1, Ordering::Relaxed);
        // Whoever gave up waiting does not need the answer.
        drop(job.done.send(outcome));
    }
}

fn run(
    net: &mut Net,
    manifest: &Manifest,
    question: Question,
    options: &Options,
) -> Result<Vec<Values>, Refused> {
    let rows = question.rows;
    let answer = net.run(rows, question.inputs, options);
    let answer = answer.map_err(|error| {
        tracing::debug!(?error, "run failed");
        Refused::Failed
    })?;
    manifest.judge(rows, &answer).map_err(Refused::Flawed)?;
    Ok(answer)
}
