//! The component without its bus: tablets ask over real HTTPS, components by their questions.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use kit::bus::{Bus, Session, Settings};
use kit::ca::Key;
use kit::clock::Clock;
use kit::config::Address;
use kit::health::Health;
use kit::identity::Identity;
use kit::lifecycle::Tasks;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use wire::authority::{CONFIRM, Enrol, Present};
use wire::credential::{Role, label, proof};
use wire::{Nonce, Version};

use super::*;
use crate::edge::ca::tests::Estate;

mod bus;
mod leaves;
mod succession;
mod tablets;

/// A running component, its property and its disk.
struct House {
    estate: Estate,
    disk: TempDir,
    clock: Clock,
    identity: Arc<Identity>,
    running: Running,
}

/// What ends with the program.
struct Running {
    tasks: Tasks,
    desk: Desk,
    ca: Arc<Ca>,
    refusals: Refusals,
    address: SocketAddr,
}

impl House {
    async fn start() -> Self {
        Self::of(Estate::found("seaside")).await
    }

    async fn of(estate: Estate) -> Self {
        let disk = tempfile::tempdir().unwrap();
        let holder = Holder::Component(Component::Authority);
        let (_, identity, _) = estate.identity(&holder, 0);
        let (identity, clock) = (Arc::new(identity), Clock::manual(Clock::system().wall()));
        let running = Running::start(&estate, &disk, &clock, &identity).await;
        Self {
            estate,
            disk,
            clock,
            identity,
            running,
        }
    }

    /// Ends the program wherever it is and starts it again.
    async fn restart(self) -> Self {
        self.running.tasks.drain().await.unwrap();
        let running = Running::start(&self.estate, &self.disk, &self.clock, &self.identity).await;
        Self { running, ..self }
    }

    /// Asks over HTTPS as a browser does; status and body.
    async fn ask(&self, method: &str, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        let (address, config) = (self.running.address, browser(&self.identity));
        let text = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n\
             Origin: https://greengrass.local:8445\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        let answer = spawn_blocking(move || exchange(address, config, &request));
        parts(&answer.await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, "", body).await
    }

    /// Somebody with a role: invited by the operator, enrolled, with a bearer token.
    async fn staff(&self, name: &str, role: Role) -> Tablet {
        let tablet = Tablet::new();
        let code = self.invite(name, role).await;
        let (status, pending) = self.post("/enrol", &tablet.enrol(code)).await;
        assert_eq!(status, 202, "{pending}");
        let confirm = json!({ "principal": name, "digits": tablet.digits(&pending) });
        self.operator(CONFIRM, &confirm).await.unwrap();
        let (status, minted) = self.post("/enrol", &tablet.enrol(code)).await;
        assert_eq!(status, 200, "{minted}");
        let token = minted["token"].as_str().unwrap().to_owned();
        Tablet { token, ..tablet }
    }

    async fn nonce(&self) -> Nonce {
        let (status, challenge) = self.post("/challenge", &Value::Null).await;
        assert_eq!(status, 200, "{challenge}");
        serde_json::from_value(challenge["nonce"].clone()).unwrap()
    }

    async fn bearer(&self, tablet: &Tablet) -> (u16, Value) {
        let present = tablet.present(label::BEARER, self.nonce().await);
        self.post("/bearer", &present).await
    }

    async fn bearer_of(&self, tablet: &Tablet) -> String {
        let (status, bearer) = self.bearer(tablet).await;
        assert_eq!(status, 200, "{bearer}");
        bearer["bearer"].as_str().unwrap().to_owned()
    }
}

impl Running {
    async fn start(
        estate: &Estate,
        directory: &TempDir,
        clock: &Clock,
        identity: &Arc<Identity>,
    ) -> Self {
        let (tasks, health, refusals) = (Tasks::new(), Health::new(), Refusals::default());
        let path = directory.path().join(JOURNAL_FILE);
        let journal = Journal::open(&path, MIGRATIONS, &tasks).await.unwrap();
        let (_, identities) = watch::channel(Arc::clone(identity));
        let (desk, jobs) = Desk::new();
        let ca = Arc::new(estate.load());
        let mut office = Office {
            books: journal::load(journal.readers()).await.unwrap(),
            retention: Retention::of(&journal, clock),
            journal,
            provisioned: Provisioned::new(estate.dir.path(), health.need("principals")),
            roll: watch::channel(None).0,
            scribe: Scribe {
                ca: Arc::clone(&ca),
                identity: identities.clone(),
                console_url: "https://greengrass.local".to_owned(),
            },
            refusals: refusals.clone(),
            outbound: Outbound::start(&silent_bus(&identities, &tasks), &tasks),
            clock: clock.clone(),
            probe: health.need("journal"),
        };
        let inherited = record::find(&estate.dir.path().join(INHERITED)).unwrap();
        office.open(inherited.as_ref()).await.unwrap();
        tasks.spawn("office", |stop| office.run(jobs, stop));
        let der = estate.load().der().unwrap();
        let records = Records::new(estate.dir.path(), estate.ca.realm().clone(), der).changed();
        let succession = records.map(Result::unwrap).unwrap_or_default();
        let succession = watch::Sender::new(Arc::new(succession));
        let https = Https {
            desk: desk.clone(),
            ca: Arc::clone(&ca),
            guard: Guard::of(identities.clone(), &refusals, clock.clone()),
            verifier: Verifier::of(identity),
            identity: identities,
            succession: succession.subscribe(),
            clock: clock.clone(),
            nonces: Mutex::default(),
            rates: Mutex::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_, configs) = watch::channel(kit::tls::web_config(identity));
        let (router, ended) = (https::router(https, &[]), refusals.clone());
        tasks.spawn("https", |stop| {
            serve_tls(listener, router, configs, ended, stop)
        });
        Self {
            tasks,
            desk,
            ca,
            refusals,
            address,
        }
    }
}

/// A bus that is never connected.
fn silent_bus(identity: &watch::Receiver<Arc<Identity>>, tasks: &Tasks) -> Bus {
    let settings = Settings {
        broker: Address {
            host: "127.0.0.1".to_owned(),
            port: 1,
        },
        property: identity.borrow().spiffe.property.clone(),
        identity: identity.clone(),
        session: Session::Clean,
        will: None,
    };
    Bus::new(settings, tasks, Health::new().need("bus"))
}

/// A page's key, and its token once it has one.
struct Tablet {
    key: Key,
    token: String,
}

impl Tablet {
    fn new() -> Self {
        Self {
            key: Key::generate(),
            token: String::new(),
        }
    }

    fn enrol(&self, code: Nonce) -> Value {
        let key = self.key.public_key();
        let signed = proof(label::ENROL, &[&code.0, &key.0]);
        let enrol = Enrol {
            v: Version,
            code,
            key,
            proof: self.key.sign(&signed),
        };
        serde_json::to_value(enrol).unwrap()
    }

    /// What it shows while it waits.
    fn digits(&self, pending: &Value) -> Value {
        let nonce: Nonce = serde_json::from_value(pending["nonce"].clone()).unwrap();
        json!(kit::credential::digits(&nonce, &self.key.public_key()))
    }

    fn present(&self, label: &str, nonce: Nonce) -> Value {
        let digest = kit::digest::sha256(self.token.as_bytes());
        let signed = proof(label, &[&nonce.0, &digest.0]);
        let present = Present {
            v: Version,
            token: self.token.clone(),
            nonce,
            proof: self.key.sign(&signed),
        };
        serde_json::to_value(present).unwrap()
    }
}

/// What a browser trusts that was given the property's CA.
fn browser(identity: &Identity) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(identity.anchor[0].clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn exchange(address: SocketAddr, config: Arc<ClientConfig>, request: &str) -> String {
    let name = "greengrass.local".try_into().unwrap();
    let connection = ClientConnection::new(config, name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn parts(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[track_caller]
fn check_refused((status, problem): (u16, Value), code: &str, field: &str) {
    assert!(status >= 400, "{problem}");
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!(code), &json!(field)),
        "{problem}"
    );
}
