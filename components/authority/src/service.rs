//! Sets the component up and keeps its tasks: its own leaf, the office where everything is
//! decided, the bus, HTTPS, the revocation list.

use std::sync::{Arc, Mutex};

use kit::Host;
use kit::credential::{Refusals, Verifier};
use kit::http::{Guard, ListenError, listen, serve_tls, web_configs};
use kit::identity::Holder;
use kit::journal::{Journal, JournalError, Retention};
use tokio::sync::watch;
use wire::{Component, Filter};

use crate::config::Config;
use crate::edge::ca::{Ca, IssueError};
use crate::edge::https::{self, Https};
use crate::edge::journal::{self, Chain, MIGRATIONS};
use crate::edge::provisioned::Provisioned;
use crate::edge::record::{self, FileError};
use crate::edge::scribe::Scribe;
use crate::edge::succession::{Records, Succession};

mod desk;
mod leaf;
mod lists;
mod names;
mod office;
mod outbound;
mod policy;
mod requests;
mod succession;

pub(crate) use desk::Desk;
use leaf::OwnLeaf;
use office::Office;
use outbound::Outbound;
pub(crate) use requests::{code, open_sitting};

/// File of the journal in the data directory.
const JOURNAL_FILE: &str = "journal.db";
/// Whom another box of the property refused when it handed the property on, in the directory of the CA.
const INHERITED: &str = "inherited-revocations.json";

/// Opens the journal, renews its own leaf if that is due, and starts the work.
pub(crate) async fn start(config: Config, host: Host) -> Result<(), StartError> {
    let realm = host.common.realm();
    let ca = Ca::load(&config.ca_dir, realm, host.common.box_id.clone())?;
    let certificate = ca.der()?;
    let ca = Arc::new(ca);
    names::start(&host, &config.addresses, &ca)?;
    let leaf = OwnLeaf {
        ca: Arc::clone(&ca),
        holder: Holder::Component(Component::Authority),
        dir: host.common.identity_dir.clone(),
        identity: host.identity.clone(),
        clock: host.clock.clone(),
    };
    leaf.renew_before_anything_else().await?;
    host.tasks.spawn("own-leaf", |stop| leaf.keep(stop));

    let probe = host.health.need("journal");
    let journal = Journal::open(&host.data(JOURNAL_FILE), MIGRATIONS, &host.tasks)
        .await
        .map_err(StartError::Journal)?;
    let books = journal::load(journal.readers())
        .await
        .map_err(StartError::Load)?;
    look_at_audit(&journal).await.map_err(StartError::Load)?;
    probe.there();

    let refusals = Refusals::default();
    let (desk, jobs) = Desk::new();
    let (roll, known) = watch::channel(None);
    let mut office = Office {
        books,
        retention: Retention::of(&journal, &host.clock),
        journal,
        provisioned: Provisioned::new(&config.ca_dir, host.health.need("principals")),
        roll,
        scribe: Scribe {
            ca: Arc::clone(&ca),
            identity: host.identity.clone(),
            console_url: config.console_url.clone(),
        },
        refusals: refusals.clone(),
        outbound: Outbound::start(&host.bus, &host.tasks),
        clock: host.clock.clone(),
        probe,
    };
    let inherited = record::find(&config.ca_dir.join(INHERITED)).map_err(StartError::Inherited)?;
    let opened = office.open(inherited.as_ref()).await;
    opened.map_err(StartError::Journal)?;
    host.tasks.spawn("office", |stop| office.run(jobs, stop));
    lists::start(&host, &refusals);
    policy::start(&host, known, &refusals);

    // Before the bus connects, which is when messages of a kept session come.
    let filter = Filter::requests(host.bus.property(), Component::Authority, None, None);
    let subscription = host.bus.subscribe([filter]).await;
    let asked = desk.clone();
    host.tasks
        .spawn("requests", |stop| requests::run(subscription, asked, stop));
    let records = Records::new(&config.ca_dir, host.common.realm(), certificate);
    let succession = succession::start(&host, records);
    serve(&config, &host, ca, desk, (refusals, succession)).await
}

async fn serve(
    config: &Config,
    host: &Host,
    ca: Arc<Ca>,
    desk: Desk,
    (refusals, succession): (Refusals, watch::Receiver<Arc<Succession>>),
) -> Result<(), StartError> {
    let listener = listen(&config.tls_listener)
        .await
        .map_err(StartError::Listen)?;
    let https = Https {
        desk,
        ca,
        guard: Guard::new(host, &refusals),
        verifier: Verifier::of(&host.identity.borrow()),
        identity: host.identity.clone(),
        succession,
        clock: host.clock.clone(),
        nonces: Mutex::default(),
        rates: Mutex::default(),
    };
    let router = https::router(https, &config.origins);
    let configs = web_configs(&host.identity, &host.tasks);
    host.tasks.spawn("https", |stop| {
        serve_tls(listener, router, configs, refusals, stop)
    });
    Ok(())
}

/// A broken chain is shouted about; the hotel goes on working.
async fn look_at_audit(journal: &Journal) -> Result<(), sqlx::Error> {
    match journal::verify(journal.readers()).await? {
        Chain::Whole(lines) => tracing::info!(lines, "audit journal is whole"),
        Chain::Broken(line) => {
            metrics::gauge!("authority_audit_broken").set(1.0);
            tracing::error!(line, "audit journal was changed or cut");
        }
    }
    Ok(())
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CA cannot be used, or our own leaf not be renewed.
    #[error("cannot use the property's certificate authority")]
    Authority(#[from] IssueError),
    /// The renewed leaf is not taken up.
    #[error("the renewed identity was not taken up in time")]
    Identity,
    /// The journal cannot be opened, or not be written.
    #[error("cannot open the journal")]
    Journal(#[source] JournalError),
    /// The journal cannot be understood.
    #[error("cannot read the journal")]
    Load(#[source] sqlx::Error),
    /// Nobody would be refused whom another box refuses.
    #[error("cannot learn whom the property's other box refused")]
    Inherited(#[source] FileError),
    /// The address of HTTPS is taken.
    #[error("cannot serve https")]
    Listen(#[source] ListenError),
}

#[cfg(test)]
mod tests;
