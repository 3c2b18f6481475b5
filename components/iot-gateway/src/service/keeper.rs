//! Keeps what the rules want kept, however long it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::Host;
use kit::answers;
use kit::backoff::Backoff;
use kit::clock::Clock;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::health::{Health, Probe};
use kit::identity::Identity;
use kit::journal::{Journal, JournalError, Retention};
use kit::outbox::{self, Outbox};
use tokio::sync::watch;
use tokio::time::sleep;
use wire::audit::{HEAD_ENTRIES, HEAD_MS, Page, Trail};
use wire::record::Stream;
use wire::{Code, Component, DeviceId, ExecutionId, Integer, Problem};

use crate::edge::journal::{apply, has_intent, newest, page, purge, seal};
use crate::effect::{Asker, Change};
use crate::gateway::Room;

/// The streams that devices feed.
const STREAMS: [Stream; 3] = [Stream::P0, Stream::P1, Stream::P2];
/// Longest time an entry of the trail waits for its head.
const HEAD_AFTER: Duration = Duration::from_millis(HEAD_MS as u64);
/// Waits after a failed write: first and longest ceiling.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The journal, with the outbox in it.
#[derive(Debug)]
pub(super) struct Keeper {
    journal: Journal,
    retention: Retention,
    outbox: Outbox,
    probe: Probe,
    health: Health,
    clock: Clock,
    /// Whose key signs the end of the trail.
    identity: watch::Receiver<Arc<Identity>>,
    /// Entries of the trail behind its last head, and since when; after a start nobody knows.
    unsigned: (u32, Option<Instant>),
    /// Records that wait for `uplink`: never too few, corrected at every look.
    waiting: u64,
}

/// The component is stopping; what was not kept is not acknowledged either.
#[derive(Debug)]
pub(super) struct Stopped;

impl Keeper {
    pub(super) async fn start(journal: Journal, probe: Probe, host: &Host) -> Self {
        let (bus, clock, tasks) = (&host.bus, &host.clock, &host.tasks);
        let streams = STREAMS.map(Stream::word);
        let outbox = Outbox::start(Component::Uplink, &streams, &journal, bus, clock, tasks).await;
        Self {
            retention: Retention::of(&journal, clock),
            journal,
            outbox,
            probe,
            health: host.health.clone(),
            clock: clock.clone(),
            identity: host.identity.clone(),
            unsigned: (0, Some(clock.monotonic())),
            waiting: 0,
        }
    }

    /// Keeps changes in one write. A disk that refuses is tried again and again, and shows in the
    /// health of the component meanwhile.
    pub(super) async fn keep(&mut self, changes: Vec<Change>) -> Result<(), Stopped> {
        if changes.is_empty() {
            return Ok(());
        }
        let started = self.clock.monotonic();
        let is_entry = |change: &&Change| matches!(change, Change::Audit(..));
        let entries = changes.iter().filter(is_entry).count();
        let is_record = |change: &&Change| matches!(change, Change::Record(..));
        let records = changes.iter().filter(is_record).count() + entries;
        let changes = Arc::new(changes);
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            let work = Arc::clone(&changes);
            let write = self.journal.write(|connection| {
                Box::pin(async move {
                    apply(connection, work).await?;
                    fault::pass(Point::GatewayChangesWritten);
                    Ok(())
                })
            });
            match write.await {
                Ok(()) => break,
                Err(JournalError::Closed) => return Err(Stopped),
                Err(error) => self.failed("cannot keep what devices say", &error),
            }
            sleep(backoff.wait()).await;
        }
        changes.iter().filter_map(kept).for_each(fault::pass);
        self.probe.there();
        let took = self.clock.monotonic().duration_since(started);
        metrics::histogram!("iot_gateway_commit_seconds").record(took.as_secs_f64());
        if records > 0 {
            self.waiting += u64::try_from(records).expect("a batch is small");
            self.outbox.wake();
        }
        if entries > 0 {
            let (unsigned, since) = self.unsigned;
            let entries = u32::try_from(entries).expect("a batch is small");
            let since = since.unwrap_or_else(|| self.clock.monotonic());
            self.unsigned = (unsigned.saturating_add(entries), Some(since));
            self.seal().await;
        }
        Ok(())
    }

    /// The first answer that a request got, if any.
    pub(super) async fn recall(&self, asker: &Asker) -> Option<Vec<u8>> {
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            match answers::recall(self.journal.readers(), &asker.principal, asker.id).await {
                Ok(answer) => return answer,
                Err(error) => self.failed("cannot look up an answer", &error),
            }
            sleep(backoff.wait()).await;
        }
    }

    /// Signs the end of the trail when enough of it, or for long enough, is not signed.
    async fn seal(&mut self) {
        let (unsigned, since) = self.unsigned;
        let long_ago = |since| self.clock.monotonic().duration_since(since) >= HEAD_AFTER;
        if unsigned < HEAD_ENTRIES && !since.is_some_and(long_ago) {
            return;
        }
        let identity = Arc::clone(&self.identity.borrow());
        let now = self.clock.wall();
        let sealed = self.journal.write(move |connection| {
            Box::pin(async move {
                let is_news = seal(connection, now, &identity).await?;
                if is_news {
                    fault::pass(Point::GatewayHeadSigned);
                }
                Ok(is_news)
            })
        });
        match sealed.await {
            Ok(is_news) => {
                if is_news {
                    fault::pass(Point::GatewayHeadKept);
                }
                self.unsigned = (0, None);
                self.outbox.wake();
            }
            Err(error) => self.failed("cannot sign the trail", &error),
        }
    }

    /// Whether the trail holds an intent of that name.
    pub(super) async fn has_intent(&self, execution: ExecutionId) -> bool {
        let mut backoff = Backoff::new(WAITS.0, WAITS.1);
        loop {
            match has_intent(self.journal.readers(), execution).await {
                Ok(known) => return known,
                Err(error) => self.failed("cannot look into the trail", &error),
            }
            sleep(backoff.wait()).await;
        }
    }

    /// A page of the whole trail.
    pub(super) async fn page(&self, after: Integer) -> Result<Page, Problem> {
        let page = page(self.journal.readers(), after).await;
        page.map_err(|error| self.unreadable(&error))
    }

    /// What happened last at one door.
    pub(super) async fn newest(&self, device: &DeviceId) -> Result<Trail, Problem> {
        let trail = newest(self.journal.readers(), device).await;
        trail.map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &sqlx::Error) -> Problem {
        self.failed("cannot read the trail", error);
        Problem::new(Code::Unavailable, "the trail cannot be read now")
    }

    /// Counts the records that wait, and tells whether there is room for more.
    pub(super) async fn look(&mut self) -> Room {
        self.seal().await;
        match self.outbox.backlog().await {
            Ok(waiting) => self.waiting = waiting,
            Err(error) => tracing::warn!(error = %Chain(&error), "cannot count waiting records"),
        }
        self.health.backlog(self.waiting);
        let waiting = u32::try_from(self.waiting).unwrap_or(u32::MAX);
        metrics::gauge!("iot_gateway_outbox_records").set(f64::from(waiting));
        self.room()
    }

    /// Whether there is room for records of one more batch.
    pub(super) fn room(&self) -> Room {
        if self.waiting < outbox::RECORDS_MAX {
            Room::Free
        } else {
            Room::Full
        }
    }

    /// Forgets answers and executions that nobody asks for any more.
    pub(super) async fn purge(&mut self) {
        let purged = async {
            let now = self.retention.present().await?;
            let purged = self
                .journal
                .write(move |connection| Box::pin(purge(connection, now)));
            purged.await
        };
        if let Err(error) = purged.await {
            tracing::warn!(error = %Chain(&error), "old answers stay");
        }
    }

    fn failed(&self, act: &'static str, error: &(dyn std::error::Error + 'static)) {
        let error = Chain(error).to_string();
        tracing::error!(error, "{act}");
        self.probe.missing(error);
    }
}

/// The point that is passed when a change is on the disk.
fn kept(change: &Change) -> Option<Point> {
    match change {
        Change::Mark(..) => Some(Point::GatewayMessagesKept),
        Change::Desired(..) => Some(Point::GatewayDesiredKept),
        Change::Execution(_) => Some(Point::GatewayCommandKept),
        Change::Audit(..) => Some(Point::GatewayEntryKept),
        Change::Birth(..)
        | Change::Digest(..)
        | Change::Lost(..)
        | Change::Report(..)
        | Change::Turn(_)
        | Change::Answer(..)
        | Change::Record(..)
        | Change::Forget(_) => None,
    }
}
