//! Printing over HTTP; what TLS adds is proved where it is made.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::ConnectInfo;
use kit::credential::{Refusals, sign_token};
use kit::identity::{Holder, Realm};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wire::credential::{BEARER_LIFE_S, BEARER_TYPE, Claims, Revocations, Role};
use wire::{Component, Integer};

use super::*;
use crate::service::tests::House;

const JOB: &str = "01941f29-7c00-7000-8000-000000000001";

/// The counter of a house.
struct Served {
    house: House,
    address: SocketAddr,
    refusals: Refusals,
}

impl Served {
    /// For callers without a certificate.
    async fn new() -> Self {
        Self::to(None).await
    }

    /// For callers with the certificate of this holder.
    async fn to(holder: Option<Holder>) -> Self {
        let house = House::start().await;
        let host = &house.running.host;
        let refusals = Refusals::default();
        let counter = Counter {
            desk: Arc::clone(&house.running.desk),
            guard: Guard::new(host, &refusals),
        };
        let realm: Realm = host.common.realm();
        let remote = Remote {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            spiffe: holder.map(|holder| realm.spiffe(&holder)),
        };
        let router = router(counter).layer(Extension(ConnectInfo(remote)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        host.tasks
            .spawn("http", |stop| kit::http::serve(listener, router, stop));
        Self {
            house,
            address,
            refusals,
        }
    }

    async fn end(self) {
        self.house.end().await;
    }

    fn bearer(&self, role: Role) -> String {
        let authority = self.house.issue(&Holder::Component(Component::Authority));
        let seconds = self.house.running.host.clock.wall().value() / 1_000;
        let integer = |seconds| Integer::new(seconds).unwrap();
        let claims = Claims {
            tenant: "acme".parse().unwrap(),
            property: "seaside".parse().unwrap(),
            sub: "tablet-1".parse().unwrap(),
            role,
            jti: JOB.parse().unwrap(),
            iat: integer(seconds),
            exp: integer(seconds + u64::from(BEARER_LIFE_S)),
            cnf: None,
            sitting: None,
            table: None,
        };
        sign_token(&authority, BEARER_TYPE, &claims)
    }

    /// Asks; status and body.
    async fn ask(&self, request: &str, bearer: &str, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let bearer = if bearer.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {bearer}\r\n")
        };
        let request = format!(
            "{request} HTTP/1.1\r\nHost: box\r\n{bearer}Content-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (head[9..12].parse().unwrap(), body)
    }
}

fn submit(route: &str) -> Value {
    let text = json!({ "kind": "text", "text": "Hello <b>" });
    json!({
        "v": 1, "job": JOB, "route": route,
        "document": { "kind": "receipt", "lines": [text] },
    })
}

// device-proxy-7.7
#[tokio::test]
async fn whoever_comes_without_certificate_or_token_is_refused() {
    let served = Served::new().await;
    let (status, problem) = served.ask("GET /print/jobs", "", &Value::Null).await;
    assert_eq!((status, &problem["field"]), (401, &json!("authorization")));
    let (status, _) = served.ask("GET /print/jobs", "a.b.c", &Value::Null).await;
    assert_eq!(status, 401);
    served.end().await;
}

// device-proxy-7.7, device-proxy-7.1
#[tokio::test]
async fn a_bearer_may_what_its_role_may() {
    let served = Served::new().await;
    let (pos, guest) = (served.bearer(Role::Pos), served.bearer(Role::Guest));
    let (status, printers) = served.ask("GET /printers", &pos, &Value::Null).await;
    assert_eq!(
        (status, &printers["printers"][0]["printer"]),
        (200, &json!("pass"))
    );
    assert_eq!(
        served.ask("GET /printers", &guest, &Value::Null).await.0,
        403
    );
    let path = format!("PUT /print/jobs/{JOB}");
    let (status, job) = served.ask(&path, &pos, &submit("receipt")).await;
    assert_eq!((status, &job["principal"]), (200, &json!("tablet-1")));
    assert_eq!(served.ask(&path, &pos, &submit("kitchen")).await.0, 403);
    served.end().await;
}

// device-proxy-7.7, device-proxy-8.5
#[tokio::test]
async fn rights_that_have_ended_have_ended() {
    let served = Served::new().await;
    let pos = served.bearer(Role::Pos);
    assert_eq!(served.ask("GET /printers", &pos, &Value::Null).await.0, 200);
    served.refusals.take(Revocations {
        number: 1.into(),
        tokens: vec![JOB.parse().unwrap()],
        ..Revocations::default()
    });
    assert_eq!(served.ask("GET /printers", &pos, &Value::Null).await.0, 403);
    served.end().await;
}

// device-proxy-7.7, device-proxy-7.2
#[tokio::test]
async fn a_program_prints_with_its_certificate_and_the_same_again_is_the_same_job() {
    let served = Served::to(Some(Holder::Component(Component::Console))).await;
    let path = format!("/print/jobs/{JOB}");
    let put = format!("PUT {path}");
    let (status, first) = served.ask(&put, "", &submit("kitchen")).await;
    assert_eq!(
        (status, &first["principal"]),
        (200, &json!("console")),
        "{first}"
    );
    let (_, again) = served.ask(&put, "", &submit("kitchen")).await;
    assert_eq!(again["content"], first["content"]);
    let (status, problem) = served.ask(&put, "", &submit("receipt")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")));
    let (status, found) = served.ask(&format!("GET {path}"), "", &Value::Null).await;
    assert_eq!((status, &found["job"]), (200, &json!(JOB)));
    let (_, jobs) = served.ask("GET /print/jobs", "", &Value::Null).await;
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1);
    served.end().await;
}

// device-proxy-7.7, device-proxy-7.3
#[tokio::test]
async fn jobs_of_others_are_for_those_who_see_to_them() {
    let served = Served::to(Some(Holder::Component(Component::Console))).await;
    let path = format!("/print/jobs/{JOB}");
    served
        .ask(&format!("PUT {path}"), "", &submit("kitchen"))
        .await;
    let (kitchen, maid) = (
        served.bearer(Role::Kitchen),
        served.bearer(Role::Housekeeping),
    );
    let cancel = format!("POST {path}/cancel?principal=console");
    assert_eq!(served.ask(&cancel, &maid, &Value::Null).await.0, 403);
    let (status, job) = served.ask(&cancel, &kitchen, &Value::Null).await;
    assert_eq!((status, &job["state"]), (200, &json!("cancelled")), "{job}");
    served.end().await;
}

// device-proxy-7.7
#[tokio::test]
async fn what_is_no_request_of_ours_is_refused_by_name() {
    let served = Served::to(Some(Holder::Operator("edgectl".parse().unwrap()))).await;
    let (status, problem) = served
        .ask("PUT /print/jobs/nonsense", "", &submit("kitchen"))
        .await;
    assert_eq!((status, &problem["field"]), (400, &json!("job")));
    let other = "PUT /print/jobs/01941f29-7c00-7000-8000-000000000002";
    let (status, problem) = served.ask(other, "", &submit("kitchen")).await;
    assert_eq!((status, &problem["field"]), (422, &json!("job")));
    let (status, problem) = served.ask("POST /print/preview", "", &json!({})).await;
    assert_eq!((status, &problem["code"]), (400, &json!("malformed")));
    assert_eq!(served.ask("GET /elsewhere", "", &Value::Null).await.0, 404);
    served.end().await;
}
