//! What a way through the network means: whose cables it uses, and what it costs.

use std::net::IpAddr;
use std::time::Duration;

use crate::transport::{Candidate, CandidateKind, Path};

/// Bytes of a gigabyte as networks are billed.
const GIGABYTE: f64 = 1e9;

/// Whose cables a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The hotel's own.
    LocalP2p,
    /// The internet's, directly.
    InternetP2p,
    /// A relay's.
    CloudRelay,
}

/// How a connection runs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Topology {
    /// Whose cables it uses.
    pub topology: Reach,
    /// Round trip of the last ping, in milliseconds; absent before the first.
    pub latency_ms: Option<f64>,
    /// What it has cost so far, in the currency of the configured price; nothing unless relayed.
    pub estimated_cost: f64,
}

impl Topology {
    /// Reads a way; a transport that knows none is local.
    pub(crate) fn of(path: Option<&Path>, latency: Option<Duration>, price_per_gb: f64) -> Self {
        let topology = path.map_or(Reach::LocalP2p, reach);
        let bytes = path.map_or(0, |path| path.bytes_sent + path.bytes_received);
        #[expect(clippy::cast_precision_loss, reason = "a price is an estimate")]
        let gigabytes = bytes as f64 / GIGABYTE;
        Self {
            topology,
            latency_ms: latency.map(|latency| latency.as_secs_f64() * 1_000.0),
            estimated_cost: match topology {
                Reach::CloudRelay => gigabytes * price_per_gb,
                Reach::LocalP2p | Reach::InternetP2p => 0.0,
            },
        }
    }
}

fn reach(path: &Path) -> Reach {
    let relayed = |end: &Candidate| end.kind == CandidateKind::Relay;
    if relayed(&path.local) || relayed(&path.remote) {
        Reach::CloudRelay
    } else if is_near(&path.local) && is_near(&path.remote) {
        Reach::LocalP2p
    } else {
        Reach::InternetP2p
    }
}

/// An end on a network of the hotel. Browsers hide the address of a host behind a name.
fn is_near(end: &Candidate) -> bool {
    match end.address.as_deref().map(str::parse::<IpAddr>) {
        Some(Ok(address)) => is_private(address),
        Some(Err(_)) | None => end.kind == CandidateKind::Host,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests;
