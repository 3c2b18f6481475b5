//! Sets the component up and keeps its tasks: the order book, printing, channels, HTTPS, the bus.

use std::sync::{Arc, Mutex};

use kit::Host;
use kit::credential::{Refusals, follow_revocations};
use kit::health::Probe;
use kit::http::{Guard, ListenError, serve_tls, web_configs};
use kit::journal::{Journal, JournalError, Migration};
use kit::outbox::{self, Outbox};
use kit::tls::AnchorError;
use tokio::sync::mpsc;
use wire::{Component, Filter, replica};

use crate::config::Config;
use crate::desk::Routes;
use crate::edge::book::{self, LoadError};
use crate::edge::bus::{self, Answers};
use crate::edge::guest_messages as guest_messages_on_disk;
use crate::edge::http::{Counter, router};
use crate::edge::journal;
use crate::edge::peers;
use crate::order::{Book, Effect};
use crate::print::{self, Printing};

pub(crate) mod channel;
mod climate;
mod desk;
mod doors;
mod guest_messages;
pub(crate) mod herald;
mod news;
mod orders;
mod room;

pub(crate) use desk::Desk;

use climate::Climate;
use doors::Doors;
use guest_messages::GuestMessages;
use herald::Hearers;
use orders::{Orders, Surroundings};

/// File of orders and print jobs in the data directory.
const JOURNAL_FILE: &str = "device-proxy.db";
/// News that wait to be told to pages; beyond them pages look for themselves.
const NEWS: usize = 1_024;

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    let (desk, news, journal) = start_house(&config, &host).await?;
    start_bus(&host, &desk, journal).await;
    let refusals = follow_revocations(&host).await;
    start_https(&config, &host, &desk, &refusals).await?;
    let hearers = start_herald(&host, &desk, news);
    let counter = peers::Counter { desk, hearers };
    let peer = peers::start(&config, &host, counter, &refusals).map_err(StartError::Anchor)?;
    host.tasks
        .spawn("signaling-mode", |stop| peers::show_mode(peer, stop));
    Ok(())
}

/// What works without anybody to ask: the journal, printing, the order book, the desk.
async fn start_house(
    config: &Config,
    host: &Host,
) -> Result<(Arc<Desk>, mpsc::Receiver<Effect>, Journal), StartError> {
    let probe = host.health.need("journal");
    let journal = open(host).await?;
    let printing = start_printing(config, host, &journal).await?;
    let entries = book::load(journal.readers()).await;
    let book = Book::new(config.orders.rules(), entries.map_err(StartError::Orders)?);
    probe.there();
    let outbox = Outbox::start(
        Component::ReplicaSync,
        &[replica::rows()],
        &journal,
        &host.bus,
        &host.clock,
        &host.tasks,
    )
    .await;
    let keeping = (journal.clone(), outbox);
    let (desk, news) = start_desk(config, host, keeping, printing, book, probe);
    Ok((desk, news, journal))
}

async fn open(host: &Host) -> Result<Journal, StartError> {
    let own = [
        book::MIGRATION,
        kit::answers::MIGRATION,
        outbox::MIGRATION,
        outbox::LETTERS,
        guest_messages_on_disk::MIGRATION,
    ];
    let migrations: Vec<Migration> = [&own[..], print::MIGRATIONS].concat();
    Journal::open(&host.data(JOURNAL_FILE), &migrations, &host.tasks)
        .await
        .map_err(StartError::Journal)
}

async fn start_printing(
    config: &Config,
    host: &Host,
    journal: &Journal,
) -> Result<Printing, StartError> {
    let Host {
        clock,
        health,
        tasks,
        ..
    } = host;
    Printing::start(config.print.clone(), journal, clock, health, tasks)
        .await
        .map_err(StartError::Printing)
}

/// The desk with its order book, and what pages are to be told.
fn start_desk(
    config: &Config,
    host: &Host,
    (journal, outbox): (Journal, Outbox),
    printing: Printing,
    book: Book,
    probe: Probe,
) -> (Arc<Desk>, mpsc::Receiver<Effect>) {
    let (news, told) = mpsc::channel(NEWS);
    let guest_messages = GuestMessages {
        bus: host.bus.clone(),
        clock: host.clock.clone(),
        journal: journal.clone(),
        outbox: outbox.clone(),
        pace: Mutex::default(),
    };
    let surroundings = Surroundings {
        journal,
        outbox,
        printing: printing.clone(),
        clock: host.clock.clone(),
        probe,
        news,
    };
    let (orders, keeper) = Orders::new(book, surroundings);
    host.tasks.spawn("orders", |stop| keeper.run(stop));
    let desk = Desk {
        routes: Routes::new(config.print_routes.clone()),
        orders,
        printing,
        climate: Climate::new(host.bus.clone(), host.clock.clone()),
        doors: Doors::new(host.bus.clone(), host.clock.clone()),
        guest_messages,
    };
    (Arc::new(desk), told)
}

/// Tells pages what concerns them.
fn start_herald(host: &Host, desk: &Arc<Desk>, news: mpsc::Receiver<Effect>) -> Hearers {
    let (desk, hearers) = (Arc::clone(desk), Hearers::default());
    let (circle, jobs) = (hearers.clone(), desk.printing.changes());
    host.tasks
        .spawn("herald", |stop| herald::run(desk, circle, news, jobs, stop));
    hearers
}

async fn start_bus(host: &Host, desk: &Arc<Desk>, journal: Journal) {
    let bus = &host.bus;
    let requests = Filter::requests(bus.property(), Component::DeviceProxy, None, None);
    let requests = bus.subscribe([requests]).await;
    let answers = Answers::new(Arc::clone(desk), journal, host.clock.clone());
    host.tasks
        .spawn("answers", |stop| answers.run(bus.clone(), requests, stop));
    let jobs = desk.printing.changes();
    host.tasks
        .spawn("job-events", |stop| bus::tell(bus.clone(), jobs, stop));
}

async fn start_https(
    config: &Config,
    host: &Host,
    desk: &Arc<Desk>,
    refusals: &Refusals,
) -> Result<(), StartError> {
    let listener = kit::http::listen(&config.tls_listener).await;
    let listener = listener.map_err(StartError::Listen)?;
    let router = router(Counter {
        desk: Arc::clone(desk),
        guard: Guard::new(host, refusals),
    });
    let configs = web_configs(&host.identity, &host.tasks);
    let refusals = refusals.clone();
    host.tasks.spawn("https", |stop| {
        serve_tls(listener, router, configs, refusals, stop)
    });
    Ok(())
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be opened.
    #[error("cannot open the journal")]
    Journal(#[source] JournalError),
    /// The orders on the disk cannot be taken up.
    #[error("cannot take up the orders")]
    Orders(#[source] LoadError),
    /// Printing cannot start.
    #[error("cannot start printing")]
    Printing(#[source] journal::LoadError),
    /// HTTPS cannot be served.
    #[error("cannot serve HTTPS")]
    Listen(#[source] ListenError),
    /// Nobody in the cloud can be believed.
    #[error("cannot trust a signaling server in the cloud")]
    Anchor(#[source] AnchorError),
}

#[cfg(test)]
pub(crate) mod tests;
