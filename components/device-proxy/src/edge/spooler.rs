//! Printing: the state machine of jobs with its disk and its printers.
//!
//! One task takes what is asked and what links tell, a batch at a time: decides, commits everything
//! that is to be kept at once, and only then answers, tells and prints. Without a disk it stands
//! still: nothing is printed that is not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::clock::Clock;
use kit::digest::{random, sha256};
use kit::error::Chain;
use kit::health::{Health, Probe};
use kit::journal::{Journal, JournalError};
use kit::lifecycle::Tasks;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use wire::print::{
    COPIES_MAX, Document, Job, JobOf, Jobs, OCTETS_MAX, Picture, Preview, Printers, Resolve, Submit,
};
use wire::{Code, Integer, Octets, Principal, Problem, Sha256, Word};

use super::journal::{self, LoadError};
use super::printer::{Link, Remains, Shipment, Wiring};
use crate::escpos;
use crate::preview;
use crate::print::config::PrinterConfig;
use crate::print::{Admission, Barrier, Effect, Entry, LinkEvent, PrintConfig, Spooler, Stage};

mod keeper;

use keeper::{Ask, Asked, Keeper, LinkHandle};

/// Most questions that wait for the task; whoever comes next waits for a place.
const ASKS: usize = 256;
/// Most events of links that wait for the task; links wait for a place.
const EVENTS: usize = 256;
/// Changes that somebody may be late with before they have to look for themselves.
const CHANGES: usize = 1_024;

/// Printing; cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Printing {
    config: Arc<PrintConfig>,
    spooler: Arc<Mutex<Spooler>>,
    asks: mpsc::Sender<Ask>,
    changes: broadcast::Sender<Job>,
}

impl Printing {
    /// Takes up the jobs on the disk and connects to the printers.
    pub(crate) async fn start(
        config: PrintConfig,
        journal: &Journal,
        clock: &Clock,
        health: &Health,
        tasks: &Tasks,
    ) -> Result<Self, LoadError> {
        let entries = journal::load(journal.readers()).await?;
        let (asks, asked) = mpsc::channel(ASKS);
        let (changes, _) = broadcast::channel(CHANGES);
        let (events, heard) = mpsc::channel(EVENTS);
        let links = start_links(&config, &entries, &events, tasks);
        drop(events);
        let spooler = Spooler::new(&config, entries, u64::from_le_bytes(random()));
        let printing = Self {
            config: Arc::new(config),
            spooler: Arc::new(Mutex::new(spooler)),
            asks,
            changes,
        };
        let keeper = Keeper {
            config: Arc::clone(&printing.config),
            spooler: Arc::clone(&printing.spooler),
            changes: printing.changes.clone(),
            journal: journal.clone(),
            clock: clock.clone(),
            health: health.clone(),
            probe: health.need("journal"),
            links,
        };
        tasks.spawn("printing", |stop| keeper.run(asked, heard, stop));
        Ok(printing)
    }

    /// Takes a job; it is on the disk when this returns. The same again is the same job.
    pub(crate) async fn submit(
        &self,
        principal: &Principal,
        submit: Submit,
    ) -> Result<Job, Problem> {
        let (principal, weighed) = (principal.clone(), self.weigh(&submit)?);
        self.ask(move |spooler, now| {
            let job = JobOf {
                job: submit.job,
                principal: Some(principal.clone()),
            };
            let admitted = weighed.admit(spooler, now, &principal, submit);
            match admitted {
                Err(problem) => (Err(problem), Vec::new()),
                Ok(Admission::Known(job)) => (Ok(*job), Vec::new()),
                Ok(Admission::New(entry)) => {
                    let effects = spooler.accept(now, *entry);
                    (spooler.job(&principal, &job), effects)
                }
            }
        })
        .await
    }

    /// Prepares a job whose row is committed together with somebody else's rows: put
    /// [`Prepared::row`] into the transaction, and call [`Prepared::kept`] when it is committed.
    pub(crate) async fn prepare(
        &self,
        principal: &Principal,
        submit: Submit,
    ) -> Result<Prepared, Problem> {
        let (owner, weighed) = (principal.clone(), self.weigh(&submit)?);
        let admitted = self.ask(move |spooler, now| {
            let admitted = weighed.admit(spooler, now, &owner, submit);
            if let Ok(Admission::New(entry)) = &admitted {
                spooler.reserve(entry);
            }
            (admitted, Vec::new())
        });
        let entry = match admitted.await? {
            Admission::Known(_) => None,
            Admission::New(entry) => Some(entry),
        };
        let printing = self.clone();
        Ok(Prepared { printing, entry })
    }

    /// How a job stands.
    pub(crate) async fn job(&self, asker: &Principal, job: JobOf) -> Result<Job, Problem> {
        let asker = asker.clone();
        self.ask(move |spooler, _| (spooler.job(&asker, &job), Vec::new()))
            .await
    }

    /// The newest jobs, of one principal or of all.
    pub(crate) async fn jobs(&self, of: Option<&Principal>) -> Result<Jobs, Problem> {
        let of = of.cloned();
        self.ask(move |spooler, _| (Ok(spooler.jobs(of.as_ref())), Vec::new()))
            .await
    }

    /// Calls off a job that waits.
    pub(crate) async fn cancel(&self, asker: &Principal, job: JobOf) -> Result<Job, Problem> {
        let asker = asker.clone();
        self.ask(move |spooler, now| {
            let cancelled = spooler.cancel(now, &asker, &job);
            changed(spooler, &asker, &job, cancelled)
        })
        .await
    }

    /// Decides a job that may have printed.
    pub(crate) async fn resolve(
        &self,
        asker: &Principal,
        resolve: Resolve,
    ) -> Result<Job, Problem> {
        let asker = asker.clone();
        self.ask(move |spooler, now| {
            let resolved = spooler.resolve(now, &asker, &resolve.job, resolve.decision);
            changed(spooler, &asker, &resolve.job, resolved)
        })
        .await
    }

    /// Printers and how they are.
    pub(crate) fn printers(&self) -> Printers {
        lock(&self.spooler).printers()
    }

    /// How a document will look on the usual printer of a route.
    pub(crate) fn preview(&self, preview: Preview) -> Result<Picture, Problem> {
        let Preview { route, document } = preview;
        let usual = self.config.routes.get(&route);
        let usual = usual.and_then(|route| route.printers.first());
        let printer = usual.and_then(|name| self.config.printers.get(name));
        let printer = printer.ok_or_else(|| no_route(&route))?;
        let png = preview::picture(&document, &printer.profile)?;
        let too_large = || Problem::new(Code::TooLarge, format!("more than {OCTETS_MAX} octets"));
        Ok(Picture {
            png: Octets::new(png).ok_or_else(too_large)?,
        })
    }

    /// Every change of every job, after it is on the disk.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Job> {
        self.changes.subscribe()
    }

    /// Refuses what cannot be printed on every printer of its route, and digests the rest.
    fn weigh(&self, submit: &Submit) -> Result<Weighed, Problem> {
        if !(1..=COPIES_MAX).contains(&submit.copies) {
            let detail = format!("{} is not one of 1 to {COPIES_MAX}", submit.copies);
            return Err(Problem::new(Code::Invalid, detail).at("copies"));
        }
        let route = self.config.routes.get(&submit.route);
        let route = route.ok_or_else(|| no_route(&submit.route))?;
        let printers = route.printers.iter();
        let mut printers = printers.filter_map(|name| self.config.printers.get(name));
        if matches!(submit.document, Document::Drawer { .. }) {
            check_drawer(submit, printers.next())?;
        }
        for printer in printers {
            escpos::encode(&submit.document, &printer.profile, true)?;
        }
        Ok(Weighed::of(submit))
    }

    async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Spooler, Integer) -> (Result<T, Problem>, Vec<Effect>) + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let ask: Ask = Box::new(move |spooler, now| {
            let (result, effects) = act(spooler, now);
            let answer = Box::new(move |kept: Result<(), Problem>| {
                // Whoever gave up waiting asks again.
                drop(answer.send(kept.and(result)));
            });
            Asked { effects, answer }
        });
        self.asks.send(ask).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }
}

/// A job that is about to be committed with somebody else's rows.
#[derive(Debug)]
pub(crate) struct Prepared {
    printing: Printing,
    /// Absent when the job was there already, and when it was handed over.
    entry: Option<Box<Entry>>,
}

/// What a job puts into a transaction.
#[derive(Debug)]
pub(crate) struct Row(Option<Box<Entry>>);

impl Row {
    /// Puts it there.
    pub(crate) async fn keep(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match &self.0 {
            Some(entry) => journal::keep(connection, entry).await,
            None => Ok(()),
        }
    }
}

impl Prepared {
    /// What goes into the transaction.
    pub(crate) fn row(&self) -> Row {
        Row(self.entry.clone())
    }

    /// The transaction is committed: the job is printed from now on.
    pub(crate) async fn kept(mut self) {
        if let Some(entry) = self.entry.take() {
            let taken = self
                .printing
                .ask(move |spooler, now| (Ok(()), spooler.kept(now, *entry)));
            // The program is stopping; the job is on the disk.
            drop(taken.await);
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            lock(&self.printing.spooler).not_kept(&entry.key);
        }
    }
}

/// What is known of a wish before its place in the queue.
struct Weighed {
    content: Sha256,
    bytes: u64,
}

impl Weighed {
    fn of(submit: &Submit) -> Self {
        /// What the same id must come with again.
        #[derive(Serialize)]
        struct Content<'a> {
            route: &'a Word,
            copies: u8,
            document: &'a Document,
        }
        let content = wire::encode(&Content {
            route: &submit.route,
            copies: submit.copies,
            document: &submit.document,
        });
        Self {
            content: sha256(&content),
            bytes: content.len() as u64,
        }
    }

    fn admit(
        &self,
        spooler: &mut Spooler,
        now: Integer,
        principal: &Principal,
        submit: Submit,
    ) -> Result<Admission, Problem> {
        spooler.admit(now, principal, submit, self.content, self.bytes)
    }
}

fn changed(
    spooler: &Spooler,
    asker: &Principal,
    job: &JobOf,
    changed: Result<Vec<Effect>, Problem>,
) -> (Result<Job, Problem>, Vec<Effect>) {
    match changed {
        Ok(effects) => (spooler.job(asker, job), effects),
        Err(problem) => (Err(problem), Vec::new()),
    }
}

/// Refuses to open a drawer more than once, and one that is not there.
fn check_drawer(submit: &Submit, usual: Option<&PrinterConfig>) -> Result<(), Problem> {
    if submit.copies != 1 {
        let detail = "a drawer is opened once";
        return Err(Problem::new(Code::Invalid, detail).at("copies"));
    }
    if !usual.is_some_and(|printer| printer.drawer) {
        let detail = format!("no cash drawer is configured at route {}", submit.route);
        return Err(Problem::new(Code::Unsupported, detail).at("route"));
    }
    Ok(())
}

fn no_route(route: &Word) -> Problem {
    Problem::new(Code::NotFound, format!("there is no route {route}")).at("route")
}

fn stopping() -> Problem {
    Problem::new(Code::Unavailable, "the box is stopping")
}

fn lock(spooler: &Mutex<Spooler>) -> MutexGuard<'_, Spooler> {
    spooler.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start_links(
    config: &PrintConfig,
    entries: &[Entry],
    events: &mpsc::Sender<(Word, LinkEvent)>,
    tasks: &Tasks,
) -> BTreeMap<Word, LinkHandle> {
    let mut links = BTreeMap::new();
    for (name, printer) in &config.printers {
        // The machine begins no second attempt before the first has ended.
        let (shipments, shipped) = mpsc::channel(1);
        let (wanted, is_wanted) = watch::channel(false);
        let link = Link {
            name: name.clone(),
            address: printer.address.clone(),
            barrier: printer.profile.barrier,
            idle_close: printer.idle_close(),
            remains: remains(entries, name, printer.profile.barrier),
            wiring: Wiring {
                wanted: is_wanted,
                shipments: shipped,
                events: events.clone(),
            },
        };
        tasks.spawn("printer", |stop| link.run(stop));
        links.insert(name.clone(), LinkHandle { shipments, wanted });
    }
    links
}

/// What an earlier run of the program may have left in a printer.
fn remains(entries: &[Entry], printer: &Word, barrier: Barrier) -> Option<Remains> {
    let tried = entries
        .iter()
        .filter(|entry| !entry.has_ended() && entry.attempts > 0);
    let documents = tried.filter_map(|entry| entry.document.as_deref());
    let longest = documents.map(escpos::longest_command).max();
    let is_torn = entries.iter().any(|entry| match &entry.stage {
        Stage::Attempt(attempt) | Stage::Unconfirmed(attempt) => attempt.printer == *printer,
        Stage::Waiting => entry.bound_to.as_ref() == Some(printer),
        Stage::Ended { .. } => false,
    });
    // A printer that proves nothing is told nothing without need.
    (is_torn || barrier != Barrier::None).then_some(Remains {
        nuls: longest.unwrap_or(escpos::COMMAND_MAX),
        is_torn,
    })
}

#[cfg(test)]
mod tests;
