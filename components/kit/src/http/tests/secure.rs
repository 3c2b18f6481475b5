use std::sync::Arc;

use axum::extract::ConnectInfo;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wire::Component;

use super::*;
use crate::ca::PropertyCa;
use crate::ca::specimen::{SERVER_NAME, component, device, hotel, identity, today};
use crate::credential::Refusals;
use crate::lifecycle::Tasks;
use crate::tls;

/// Serves as `console` of the property, and asks as `client` who it is taken for.
async fn ask(ca: &PropertyCa, client: Arc<ClientConfig>) -> std::io::Result<String> {
    let tasks = Tasks::new();
    let console = identity(ca, &component(Component::Console), today());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let who = |ConnectInfo(remote): ConnectInfo<Remote>| async move {
        remote
            .spiffe
            .map_or("nobody".to_owned(), |spiffe| spiffe.id.to_string())
    };
    let router = Router::new().route("/", get(who));
    let (_identities, identity) = tokio::sync::watch::channel(Arc::new(console));
    let configs = web_configs(&identity, &tasks);
    tasks.spawn("https", |stop| {
        serve_tls(listener, router, configs, Refusals::default(), stop)
    });
    let answer = exchange(address, client).await;
    tasks.drain().await.unwrap();
    answer
}

async fn exchange(address: SocketAddr, client: Arc<ClientConfig>) -> std::io::Result<String> {
    // Somebody who never shakes hands keeps nobody waiting.
    let _silent = TcpStream::connect(address).await?;
    let stream = TcpStream::connect(address).await?;
    let name = SERVER_NAME.try_into().unwrap();
    let mut stream = TlsConnector::from(client).connect(name, stream).await?;
    let request = b"GET / HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer).unwrap();
    Ok(answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[tokio::test]
async fn a_principal_of_the_property_is_known_by_its_certificate() {
    let ca = hotel("seaside");
    let lock = identity(&ca, &device("lock-1"), today());
    let console = lock.spiffe.sibling(Component::Console);
    let answer = ask(&ca, tls::client_config(&lock, &console)).await;
    assert_eq!(answer.unwrap(), "lock-1");
}

#[tokio::test]
async fn a_browser_comes_without_a_certificate() {
    let ca = hotel("seaside");
    let console = identity(&ca, &component(Component::Console), today());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(console.anchor[0].clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    );
    let browser = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_webpki_verifier(verifier.build().unwrap())
        .with_no_client_auth();
    assert_eq!(ask(&ca, Arc::new(browser)).await.unwrap(), "nobody");
}

#[tokio::test]
async fn a_principal_of_another_property_is_turned_away() {
    let (ca, other) = (hotel("seaside"), hotel("hilltop"));
    let lock = identity(&other, &device("lock-1"), today());
    let console = identity(&ca, &component(Component::Console), today()).spiffe;
    let config = tls::client_config(&lock, &console);
    assert!(ask(&ca, config).await.is_err());
}
