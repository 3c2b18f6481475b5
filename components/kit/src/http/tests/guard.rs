use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::credential::{BEARER_LIFE_S, BEARER_TYPE, Claims, Revocations, Role};
use wire::{Component, Integer};

use super::*;
use crate::ca::PropertyCa;
use crate::ca::specimen::{SERVER_NAME, component, device, hotel, identity, today};
use crate::clock::Clock;
use crate::credential::{Refusals, sign_token};
use crate::ids;
use crate::lifecycle::Tasks;
use crate::tls;

/// A console that says who asks, and at `/stream` never stops saying nothing.
struct House {
    ca: PropertyCa,
    refusals: Refusals,
    clock: Clock,
    address: SocketAddr,
    tasks: Tasks,
}

async fn who(
    State(guard): State<Guard>,
    ConnectInfo(remote): ConnectInfo<Remote>,
    headers: HeaderMap,
) -> Result<String, Refusal> {
    let caller = guard.caller(&headers, Some(&remote)).map_err(Refusal)?;
    Ok(caller.principal.to_string())
}

async fn silence() -> Body {
    let first = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"open"))]);
    let more = futures_util::stream::pending();
    Body::from_stream(futures_util::StreamExt::chain(first, more))
}

impl House {
    async fn new() -> Self {
        let (ca, refusals, tasks) = (hotel("seaside"), Refusals::default(), Tasks::new());
        let console = identity(&ca, &component(Component::Console), today());
        let clock = Clock::manual(Clock::system().wall());
        let (_, identities) = watch::channel(Arc::new(console));
        let guard = Guard::of(identities.clone(), &refusals, clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(who))
            .route("/stream", get(silence))
            .with_state(guard);
        let configs = web_configs(&identities, &tasks);
        let ended = refusals.clone();
        tasks.spawn("https", |stop| {
            serve_tls(listener, router, configs, ended, stop)
        });
        Self {
            ca,
            refusals,
            clock,
            address,
            tasks,
        }
    }

    fn revoke(&self, principal: &str) {
        self.refusals.take(Revocations {
            number: 1.into(),
            principals: vec![principal.parse().unwrap()],
            ..Revocations::default()
        });
    }

    /// A kitchen's tablet, until `BEARER_LIFE_S` from now.
    fn bearer(&self) -> String {
        let now = self.clock.wall();
        let integer = |seconds| Integer::new(seconds).unwrap();
        let claims = Claims {
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
            sub: "kitchen-1".parse().unwrap(),
            role: Role::Kitchen,
            jti: ids::new(now),
            iat: integer(now.value() / 1_000),
            exp: integer(now.value() / 1_000 + u64::from(BEARER_LIFE_S)),
            cnf: None,
            sitting: None,
            table: None,
        };
        let authority = identity(&self.ca, &component(Component::Authority), today());
        sign_token(&authority, BEARER_TYPE, &claims)
    }

    /// Connects as `device`, or as nobody, and sends a request.
    async fn say(&self, who: Option<&str>, request: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let own = identity(&self.ca, &device(who.unwrap_or("lock-1")), today());
        let config = match who {
            Some(_) => tls::client_config(&own, &own.spiffe.sibling(Component::Console)),
            None => tls::unnamed_client_config(&own, &own.spiffe.sibling(Component::Console)),
        };
        let stream = TcpStream::connect(self.address).await?;
        let name = SERVER_NAME.try_into().unwrap();
        let mut stream = TlsConnector::from(config).connect(name, stream).await?;
        stream.write_all(request.as_bytes()).await?;
        Ok(stream)
    }

    /// Status and body of a question.
    async fn ask(&self, who: Option<&str>, header: &str) -> std::io::Result<(u16, String)> {
        let request = format!("GET / HTTP/1.1\r\nHost: box\r\n{header}Connection: close\r\n\r\n");
        let mut stream = self.say(who, &request).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8(answer).unwrap();
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        };
        if head.starts_with("HTTP/1.1 401") {
            let head = head.to_lowercase();
            assert!(head.contains("www-authenticate: bearer"), "{head}");
        }
        Ok((head[9..12].parse().unwrap(), body.to_owned()))
    }
}

// bus-3.10
#[tokio::test]
async fn a_token_decides_before_the_certificate_and_both_are_enough() {
    let house = House::new().await;
    let bearer = format!("Authorization: Bearer {}\r\n", house.bearer());
    let told = |name: &str| (200, name.to_owned());
    assert_eq!(house.ask(Some("lock-1"), "").await.unwrap(), told("lock-1"));
    let by_token = house.ask(Some("lock-1"), &bearer).await.unwrap();
    assert_eq!(by_token, told("kitchen-1"));
    assert_eq!(house.ask(None, &bearer).await.unwrap(), told("kitchen-1"));
    let life = Duration::from_secs(BEARER_LIFE_S.into());
    for (header, who) in [
        ("", None),
        ("Authorization: Bearer a.b.c\r\n", None),
        ("Authorization: Bearer a.b.c\r\n", Some("lock-1")),
        ("Authorization: Basic bG9jazox\r\n", Some("lock-1")),
    ] {
        let (status, body) = house.ask(who, header).await.unwrap();
        let problem: Problem = wire::decode(body.as_bytes()).unwrap();
        assert_eq!(
            (status, problem.field.as_deref()),
            (401, Some("authorization"))
        );
    }
    house.clock.advance(life);
    assert_eq!(house.ask(None, &bearer).await.unwrap().0, 401);
    house.tasks.drain().await.unwrap();
}

// bus-3.10
#[tokio::test]
async fn the_connections_of_whoever_is_revoked_end_in_the_middle_of_a_stream() {
    let house = House::new().await;
    let request = "GET /stream HTTP/1.1\r\nHost: box\r\n\r\n";
    let mut lock = house.say(Some("lock-1"), request).await.unwrap();
    let mut other = house.say(Some("lock-2"), request).await.unwrap();
    for stream in [&mut lock, &mut other] {
        let mut heard = String::new();
        while !heard.contains("open") {
            let mut bytes = [0; 512];
            let read = stream.read(&mut bytes).await.unwrap();
            heard.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
    }
    house.revoke("lock-1");
    let mut rest = Vec::new();
    // Cut, without a farewell.
    drop(lock.read_to_end(&mut rest).await);
    assert!(rest.len() < 64, "the stream went on");
    assert!(house.ask(Some("lock-1"), "").await.is_err());
    assert_eq!(house.ask(Some("lock-2"), "").await.unwrap().0, 200);
    let heard = futures_util::FutureExt::now_or_never(other.read_u8());
    assert!(heard.is_none(), "the other stream is open");
    drop(other);
    house.tasks.drain().await.unwrap();
}

// bus-3.10
#[tokio::test]
async fn a_revoked_token_is_refused_and_whoever_waits_for_that_is_told() {
    let house = House::new().await;
    let bearer = format!("Authorization: Bearer {}\r\n", house.bearer());
    assert_eq!(house.ask(None, &bearer).await.unwrap().0, 200);
    house.revoke("kitchen-1");
    let (status, body) = house.ask(None, &bearer).await.unwrap();
    let problem: Problem = wire::decode(body.as_bytes()).unwrap();
    assert_eq!((status, problem.code), (403, Code::Forbidden));
    house.tasks.drain().await.unwrap();
}
