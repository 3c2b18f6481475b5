use std::net::SocketAddr;

use kit::bus::{self, Session};
use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::config::Address;
use kit::credential::{Refusals, sign_token};
use kit::health::Health;
use kit::identity::{CA_FILE, CERT_FILE, Holder, KEY_FILE, Realm};
use kit::lifecycle::Tasks;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wire::credential::{BEARER_LIFE_S, BEARER_TYPE, Claims, Role};
use wire::{Component, Integer, TokenId};

use super::*;

mod guests;
mod pages;
mod staff;

const PAGE: &str = "<!doctype html><title>order</title>";
const SCRIPT: &str = "export {};";

/// A console with pages, on two plain listeners: what TLS adds is proved where it is made.
struct Served {
    tasks: Tasks,
    open: SocketAddr,
    secured: SocketAddr,
    authority: Identity,
    refusals: Refusals,
    board: watch::Sender<Board>,
    clock: Clock,
    _pages: TempDir,
}

impl Served {
    async fn new(networks: &[&str]) -> Self {
        let (ca, now) = (property("seaside"), today());
        let identity = Arc::new(issue(&ca, Component::Console, now));
        let (tasks, clock) = (Tasks::new(), Clock::manual(Clock::system().wall()));
        let (_, identities) = watch::channel(Arc::clone(&identity));
        let (board, rows) = watch::channel(Board::default());
        let (pages, refusals) = (built(), Refusals::default());
        let console = Arc::new(Console {
            clock: clock.clone(),
            bus: silent(&identities, &tasks),
            property: "seaside".parse().unwrap(),
            guard: Guard::of(identities.clone(), &refusals, clock.clone()),
            identity: identities,
            board: rows,
            rates: Mutex::default(),
            site: site(&pages, networks),
        });
        Self {
            open: serve(open(&console), &tasks).await,
            secured: serve(secured(&console), &tasks).await,
            authority: issue(&ca, Component::Authority, now),
            tasks,
            refusals,
            board,
            clock,
            _pages: pages,
        }
    }

    async fn end(self) {
        self.tasks.drain().await.unwrap();
    }

    /// What `GET` of a path answers over HTTP, by the box's usual name.
    async fn get(&self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: greengrass.local\r\n");
        ask(self.open, &request, "").await
    }

    /// The same over HTTPS.
    async fn get_secured(&self, path: &str, more: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: greengrass.local\r\n{more}");
        ask(self.secured, &request, "").await
    }

    fn bearer(&self, role: Role, token: TokenId, by: &Identity) -> String {
        let seconds = self.clock.wall().value() / 1_000;
        let claims = Claims {
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
            sub: "tablet-1".parse().unwrap(),
            role,
            jti: token,
            iat: integer(seconds),
            exp: integer(seconds + u64::from(BEARER_LIFE_S)),
            cnf: None,
            sitting: None,
            table: None,
        };
        sign_token(by, BEARER_TYPE, &claims)
    }
}

fn integer(value: u64) -> Integer {
    Integer::new(value).unwrap()
}

fn site(pages: &TempDir, networks: &[&str]) -> Site {
    Site {
        name: "Hotel <Seaside>".parse().unwrap(),
        pages: pages.path().to_owned(),
        hosts: vec!["pages.hotel".to_owned()],
        networks: networks.iter().map(|text| text.parse().unwrap()).collect(),
        ports: Ports {
            http: 8081,
            https: 8445,
            signaling: 8080,
            signaling_tls: 8443,
            authority: 8444,
            replica: 8000,
        },
        cloud_signaling: vec!["wss://signaling.example".to_owned()],
    }
}

fn built() -> TempDir {
    let pages = tempfile::tempdir().unwrap();
    std::fs::create_dir(pages.path().join("assets")).unwrap();
    for page in [
        "guest", "staff", "kitchen", "life", "rooms", "desk", "pos", "enrol",
    ] {
        std::fs::write(pages.path().join(format!("{page}.html")), PAGE).unwrap();
    }
    std::fs::write(pages.path().join("assets/guest-1a2b3c4d.js"), SCRIPT).unwrap();
    pages
}

fn property(name: &str) -> PropertyCa {
    let realm = Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: name.parse().unwrap(),
    };
    PropertyCa::create(realm, Key::generate(), today()).unwrap()
}

fn today() -> OffsetDateTime {
    let seconds = Clock::system().wall().value() / 1_000;
    OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap()
}

fn issue(ca: &PropertyCa, component: Component, now: OffsetDateTime) -> Identity {
    let (dir, key) = (tempfile::tempdir().unwrap(), Key::generate());
    let names = ServerNames::parse(["greengrass.local"]).unwrap();
    let holder = Holder::Component(component);
    let leaf = ca.issue(&holder, &names, &key, now).unwrap();
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}

/// A bus that never connects.
fn silent(identity: &watch::Receiver<Arc<Identity>>, tasks: &Tasks) -> Bus {
    let settings = bus::Settings {
        broker: Address {
            host: "127.0.0.1".to_owned(),
            port: 1,
        },
        property: "seaside".parse().unwrap(),
        identity: identity.clone(),
        session: Session::Clean,
        will: None,
    };
    Bus::new(settings, tasks, Health::new().need("bus"))
}

async fn serve(router: Router, tasks: &Tasks) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn("http", |stop| kit::http::serve(listener, router, stop));
    address
}

/// An answer: its status, its headers in small letters, its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ str| {
            line.split_once(": ")
                .is_some_and(|(found, _)| found == name)
        };
        let line = self.head.lines().find(|line| named(line))?;
        line.split_once(": ").map(|(_, value)| value)
    }

    fn problem(&self) -> wire::Problem {
        wire::decode(self.body.as_bytes()).unwrap()
    }
}

/// Sends request line and headers, a body, and reads what comes.
async fn ask(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
