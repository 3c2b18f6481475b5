//! A property with a broker and devices, in a directory of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use kit::ca::{Key, PropertyCa, ServerNames, files};
use kit::clock::Clock;
use kit::config::Address;
use kit::identity::{Holder, Identity, Realm};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use wire::device::Kind;
use wire::registry::{RegisteredDevice, Registry};
use wire::{Component, DeviceId, PropertyId, Version};

use super::super::{Identities, Options};
use super::LIMIT;
use crate::eventually;

/// What each kind can do.
const KINDS: &[(Kind, &str, &str)] = &[
    (Kind::Thermostat, "thermostat", "temperature"),
    (Kind::Lock, "lock", "door"),
    (Kind::Occupancy, "occupancy", "occupancy"),
    (Kind::Contact, "window", "contact"),
];

pub(super) struct Estate {
    directory: TempDir,
    port: u16,
    registry: Registry,
    broker: Option<Child>,
}

impl Estate {
    /// A property of so many rooms; its broker is not started.
    pub(super) fn new(rooms: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let registry = registry(rooms);
        let ca = PropertyCa::create(realm(), Key::generate(), today()).unwrap();
        let components = [Component::Broker, Component::IotGateway].map(Holder::Component);
        let devices = registry.devices.iter();
        let devices = devices.map(|registered| Holder::Device(registered.device.clone()));
        for holder in components.into_iter().chain(devices) {
            issue(&ca, &holder, directory.path());
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let estate = Self {
            directory,
            port,
            registry,
            broker: None,
        };
        files::write_secret(
            &estate.path("broker.conf"),
            estate.broker_config().as_bytes(),
        )
        .unwrap();
        estate
    }

    /// Starts the broker.
    pub(super) async fn open(&mut self) {
        let broker = Command::new("mosquitto")
            .arg("-c")
            .arg(self.path("broker.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto is installed");
        self.broker = Some(broker);
        eventually("the broker listens", LIMIT, || async {
            TcpStream::connect(("127.0.0.1", self.port)).await.ok()
        })
        .await;
    }

    /// Kills the broker.
    pub(super) fn close(&mut self) {
        self.broker.take().unwrap().start_kill().unwrap();
    }

    pub(super) fn options(&self) -> Options {
        let identities = Identities::Below(self.directory.path().to_owned());
        let ledger = self.path("ledger.db");
        let registry = self.registry.clone();
        Options {
            interval: Duration::from_millis(100),
            ..Options::new(property(), self.address(), registry, identities, ledger)
        }
    }

    pub(super) fn device(&self, kind: Kind) -> DeviceId {
        let found = self
            .registry
            .devices
            .iter()
            .find(|registered| registered.kind == kind);
        found.unwrap().device.clone()
    }

    pub(super) fn gateway(&self) -> Arc<Identity> {
        Arc::new(Identity::load(&self.path("iot-gateway")).unwrap())
    }

    pub(super) fn address(&self) -> Address {
        Address {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn broker_config(&self) -> String {
        let (port, identity) = (self.port, self.path("broker"));
        let identity = identity.display();
        format!(
            "listener {port} 127.0.0.1\ncafile {identity}/ca.pem\ncertfile {identity}/cert.pem\n\
             keyfile {identity}/key.pem\nrequire_certificate true\nuse_identity_as_username true\n\
             use_username_as_clientid true\nallow_anonymous false\nset_tcp_nodelay true\n\
             max_queued_messages 0\nuser root\n"
        )
    }
}

pub(super) fn property() -> PropertyId {
    "seaside".parse().unwrap()
}

fn realm() -> Realm {
    Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: property(),
    }
}

fn registry(rooms: u32) -> Registry {
    let device = |room: u32| {
        KINDS
            .iter()
            .map(move |&(kind, name, capability)| RegisteredDevice {
                device: format!("room-{room}-{name}").parse().unwrap(),
                kind,
                room: Some(room.to_string()),
                capabilities: [capability, "battery"]
                    .map(|name| name.parse().unwrap())
                    .into(),
            })
    };
    Registry {
        v: Version,
        devices: (101..101 + rooms).flat_map(device).collect(),
    }
}

fn issue(ca: &PropertyCa, holder: &Holder, directory: &Path) {
    let directory = directory.join(holder.principal().as_str());
    let key = Key::generate();
    let names = ServerNames::parse(["localhost"]).unwrap();
    let leaf = ca.issue(holder, &names, &key, today()).unwrap();
    files::create_dir(&directory).unwrap();
    files::write_open(&directory.join("ca.pem"), ca.certificate().as_bytes()).unwrap();
    files::write_open(&directory.join("cert.pem"), leaf.as_bytes()).unwrap();
    files::write_secret(&directory.join("key.pem"), key.secret_pem().as_bytes()).unwrap();
}

fn today() -> OffsetDateTime {
    let ms = Clock::system().wall().value();
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap()
}
