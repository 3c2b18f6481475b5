//! The task that decides, commits, and only then does.

use super::{
    Arc, BTreeMap, BTreeSet, Chain, Clock, Duration, Effect, Entry, Health, Integer, Job, Journal,
    JournalError, LinkEvent, Mutex, PrintConfig, Probe, Problem, Shipment, Spooler, Word,
    broadcast, escpos, journal, lock, mpsc, watch,
};
use crate::print::Order;
use kit::fault::{self, Point};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use wire::Code;
use wire::print::JobState;

/// Most inputs that share a commit.
const BATCH: usize = 128;
/// How often expiry and the like are looked after.
const TICK: Duration = Duration::from_secs(1);
/// How long until the disk is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A question, or a wish.
pub(super) type Ask = Box<dyn FnOnce(&mut Spooler, Integer) -> Asked + Send>;

/// What a question came to; it is answered when the effects are on the disk, or cannot be.
pub(super) struct Asked {
    pub(super) effects: Vec<Effect>,
    pub(super) answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), Problem>) + Send>;

/// The keeper's end of a link.
#[derive(Debug)]
pub(super) struct LinkHandle {
    pub(super) shipments: mpsc::Sender<Shipment>,
    pub(super) wanted: watch::Sender<bool>,
}

/// The one who writes.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) config: Arc<PrintConfig>,
    pub(super) spooler: Arc<Mutex<Spooler>>,
    pub(super) changes: broadcast::Sender<Job>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) health: Health,
    pub(super) probe: Probe,
    pub(super) links: BTreeMap<Word, LinkHandle>,
}

/// Something that the machine takes.
enum Input {
    Ask(Ask),
    Link(Word, LinkEvent),
    Tick,
}

impl Keeper {
    /// Works until it is asked to stop and every link has ended, so that proofs that come meanwhile
    /// are kept.
    pub(super) async fn run(
        mut self,
        mut asks: mpsc::Receiver<Ask>,
        mut events: mpsc::Receiver<(Word, LinkEvent)>,
        stop: CancellationToken,
    ) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let started = lock(&self.spooler).start(self.clock.wall());
        self.carry_out(started, Vec::new(), &stop).await;
        loop {
            let has_links = !self.links.is_empty();
            let input = tokio::select! {
                event = events.recv(), if has_links => match event {
                    Some((printer, event)) => Input::Link(printer, event),
                    None => return,
                },
                Some(ask) = asks.recv() => Input::Ask(ask),
                _ = ticks.tick() => Input::Tick,
                () = stop.cancelled(), if !has_links => return,
            };
            let mut batch = vec![input];
            while batch.len() < BATCH {
                let event = events.try_recv().ok();
                let event = event.map(|(printer, event)| Input::Link(printer, event));
                match event.or_else(|| asks.try_recv().ok().map(Input::Ask)) {
                    Some(input) => batch.push(input),
                    None => break,
                }
            }
            let (effects, answers) = self.take(batch);
            self.carry_out(effects, answers, &stop).await;
        }
    }

    fn take(&self, batch: Vec<Input>) -> (Vec<Effect>, Vec<Answer>) {
        let (mut effects, mut answers) = (Vec::new(), Vec::new());
        let now = self.clock.wall();
        let mut spooler = lock(&self.spooler);
        for input in batch {
            match input {
                Input::Ask(ask) => {
                    let asked = ask(&mut spooler, now);
                    effects.extend(asked.effects);
                    answers.push(asked.answer);
                }
                Input::Link(printer, event) => effects.extend(spooler.hear(now, &printer, event)),
                Input::Tick => effects.extend(spooler.tick(now)),
            }
        }
        (effects, answers)
    }

    /// Keeps what is to be kept, then does the rest.
    async fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        mut answers: Vec<Answer>,
        stop: &CancellationToken,
    ) {
        let rows = Rows::of(&effects);
        while let Err(error) = self.commit(rows.clone()).await {
            tracing::error!(error = %Chain(&error), "cannot keep print jobs");
            self.probe.missing("print jobs cannot be kept");
            for answer in answers.drain(..) {
                let detail = "print jobs cannot be kept now";
                answer(Err(Problem::new(Code::Unavailable, detail)));
            }
            if stop.is_cancelled() {
                return;
            }
            sleep(RETRY).await;
        }
        if !rows.is_empty() {
            fault::pass(Point::ProxyJobsKept);
            self.probe.there();
        }
        // Known before a byte leaves.
        let (backlog, in_flight) = {
            let spooler = lock(&self.spooler);
            (spooler.backlog(), spooler.in_flight())
        };
        self.health.backlog(backlog);
        self.health.in_flight("print", in_flight);
        let mut after = Vec::new();
        for effect in effects {
            match effect {
                Effect::Keep(_) | Effect::Forget(_) => {}
                Effect::Print(order) => after.extend(self.print(&order)),
                Effect::Want { printer, wanted } => {
                    if let Some(link) = self.links.get(&printer) {
                        link.wanted.send_replace(wanted);
                    }
                }
                Effect::Tell(job) => self.tell(*job),
            }
        }
        for answer in answers {
            answer(Ok(()));
        }
        if !after.is_empty() {
            Box::pin(self.carry_out(after, Vec::new(), stop)).await;
        }
    }

    async fn commit(&self, rows: Rows) -> Result<(), JournalError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.journal
            .write(|connection| {
                Box::pin(async move {
                    for entry in rows.kept.iter() {
                        journal::keep(connection, entry).await?;
                    }
                    for number in rows.forgotten {
                        journal::forget(connection, number).await?;
                    }
                    fault::pass(Point::ProxyJobsWritten);
                    Ok(())
                })
            })
            .await
    }

    /// Hands a copy to its link; what cannot be printed there ends, and what the disk kept until its
    /// time was over.
    fn print(&self, order: &Order) -> Vec<Effect> {
        let now = self.clock.wall();
        if let Some(effects) = lock(&self.spooler).too_late(now, order) {
            return effects;
        }
        let profile = self.config.printers.get(&order.printer);
        let profile = profile.map(|printer| &printer.profile);
        let (Some(profile), Some(link)) = (profile, self.links.get(&order.printer)) else {
            return Vec::new();
        };
        let bytes = match escpos::encode(&order.document, profile, order.marked) {
            Ok(bytes) => bytes,
            Err(problem) => {
                let (printer, token) = (&order.printer, order.token);
                return lock(&self.spooler).unprintable(now, printer, token, problem);
            }
        };
        let shipment = Shipment {
            token: order.token,
            bytes,
            longest_command: escpos::longest_command(&order.document),
        };
        // A link that is gone was stopped; the attempt is on the disk.
        drop(link.shipments.try_send(shipment));
        Vec::new()
    }

    fn tell(&self, job: Job) {
        if let Some(end) = end(&job.state) {
            metrics::counter!("device_proxy_print_jobs_total", "end" => end).increment(1);
            tracing::info!(job = %job.job, principal = %job.principal, end, "print job ended");
        }
        // Nobody listens.
        drop(self.changes.send(job));
    }
}

/// The name of a state in which nothing happens by itself.
fn end(state: &JobState) -> Option<&'static str> {
    match state {
        JobState::Accepted | JobState::Held { .. } | JobState::Dispatching | JobState::Printing => {
            None
        }
        JobState::Done => Some("done"),
        JobState::Failed { .. } => Some("failed"),
        JobState::Expired => Some("expired"),
        JobState::Cancelled => Some("cancelled"),
        JobState::Unconfirmed => Some("unconfirmed"),
        JobState::SentUnverified => Some("sent-unverified"),
    }
}

/// What a batch leaves on the disk.
#[derive(Debug, Clone, Default)]
struct Rows {
    kept: Arc<Vec<Entry>>,
    forgotten: BTreeSet<u64>,
}

impl Rows {
    /// The last word on each job.
    fn of(effects: &[Effect]) -> Self {
        let mut kept = BTreeMap::new();
        let mut forgotten = BTreeSet::new();
        for effect in effects {
            match effect {
                Effect::Keep(entry) => {
                    kept.insert(entry.number, entry);
                }
                Effect::Forget(number) => {
                    kept.remove(number);
                    forgotten.insert(*number);
                }
                Effect::Print(_) | Effect::Want { .. } | Effect::Tell(_) => {}
            }
        }
        let kept = kept.into_values().map(|entry| (**entry).clone()).collect();
        let kept = Arc::new(kept);
        Self { kept, forgotten }
    }

    fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.forgotten.is_empty()
    }
}
