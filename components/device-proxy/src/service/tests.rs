//! The component without its bus and its pages: wishes go in at the desk, the disk keeps them.

use std::time::Duration;

use kit::bus::{Bus, Session, Settings};
use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::config::Common;
use kit::health::Health;
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use kit::lifecycle::Tasks;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::timeout;
use wire::credential::{Role, Standing};
use wire::order::{Order, OrderStatus, Place, SetStatus};
use wire::{Code, OrderId, Problem, SittingId};

use super::*;
use crate::order::{Asker, Seat};

mod channel;
mod guest_messages;
mod herald;
mod orders;

/// Longest wait for anything on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A running component, its disk and what it tells.
pub(crate) struct House {
    disk: TempDir,
    ca: PropertyCa,
    own: Value,
    pub(crate) running: Running,
}

/// What ends with the program.
pub(crate) struct Running {
    pub(crate) host: Host,
    pub(crate) desk: Arc<Desk>,
    pub(crate) journal: Journal,
    news: mpsc::Receiver<Effect>,
    _renewals: watch::Sender<Arc<Identity>>,
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// A house that differs from the usual in these keys of its configuration.
    async fn with(own: Value) -> Self {
        let disk = tempfile::tempdir().unwrap();
        let ca = PropertyCa::create(realm(), Key::generate(), today()).unwrap();
        let running = Running::start(&disk, &ca, &own).await;
        Self {
            disk,
            ca,
            own,
            running,
        }
    }

    /// Ends the program wherever it is and starts it again.
    async fn restart(self) -> Self {
        let Self {
            disk,
            ca,
            own,
            running,
        } = self;
        running.end().await;
        let running = Running::start(&disk, &ca, &own).await;
        Self {
            disk,
            ca,
            own,
            running,
        }
    }

    pub(crate) async fn end(self) {
        self.running.end().await;
    }

    /// The identity of somebody of the property.
    pub(crate) fn issue(&self, holder: &Holder) -> Identity {
        issue(&self.ca, holder)
    }

    async fn place(&self, asker: &Asker, place: Place) -> Result<Order, Problem> {
        let placing = self.running.desk.place(asker, place);
        timeout(LIMIT, placing).await.unwrap()
    }

    async fn set(&self, role: Role, order: u32, status: OrderStatus) -> Result<Order, Problem> {
        let to = SetStatus {
            v: wire::Version,
            order: order_id(order),
            status,
        };
        let asker = staff(role);
        let moving = self.running.desk.set_status(&asker, to);
        timeout(LIMIT, moving).await.unwrap()
    }

    /// Waits for the next thing that others are told.
    async fn told(&mut self) -> Effect {
        let told = self.running.news.recv();
        timeout(LIMIT, told).await.unwrap().unwrap()
    }
}

impl Running {
    async fn start(home: &TempDir, ca: &PropertyCa, own: &Value) -> Self {
        let (common, config) = configuration(home, own);
        let identity = issue(ca, &Holder::Component(Component::DeviceProxy));
        let (renewals, identity) = watch::channel(Arc::new(identity));
        let (tasks, health) = (Tasks::new(), Health::new());
        let settings = Settings {
            broker: common.broker.clone(),
            property: common.property.clone(),
            identity: identity.clone(),
            session: Session::Clean,
            will: None,
        };
        let host = Host {
            component: Component::DeviceProxy,
            clock: Clock::manual(Clock::system().wall()),
            bus: Bus::new(settings, &tasks, health.need("bus")),
            common: Arc::new(common),
            tasks,
            health,
            identity,
        };
        let (desk, news, journal) = start_house(&config, &host).await.unwrap();
        Self {
            host,
            desk,
            journal,
            news,
            _renewals: renewals,
        }
    }

    async fn end(self) {
        let Self {
            host,
            desk,
            journal,
            news,
            _renewals,
        } = self;
        drop((desk, journal, news));
        let Host { tasks, .. } = host;
        tasks.drain().await.unwrap();
    }
}

fn configuration(disk: &TempDir, own: &Value) -> (Common, Config) {
    let address = json!({ "host": "127.0.0.1", "port": "1" });
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": disk.path(), "data_dir": disk.path(), "broker": address, "admin": address,
        "tls_listener": address,
        "orders": { "menu": [{ "item": "soup", "name": "Soup", "price_minor": "650" }] },
        "print": {
            "printers": { "pass": { "address": "127.0.0.1:1" } },
            "routes": { "kitchen": { "printers": ["pass"] }, "receipt": { "printers": ["pass"] } },
        },
        "print_routes": { "pos": ["receipt"], "kitchen": ["kitchen"] },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    kit::config::parse(&serde_json::to_vec(&whole).unwrap()).unwrap()
}

fn realm() -> Realm {
    Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: "seaside".parse().unwrap(),
    }
}

fn today() -> OffsetDateTime {
    let seconds = Clock::system().wall().value() / 1_000;
    OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap()
}

fn issue(ca: &PropertyCa, holder: &Holder) -> Identity {
    let (dir, key) = (tempfile::tempdir().unwrap(), Key::generate());
    let names = ServerNames::parse(["greengrass.local"]).unwrap();
    let leaf = ca.issue(holder, &names, &key, today()).unwrap();
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}

fn order_id(number: u32) -> OrderId {
    format!("01941f29-7c00-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

fn sitting(number: u32) -> SittingId {
    format!("01941f29-7c00-7000-9000-{number:012x}")
        .parse()
        .unwrap()
}

fn guest() -> Asker {
    Asker {
        principal: "anna".parse().unwrap(),
        standing: Standing::Role(Role::Guest),
        seat: Some(Seat {
            sitting: sitting(1),
            table: "t1".parse().unwrap(),
        }),
    }
}

fn staff(role: Role) -> Asker {
    let standing = Standing::Role(role);
    let name = serde_json::to_value(standing).unwrap();
    Asker {
        principal: format!("{}-1", name.as_str().unwrap()).parse().unwrap(),
        standing,
        seat: None,
    }
}

fn soup(number: u32) -> Place {
    serde_json::from_value(json!({
        "v": 1, "order": order_id(number), "items": [{ "item": "soup", "quantity": 2 }],
    }))
    .unwrap()
}
