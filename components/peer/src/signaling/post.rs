//! One offer over HTTP, for whoever is joined nowhere: a nonce, then a signed POST.

use std::sync::Arc;
use std::time::Duration;

use kit::credential::Passport;
use kit::digest::sha256;
use reqwest::{Client, Response};
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use wire::credential::{label, proof};
use wire::octets::to_base64url;
use wire::signaling::{CREDENTIAL_HEADER, Exchange, Health, NONCE_HEADER, PROOF_HEADER};
use wire::{Nonce, Problem};

/// Where an offer is sent, below the server's address.
const PATH: &str = "/offer";
/// How long both requests may take; the second waits for the called one's answer.
const WAIT: Duration = Duration::from_secs(5);
/// Largest answer: a description and its candidates, with room to spare.
const ANSWER_MAX: usize = 64 * 1024;

/// Offers to whom `exchange` names; the other side's answer.
pub(crate) async fn offer(
    server: &str,
    passport: &Passport,
    exchange: &Exchange,
) -> Result<Exchange, PostError> {
    let client = client()?;
    let base = server.trim_end_matches('/');
    let health = client.get(format!("{base}/health")).send().await;
    let health: Health = read(health.map_err(PostError::Http)?).await?;
    let body = wire::encode(exchange);
    let request = client
        .post(format!("{base}{PATH}"))
        .header("content-type", "application/json")
        .header(CREDENTIAL_HEADER, presented(passport))
        .header(NONCE_HEADER, to_base64url(&health.nonce.0))
        .header(PROOF_HEADER, signed(passport, &health.nonce, &body))
        .body(body);
    read(request.send().await.map_err(PostError::Http)?).await
}

fn presented(passport: &Passport) -> String {
    to_base64url(&wire::encode(passport.credential()))
}

fn signed(passport: &Passport, nonce: &Nonce, body: &[u8]) -> String {
    let parts: [&[u8]; 3] = [&nonce.0, PATH.as_bytes(), &sha256(body).0];
    to_base64url(&passport.sign(&proof(label::SIGNALING_POST, &parts)).0)
}

/// A client for plain HTTP: who is reached is proven by the handshake, not here.
fn client() -> Result<Client, PostError> {
    // Named because the library would otherwise ask for a provider of the whole process.
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(WAIT)
        .build()
        .map_err(PostError::Http)
}

async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, PostError> {
    let succeeded = response.status().is_success();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(PostError::Http)? {
        if body.len() + piece.len() > ANSWER_MAX {
            return Err(PostError::Large);
        }
        body.extend_from_slice(&piece);
    }
    if succeeded {
        serde_json::from_slice(&body).map_err(PostError::Malformed)
    } else {
        let problem = serde_json::from_slice(&body).map_err(PostError::Malformed)?;
        Err(PostError::Refused(problem))
    }
}

/// An offer over HTTP found no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("http failed")]
    Http(#[source] reqwest::Error),
    #[error("answer is longer than {ANSWER_MAX} bytes")]
    Large,
    #[error("answer cannot be read")]
    Malformed(#[source] serde_json::Error),
    #[error("server refused: {0}")]
    Refused(Problem),
}
