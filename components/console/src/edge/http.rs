//! The two web listeners.
//!
//! Promises: nothing is answered under a name that is not ours; every answer carries the headers
//! that keep a page to itself; a bearer token is believed over TLS only.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use kit::bus::Bus;
use kit::clock::Clock;
use kit::http::Guard;
use kit::identity::Identity;
use tokio::sync::watch;
use wire::{PropertyId, Text};

use crate::addresses::{Addresses, Ports, Scheme};
use crate::board::Board;
use crate::host::Host;
use crate::network::Network;
use crate::rates::Rates;

mod files;
mod guard;
mod guest;
mod hotel;
mod status;

use guard::Guarded;

/// Largest body of a request, in bytes; asking for a token takes 300.
const BODY_MAX: usize = 4 * 1024;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Console {
    /// The present.
    pub(crate) clock: Clock,
    /// Reaches the authority.
    pub(crate) bus: Bus,
    /// The hotel.
    pub(crate) property: PropertyId,
    /// Our certificate, whose names are ours, and the CA.
    pub(crate) identity: watch::Receiver<Arc<Identity>>,
    /// Believes staff.
    pub(crate) guard: Guard,
    /// How components are.
    pub(crate) board: watch::Receiver<Board>,
    /// Who asked how often.
    pub(crate) rates: Mutex<Rates>,
    /// What the deployment decided.
    pub(crate) site: Site,
}

/// What a deployment decided, as far as pages are concerned.
#[derive(Debug)]
pub(crate) struct Site {
    /// What people call the hotel.
    pub(crate) name: Text<63>,
    /// Directory of the built pages.
    pub(crate) pages: PathBuf,
    /// Further names of ours.
    pub(crate) hosts: Vec<String>,
    /// Where guests have to be.
    pub(crate) networks: Vec<Network>,
    /// Ports of the box.
    pub(crate) ports: Ports,
    /// Signaling servers in the cloud.
    pub(crate) cloud_signaling: Vec<String>,
}

impl Site {
    /// Everybody's address for a page that was reached at `host`.
    fn addresses(&self, host: &Host, scheme: Scheme) -> Addresses {
        Addresses::seen_from(host, scheme, &self.ports, &self.cloud_signaling)
    }

    /// Whether an address is on the hotel's own network.
    fn is_home(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(address))
    }
}

/// What guests get: over HTTP there is nothing else.
pub(crate) fn open(console: &Arc<Console>) -> Router {
    let router = guests(console).merge(files::for_passers_by());
    Guarded {
        scheme: Scheme::Http,
        console: Arc::clone(console),
    }
    .guard(router)
}

/// Everything, over HTTPS.
pub(crate) fn secured(console: &Arc<Console>) -> Router {
    let status = Router::new()
        .route("/api/status", get(status::status))
        .with_state(Arc::clone(console));
    let router = guests(console)
        .merge(status)
        .merge(files::for_staff(&console.site));
    Guarded {
        scheme: Scheme::Https,
        console: Arc::clone(console),
    }
    .guard(router)
}

fn guests(console: &Arc<Console>) -> Router {
    Router::new()
        .route("/api/hotel", get(hotel::hotel))
        .route("/api/guest-token", post(guest::token))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Arc::clone(console))
        .merge(files::for_guests(&console.site))
}

#[cfg(test)]
mod tests;
