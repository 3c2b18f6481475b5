//! `hotel.json`: where everything of the local hotel is, for simulators, tests and people.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use kit::config::Address;
use serde::{Deserialize, Serialize};
use wire::{BoxId, PropertyId, TenantId};

/// The local hotel, as `DIR/hotel.json` tells it. Paths are absolute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hotel {
    /// Version of this form.
    pub v: u32,
    /// The directory of all this.
    pub dir: PathBuf,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// Authority part of SPIFFE ids.
    pub trust_domain: String,
    /// Simulated rooms; four devices each.
    pub rooms: u32,
    /// Where components serve pages, peers and people.
    #[serde(default = "loopback")]
    pub listen: IpAddr,
    /// What `edgectl property create` made, with the keys; its `--dir` is the directory above.
    pub property_dir: PathBuf,
    /// Registry of devices, a `wire::registry::Registry`.
    pub registry: PathBuf,
    /// The rendered policy that seeded the broker.
    pub policy: PathBuf,
    /// Directory of `ca.pem`, `cert.pem` and `key.pem` for each principal: components, devices and
    /// the operator.
    pub identities: BTreeMap<String, PathBuf>,
    /// The operator's principal, a key of `identities`.
    pub operator: String,
    /// The MQTT broker.
    pub broker: Endpoint,
    /// What components listen on for others, by component and key of its configuration.
    pub listeners: BTreeMap<String, BTreeMap<String, Endpoint>>,
    /// Admin listeners by component: `/healthz`, `/readyz`, `/metrics`, plain HTTP.
    pub admin: BTreeMap<String, Endpoint>,
    /// The simulated S3.
    pub s3: S3,
    /// Configuration file of each component.
    pub configurations: BTreeMap<String, PathBuf>,
    /// Directory of the socket of each database: of the hotel, and of the hub.
    pub databases: BTreeMap<String, PathBuf>,
    /// Data directory of each component.
    pub data: BTreeMap<String, PathBuf>,
    /// Log file of each process.
    pub logs: BTreeMap<String, PathBuf>,
    /// The identity that opens the hotel's backups.
    #[serde(default)]
    pub backup_key: PathBuf,
    /// The simulator.
    pub sim: Sim,
    /// The simulated printer.
    pub printer: Printer,
    /// The signaling server of the simulated cloud, wss.
    pub cloud_signaling: Endpoint,
    /// The hub of the simulated cloud, https.
    pub cloud_hub: Endpoint,
    /// Whom to trust for both: the chain root, PEM.
    pub cloud_ca: PathBuf,
}

fn loopback() -> IpAddr {
    super::LOOPBACK
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Endpoint {
    /// A port on loopback.
    pub(crate) fn loopback(port: u16) -> Self {
        Self::at(super::LOOPBACK, port)
    }

    /// A port at an address.
    pub(crate) fn at(address: IpAddr, port: u16) -> Self {
        Self {
            host: address.to_string(),
            port,
        }
    }
}

impl From<Endpoint> for Address {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            host: endpoint.host,
            port: endpoint.port,
        }
    }
}

/// The simulated S3; its credentials open nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct S3 {
    /// `http://127.0.0.1:9300`.
    pub endpoint: String,
    /// Where batches go.
    pub bucket: String,
    /// Where backups go.
    #[serde(default)]
    pub backups: String,
    /// Any region will do.
    pub region: String,
    /// Not a secret.
    pub access_key_id: String,
    /// Not a secret either.
    pub secret_access_key: String,
}

/// The simulated printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Printer {
    /// Where it takes jobs.
    pub address: Endpoint,
    /// Where it is handled: paper, cover, power; plain HTTP.
    pub control: Endpoint,
    /// Directory of its tickets, as text and PNG.
    pub tickets: PathBuf,
}

/// The simulator of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sim {
    /// Its own record of everything its devices said, a SQLite file.
    pub ledger: PathBuf,
}
