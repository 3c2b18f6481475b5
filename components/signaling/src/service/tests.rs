use std::net::SocketAddr;
use std::path::Path;

use futures_util::{SinkExt as _, StreamExt as _};
use kit::bus::{self, Bus, Session};
use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::config::{Address, Common};
use kit::credential::{Passport, jwk, sign_token};
use kit::health::Health;
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use kit::lifecycle::Tasks;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::credential::{
    BEARER_TYPE, Claims, Confirmation, POP_TYPE, Revocations, Role as Work, label, proof,
};
use wire::signaling::{Challenge, ServerMessage};
use wire::{Code, Component, Integer, Nonce, TokenId};

use super::*;

mod cloud;
mod people;
mod posting;

/// Longest wait for anything that is to come.
const LIMIT: Duration = Duration::from_secs(10);
const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 x y\r\n";
const CONNECTION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A hotel: its CA and who signs its tokens.
struct Estate {
    ca: PropertyCa,
    authority: Identity,
    clock: Clock,
}

impl Estate {
    fn new(property: &str) -> Self {
        let realm = Realm {
            trust_domain: "hotel.internal".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            property: property.parse().unwrap(),
        };
        let clock = Clock::system();
        let ca = PropertyCa::create(realm, Key::generate(), today()).unwrap();
        let authority = issue(&ca, &Holder::Component(Component::Authority));
        Self {
            ca,
            authority,
            clock,
        }
    }

    /// The passport of a leaf certificate.
    fn component(&self, component: Component) -> Passport {
        Passport::of(&issue(&self.ca, &Holder::Component(component)))
    }

    /// The passport of a person's token, good for some seconds from now.
    fn person(&self, principal: &str, role: Work, token: usize, life_s: i64) -> Passport {
        let key = Key::generate();
        let claims = self.claims(principal, role, token, life_s, Some(&key));
        let token = sign_token(&self.authority, POP_TYPE, &claims);
        Passport::with_token(token, &key).unwrap()
    }

    fn claims(
        &self,
        principal: &str,
        role: Work,
        token: usize,
        life_s: i64,
        key: Option<&Key>,
    ) -> Claims {
        let now = self.clock.wall().value() / 1_000;
        let exp = now.checked_add_signed(life_s).unwrap();
        let realm = self.ca.realm();
        Claims {
            tenant: realm.tenant.clone(),
            property: realm.property.clone(),
            sub: principal.parse().unwrap(),
            role,
            jti: token_id(token),
            iat: Integer::new(now.min(exp) - 60).unwrap(),
            exp: Integer::new(exp).unwrap(),
            cnf: key.map(|key| Confirmation {
                jwk: jwk(&key.public_key()),
            }),
            sitting: None,
            table: None,
        }
    }
}

fn token_id(number: usize) -> TokenId {
    format!("01890a5d-ac96-774b-bcce-{number:012}")
        .parse()
        .unwrap()
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

/// A component that runs with a bus that never connects.
struct Running {
    host: Host,
    refusals: Refusals,
    switchboard: Arc<Switchboard>,
    socket: SocketAddr,
    http: SocketAddr,
}

impl Running {
    /// The sockets and requests of a box, in the clear.
    async fn new(estate: &Estate) -> Self {
        let host = host(estate);
        let refusals = Refusals::default();
        let (_, believed) = watch::channel(Verifier::of(&host.identity.borrow()));
        let config = Config::default();
        let door = door(&config, Mode::Local, believed, &refusals, &host);
        let switchboard = Arc::clone(&door.switchboard);
        end_refused(&host, &refusals, Arc::clone(&switchboard));
        let office = Office {
            admission: door.admission.clone(),
            switchboard: Arc::clone(&switchboard),
            box_peer: config.box_peer,
            nonces: Mutex::new(Nonces::new(&random())),
        };
        let (plain, clear) = (bind().await, bind().await);
        let (socket, http) = (plain.local_addr().unwrap(), clear.local_addr().unwrap());
        let (open, office) = (socket::open(door), crate::edge::http::router(office));
        host.tasks
            .spawn("ws", |stop| http::serve(plain, open, stop));
        host.tasks
            .spawn("http", |stop| http::serve(clear, office, stop));
        Self {
            host,
            refusals,
            switchboard,
            socket,
            http,
        }
    }

    async fn end(self) {
        self.host.tasks.drain().await.unwrap();
    }
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn host(estate: &Estate) -> Host {
    let (tasks, health) = (Tasks::new(), Health::new());
    let identity = issue(&estate.ca, &Holder::Component(Component::Signaling));
    let realm = estate.ca.realm().clone();
    let (_, identity) = watch::channel(Arc::new(identity));
    let nowhere = Address {
        host: "127.0.0.1".to_owned(),
        port: 1,
    };
    let settings = bus::Settings {
        broker: nowhere.clone(),
        property: realm.property.clone(),
        identity: identity.clone(),
        session: Session::Clean,
        will: None,
    };
    let bus = Bus::new(settings, &tasks, health.need("bus"));
    let common = Common {
        tenant: realm.tenant,
        property: realm.property,
        box_id: "box-1".parse().unwrap(),
        trust_domain: realm.trust_domain,
        identity_dir: Path::new("/nowhere").to_owned(),
        data_dir: Path::new("/nowhere").to_owned(),
        broker: nowhere.clone(),
        authority: nowhere.clone(),
        admin: nowhere,
        log: String::new(),
    };
    Host {
        component: Component::Signaling,
        common: Arc::new(common),
        clock: Clock::system(),
        tasks,
        health,
        identity,
        bus,
    }
}

/// A peer's end of a socket.
struct Client<S = TcpStream> {
    socket: WebSocketStream<S>,
}

impl Client {
    /// Connects and reads the challenge.
    async fn connect(address: SocketAddr) -> (Self, Nonce) {
        let stream = TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/ws");
        let (socket, _) = client_async(url, stream).await.unwrap();
        let mut client = Self { socket };
        let nonce = client.challenge().await;
        (client, nonce)
    }

    /// Joins and reads the welcome.
    async fn join(address: SocketAddr, passport: &Passport) -> Self {
        let (mut client, nonce) = Self::connect(address).await;
        client.say(&join(passport, &nonce)).await;
        let told = client.told().await;
        assert!(matches!(told, ServerMessage::Welcome(_)), "{told:?}");
        client
    }
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Client<S> {
    async fn challenge(&mut self) -> Nonce {
        match self.told().await {
            ServerMessage::Challenge(Challenge { nonce, .. }) => nonce,
            other => panic!("{other:?}"),
        }
    }

    async fn say(&mut self, message: &Value) {
        let text = Message::text(message.to_string());
        self.socket.send(text).await.unwrap();
    }

    /// The next message.
    async fn told(&mut self) -> ServerMessage {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    async fn text(&mut self) -> String {
        loop {
            let next = timeout(LIMIT, self.socket.next());
            match next.await.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[track_caller]
    fn is_problem(told: &ServerMessage, code: Code, field: Option<&str>) {
        match told {
            ServerMessage::Problem { problem } => {
                assert_eq!(
                    (problem.code, problem.field.as_deref()),
                    (code, field),
                    "{problem}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    /// Reads on to the end, and returns its code.
    async fn end(&mut self) -> u16 {
        loop {
            let next = timeout(LIMIT, self.socket.next());
            match next.await.expect("the end comes in time") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn join(passport: &Passport, nonce: &Nonce) -> Value {
    let property = passport.property().as_str().as_bytes();
    let message = proof(label::SIGNALING_JOIN, &[&nonce.0, property]);
    json!({
        "type": "join", "v": 1, "credential": passport.credential(),
        "proof": passport.sign(&message), "name": "Somebody",
    })
}

fn offer(to: &str) -> Value {
    json!({ "type": "offer", "to": to, "connection": CONNECTION, "sdp": SDP })
}
