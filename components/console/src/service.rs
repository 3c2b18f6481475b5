//! Sets the component up: what it hears from the bus, and its two listeners.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use kit::Host;
use kit::credential::follow_revocations;
use kit::health::Probe;
use kit::http::{self, Guard, ListenError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::Filter;

use crate::addresses::Ports;
use crate::board::Board;
use crate::config::Config;
use crate::edge::http::{Console, Site, open, secured};
use crate::edge::statuses;
use crate::rates::Rates;

/// Names the directory in which the recipe's archive of pages was unpacked.
const PAGES_VARIABLE: &str = "HOTEL_PAGES";
/// Directory of the pages beside the program.
const PAGES: &str = "pages";
/// The page without which nobody can order.
const FIRST_PAGE: &str = "guest.html";

/// Starts the component; it works until the host's tasks are stopped.
pub async fn run(config: Config, host: Host) -> Result<(), StartError> {
    let pages = pages(&config.pages_dir).map_err(StartError::Program)?;
    look(&pages, &host.health.need("pages"));
    let plain = http::listen(&config.listener).await?;
    let tls = http::listen(&config.tls_listener).await?;
    let ports = ports(&config, &plain, &tls).map_err(StartError::Port)?;
    let site = Site {
        name: config.name,
        pages,
        hosts: config.hosts,
        networks: config.networks,
        ports,
        cloud_signaling: config.cloud_signaling,
    };
    let console = Arc::new(console(site, &host).await);
    let (open, secured) = (open(&console), secured(&console));
    host.tasks
        .spawn("http", |stop| http::serve(plain, open, stop));
    let configs = http::web_configs(&host.identity, &host.tasks);
    let refusals = console.guard.refusals().clone();
    host.tasks.spawn("https", |stop| {
        http::serve_tls(tls, secured, configs, refusals, stop)
    });
    Ok(())
}

/// What the handlers share, kept up to date by tasks of the host.
async fn console(site: Site, host: &Host) -> Console {
    let refusals = follow_revocations(host).await;
    let board = watch::Sender::new(Board::default());
    let console = Console {
        clock: host.clock.clone(),
        bus: host.bus.clone(),
        property: host.common.property.clone(),
        identity: host.identity.clone(),
        guard: Guard::new(host, &refusals),
        board: board.subscribe(),
        rates: Mutex::new(Rates::default()),
        site,
    };
    let said = Filter::status(host.bus.property(), None);
    let said = host.bus.subscribe([said]).await;
    host.tasks
        .spawn("statuses", |stop| statuses::follow(said, board, stop));
    console
}

/// Where the pages are: as configured, where the recipe says that they were unpacked, or beside the
/// program.
fn pages(configured: &Path) -> io::Result<PathBuf> {
    if !configured.as_os_str().is_empty() {
        return Ok(configured.to_owned());
    }
    match env::var_os(PAGES_VARIABLE) {
        Some(unpacked) => Ok(unpacked.into()),
        None => Ok(env::current_exe()?.with_file_name(PAGES)),
    }
}

/// Pages come with the program; without them it answers, but does not do its work.
fn look(pages: &Path, probe: &Probe) {
    let first = pages.join(FIRST_PAGE);
    if first.is_file() {
        probe.there();
    } else {
        probe.missing(format!("{} is not there", first.display()));
    }
}

fn ports(config: &Config, plain: &TcpListener, tls: &TcpListener) -> io::Result<Ports> {
    Ok(Ports {
        http: plain.local_addr()?.port(),
        https: tls.local_addr()?.port(),
        signaling: config.ports.signaling,
        signaling_tls: config.ports.signaling_tls,
        authority: config.ports.authority,
        replica: config.ports.replica,
    })
}

/// The component cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It does not know where it is itself.
    #[error("cannot tell where the program is")]
    Program(#[source] io::Error),
    /// An address is taken, or not ours.
    #[error("cannot open a listener")]
    Listen(#[from] ListenError),
    /// A listener does not know its port.
    #[error("cannot tell the port of a listener")]
    Port(#[source] io::Error),
}
