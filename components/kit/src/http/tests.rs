use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::Code;

use super::*;
use crate::lifecycle::Tasks;

/// Asks the admin listener of a component with `health`; returns head and body of the answer.
async fn ask(health: &Health, path: &str) -> (String, String) {
    let tasks = Tasks::new();
    let address = Address {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    let listener = listen(&address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let metrics = crate::telemetry::start("info").unwrap();
    let router = admin(health.clone(), metrics);
    tasks.spawn("admin", |stop| serve(listener, router, stop));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    tasks.drain().await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

mod guard;
mod secure;

#[tokio::test]
async fn a_component_that_lacks_something_is_not_ready_and_says_what() {
    let health = Health::new();
    let bus = health.need("bus");
    bus.missing("connection refused");
    let (head, body) = ask(&health, "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    let status: wire::status::Status = wire::decode(body.as_bytes()).unwrap();
    assert_eq!(status.checks[0].detail, "connection refused");

    bus.there();
    let (head, _) = ask(&health, "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn a_component_lives_while_it_lacks_something() {
    let health = Health::new();
    let _bus = health.need("bus");
    assert_eq!(ask(&health, "/healthz").await.1, "ok\n");
}

#[test]
fn a_refusal_has_the_status_of_its_code() {
    let response = Refusal(Problem::new(Code::NotFound, "no such device")).into_response();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
}
