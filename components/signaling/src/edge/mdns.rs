//! Multicast DNS: the box is found by its names, and finds the peers that announce themselves.
//!
//! Promises: a name that somebody else has is given up for another, which is logged; what was
//! announced is taken back at the stop. A network without multicast is a state, not an end: peers
//! are then told addresses by pages.

use std::time::Duration;

use futures_util::future::join_all;
use kit::error::Chain;
use mdns_sd::{DaemonEvent, IfKind, ServiceDaemon, ServiceEvent, ServiceInfo, UnregisterStatus};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::signaling::SERVICE;
use wire::{Principal, PropertyId};

use crate::neighbours::{Change, Neighbours};

/// Names of the box, each with a service of its own, because a name is announced with a service.
const NAMES: &[(&str, &str)] = &[
    ("signaling", "_hotel-signal._tcp.local."),
    ("greengrass", "_hotel-box._tcp.local."),
];
/// Between two attempts on a machine without multicast.
const AGAIN: Duration = Duration::from_mins(1);
/// Longest wait for goodbyes to leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is announced.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    /// The hotel.
    pub(crate) property: PropertyId,
    /// The box's own peer.
    pub(crate) peer: Principal,
    /// Port of signaling by WebSocket.
    pub(crate) socket_port: u16,
    /// Port of signaling by HTTP.
    pub(crate) http_port: u16,
    /// Where; on all interfaces when empty.
    pub(crate) interfaces: Vec<String>,
}

/// Announces and listens until the stop.
pub(crate) async fn run(announcement: Announcement, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match Announced::new(&announcement) {
            Ok(announced) => {
                metrics::gauge!("signaling_mdns_up").set(1.0);
                announced.listen(&announcement, &stop).await;
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "cannot announce the box on the network");
            }
        }
        metrics::gauge!("signaling_mdns_up").set(0.0);
        stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
    }
}

/// What has been announced, and what is heard.
struct Announced {
    daemon: ServiceDaemon,
    names: Vec<String>,
    daemon_events: mdns_sd::Receiver<DaemonEvent>,
    peers: mdns_sd::Receiver<ServiceEvent>,
}

impl Announced {
    fn new(announcement: &Announcement) -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        if !announcement.interfaces.is_empty() {
            daemon.disable_interface(IfKind::All)?;
            let names = announcement.interfaces.iter().cloned();
            daemon.enable_interface(names.map(IfKind::Name).collect::<Vec<_>>())?;
        }
        let (daemon_events, peers) = (daemon.monitor()?, daemon.browse(SERVICE)?);
        let mut names = Vec::new();
        for service in announcement.services()? {
            names.push(service.get_fullname().to_owned());
            daemon.register(service)?;
        }
        Ok(Self {
            daemon,
            names,
            daemon_events,
            peers,
        })
    }

    /// Until the stop, or until the daemon ends by itself.
    async fn listen(self, announcement: &Announcement, stop: &CancellationToken) {
        let (property, peer) = (announcement.property.clone(), announcement.peer.clone());
        let mut neighbours = Neighbours::new(property, peer);
        loop {
            tokio::select! {
                () = stop.cancelled() => return self.take_back().await,
                event = self.daemon_events.recv_async() => match event {
                    Ok(event) => note(&event),
                    Err(_) => return,
                },
                event = self.peers.recv_async() => match event {
                    Ok(event) => hear(&mut neighbours, &event),
                    Err(_) => return,
                },
            }
        }
    }

    async fn take_back(self) {
        let goodbyes = self
            .names
            .iter()
            .filter_map(|name| self.daemon.unregister(name).ok());
        let said = goodbyes.map(|said| async move {
            let status: Result<UnregisterStatus, _> = said.recv_async().await;
            status.is_ok()
        });
        if timeout(GOODBYE, join_all(said)).await.is_err() {
            tracing::debug!("goodbyes did not leave in time");
        }
        match self.daemon.shutdown() {
            Ok(ended) => drop(timeout(GOODBYE, ended.recv_async()).await),
            Err(error) => tracing::debug!(%error, "cannot end multicast DNS"),
        }
    }
}

impl Announcement {
    fn services(&self) -> Result<Vec<ServiceInfo>, mdns_sd::Error> {
        let peer = self.peer.as_str();
        let mut services = vec![self.service(SERVICE, peer, self.http_port)?];
        for (host, kind) in NAMES {
            services.push(self.service(kind, host, self.socket_port)?);
        }
        Ok(services)
    }

    fn service(&self, kind: &str, host: &str, port: u16) -> Result<ServiceInfo, mdns_sd::Error> {
        let text = [
            ("txtvers", "1"),
            ("deviceId", self.peer.as_str()),
            ("propertyId", self.property.as_str()),
            ("deviceType", "box"),
        ];
        let name = format!("{host}.local.");
        // Which addresses the box has, and when they change, the daemon finds out.
        ServiceInfo::new(kind, host, &name, "", port, &text[..]).map(ServiceInfo::enable_addr_auto)
    }
}

fn note(event: &DaemonEvent) {
    match event {
        DaemonEvent::NameChange(change) => {
            let (wanted, taken) = (&change.original, &change.new_name);
            tracing::warn!(%wanted, %taken, "a name of the box is somebody else's on this network");
        }
        DaemonEvent::Error(error) => tracing::warn!(%error, "multicast DNS failed"),
        DaemonEvent::IpAdd(address) => tracing::info!(%address, "announced under a new address"),
        DaemonEvent::IpDel(address) => {
            tracing::info!(%address, "address is not announced any more");
        }
        other => tracing::debug!(event = ?other, "multicast DNS"),
    }
}

fn hear(neighbours: &mut Neighbours, event: &ServiceEvent) {
    let change = match event {
        ServiceEvent::ServiceResolved(service) => {
            let text = |key| service.get_property_val_str(key).unwrap_or_default();
            neighbours.announced(service.get_fullname(), text("propertyId"), text("deviceId"))
        }
        ServiceEvent::ServiceRemoved(_, name) => neighbours.withdrawn(name),
        _ => None,
    };
    match change {
        Some(Change::Found(peer)) => tracing::info!(%peer, "peer found on the network"),
        Some(Change::Lost(peer)) => tracing::info!(%peer, "peer lost on the network"),
        None => return,
    }
    let count = u32::try_from(neighbours.len()).unwrap_or(u32::MAX);
    metrics::gauge!("signaling_lan_peers").set(f64::from(count));
}

#[cfg(test)]
mod tests;
