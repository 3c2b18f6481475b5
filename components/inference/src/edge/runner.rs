//! Runs one model: a bounded queue with a thread, deadlines, an answer or a reason.
//!
//! Promises: who comes to a full queue is told at once; what is late is not computed; a run that
//! passes its deadline is ended; what was taken in is answered, also when the model is replaced
//! meanwhile: the thread ends when nobody holds the runner and its queue is empty.
//!
//! Going to the thread and back costs ten times as much as a small model computes. So a single row is
//! computed in passing, by whoever asks, while nobody waits and such rows have been quick; the thread
//! looks after its deadline.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use kit::clock::Clock;
use ort::session::RunOptions;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::edge::onnx::{Net, Options};
use crate::manifest::Manifest;
use crate::tensor::{Flaw, Question, Values};

mod seat;

use seat::Seat;

/// Most questions that wait for a model: at some microseconds each they are answered in a
/// millisecond, and a slow model is not hidden behind them for long.
pub(crate) const QUEUE: usize = 64;

/// A row that takes longer is not computed in passing: it would hold up other requests.
const QUICK: Duration = Duration::from_micros(250);
/// So many rows were computed by the thread before others are in passing.
const KNOWN: u64 = 16;
/// How often the thread looks after what is computed in passing.
const LOOK: Duration = Duration::from_millis(20);

/// A model at work.
pub(crate) struct Runner {
    jobs: SyncSender<Call>,
    bench: Arc<Bench>,
}

/// What the thread and those who pass share.
struct Bench {
    seat: Seat<Net, Arc<Options>>,
    manifest: Arc<Manifest>,
    /// How many wait or run.
    waiting: AtomicUsize,
    /// Single rows computed, and how long the slowest of the last ones took, in nanoseconds.
    rows: AtomicU64,
    slowest: AtomicU64,
    /// Whether the thread looks after the deadline of who passes.
    watched: AtomicBool,
    /// Whether anybody passed since it looked.
    passed: AtomicBool,
    clock: Clock,
}

/// What the thread is called for.
enum Call {
    Answer(Job),
    Watch,
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
        let name = format!("run-{}", manifest.version);
        let bench = Arc::new(Bench {
            seat: Seat::new(net),
            manifest,
            waiting: AtomicUsize::new(0),
            rows: AtomicU64::new(0),
            slowest: AtomicU64::new(0),
            watched: AtomicBool::new(false),
            passed: AtomicBool::new(false),
            clock,
        });
        let shared = Arc::clone(&bench);
        thread::Builder::new()
            .name(name)
            .spawn(move || shared.work(&queue))?;
        Ok(Self { jobs, bench })
    }

    /// Answers a question before `deadline`, or says why not.
    pub(crate) async fn ask(&self, question: Question, deadline: Instant) -> Result<Done, Refused> {
        let came = self.bench.clock.monotonic();
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
        let before = self.bench.waiting.fetch_add(1, Ordering::Relaxed);
        let job = if before == 0 && self.bench.is_quick(job.question.rows) {
            match self.pass(job) {
                Ok(outcome) => return outcome,
                Err(job) => job,
            }
        } else {
            job
        };
        if let Err(error) = self.jobs.try_send(Call::Answer(job)) {
            self.bench.waiting.fetch_sub(1, Ordering::Relaxed);
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

    /// Computes here and now, unless somebody else has the model.
    fn pass(&self, job: Job) -> Result<Result<Done, Refused>, Job> {
        let bench = &*self.bench;
        let Some(mut net) = bench.seat.pass(job.deadline, Arc::clone(&job.options)) else {
            return Err(job);
        };
        bench.passed.store(true, Ordering::SeqCst);
        if !bench.watched.swap(true, Ordering::SeqCst) {
            // With a full queue the thread is awake and looks without being called.
            drop(self.jobs.try_send(Call::Watch));
        }
        let outcome = bench.compute(&mut net, job.question, job.came, &job.options);
        drop(net);
        bench.waiting.fetch_sub(1, Ordering::Relaxed);
        let late = outcome.is_err() && bench.clock.monotonic() >= job.deadline;
        Ok(if late { Err(Refused::Ended) } else { outcome })
    }

    /// How many wait or run.
    pub(crate) fn waiting(&self) -> usize {
        self.bench.waiting.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let manifest = &self.bench.manifest;
        write!(f, "Runner({} {})", manifest.model, manifest.version)
    }
}

impl Bench {
    /// What the thread does.
    fn work(&self, queue: &Receiver<Call>) {
        loop {
            let call = if self.watched.load(Ordering::SeqCst) {
                match queue.recv_timeout(LOOK) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.look();
                        self.rest();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                    Ok(call) => call,
                }
            } else {
                match queue.recv() {
                    Err(_) => return,
                    Ok(call) => call,
                }
            };
            if let Call::Answer(job) = call {
                self.answer(job);
            }
        }
    }

    fn answer(&self, job: Job) {
        let mut net = self.seat.take(LOOK, || self.look());
        let outcome = if self.clock.monotonic() >= job.deadline || job.done.is_closed() {
            Err(Refused::Late)
        } else {
            self.compute(&mut net, job.question, job.came, &job.options)
        };
        drop(net);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        // Whoever gave up waiting does not need the answer.
        drop(job.done.send(outcome));
    }

    /// Ends what is computed in passing past its deadline.
    fn look(&self) {
        if let Some(options) = self.seat.overdue(self.clock.monotonic()) {
            drop(options.terminate());
        }
    }

    /// Looks no more when nobody has passed since the last time.
    fn rest(&self) {
        if self.passed.swap(false, Ordering::SeqCst) {
            return;
        }
        self.watched.store(false, Ordering::SeqCst);
        // Whoever passes now found it watched, and did not call.
        if self.seat.is_passed() {
            self.watched.store(true, Ordering::SeqCst);
        }
    }

    fn compute(
        &self,
        net: &mut Net,
        question: Question,
        came: Instant,
        options: &Options,
    ) -> Result<Done, Refused> {
        let begun = self.clock.monotonic();
        let rows = question.rows;
        let outcome = run(net, &self.manifest, question, options);
        let computed = self.clock.monotonic().duration_since(begun);
        if rows == 1 {
            self.remember(computed);
        }
        outcome.map(|answer| Done {
            answer,
            queued: begun.duration_since(came),
            computed,
        })
    }

    /// Whether a question is computed in passing.
    fn is_quick(&self, rows: usize) -> bool {
        let slowest = Duration::from_nanos(self.slowest.load(Ordering::Relaxed));
        rows == 1 && self.rows.load(Ordering::Relaxed) >= KNOWN && slowest <= QUICK
    }

    /// Keeps the slowest, which fades. Only whoever has the model is here.
    fn remember(&self, computed: Duration) {
        let computed = u64::try_from(computed.as_nanos()).unwrap_or(u64::MAX);
        let before = self.slowest.load(Ordering::Relaxed);
        let slowest = computed.max(before - before / 16);
        self.slowest.store(slowest, Ordering::Relaxed);
        self.rows.fetch_add(1, Ordering::Relaxed);
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
