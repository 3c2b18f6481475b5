//! Signaling by HTTP, in the clear: for peers that have no socket here.
//!
//! Each message is signed by its sender's credential over a nonce of ours, so nothing that is
//! overheard can be sent again. Pages of any origin may ask: nothing is granted for coming from a
//! page, and there are no cookies.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes};
use kit::http::Refusal;
use tower_http::cors::{Any, CorsLayer};
use wire::signaling::{
    CREDENTIAL_HEADER, Candidate, Exchange, Health, NONCE_HEADER, PROOF_HEADER, Sdp, Stats,
};
use wire::{Code, Integer, Principal, Problem};

use super::admission::{Admission, hotel};
use super::switchboard::{Outcome, Switchboard};
use crate::dialect::located;
use crate::nonces::Nonces;
use crate::signal::Signal;
use crate::syntax;

mod signed;

/// Largest body: a description with all the candidates that an exchange may have.
const BODY_MAX: usize = 48 * 1024;
/// How long a browser may remember what pages are allowed to ask.
const PREFLIGHT: Duration = Duration::from_hours(1);

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Office {
    /// Who is believed.
    pub(crate) admission: Admission,
    /// Where everybody meets.
    pub(crate) switchboard: Arc<Switchboard>,
    /// Who is called when nobody is named.
    pub(crate) box_peer: Principal,
    /// What requests sign.
    pub(crate) nonces: Mutex<Nonces>,
}

/// Everything that is served.
pub(crate) fn router(office: Office) -> Router {
    let headers = [CREDENTIAL_HEADER, NONCE_HEADER, PROOF_HEADER].map(HeaderName::from_static);
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(
            headers
                .into_iter()
                .chain([CONTENT_TYPE])
                .collect::<Vec<_>>(),
        )
        .allow_private_network(true)
        .max_age(PREFLIGHT);
    Router::new()
        .route("/health", get(health))
        .route("/stats", get(stats))
        .route("/offer", post(offer))
        .route("/answer", post(answer))
        .route("/ice-candidate", post(candidate))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(cors)
        .with_state(Arc::new(office))
}

async fn health(State(office): State<Arc<Office>>) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        device: office.box_peer.clone(),
        nonce: office.nonce(),
    })
}

/// All of it for whoever is on the box itself, as on its admin listener; for others the counts of
/// their own hotel.
async fn stats(
    State(office): State<Arc<Office>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Json<Stats>, Refusal> {
    if address.ip().is_loopback() && !headers.contains_key(CREDENTIAL_HEADER) {
        return Ok(Json(office.switchboard.stats(None)));
    }
    let caller = office.signed("/stats", &headers, &[]).map_err(Refusal)?;
    let hotel = hotel(&caller.realm);
    Ok(Json(office.switchboard.stats(Some(&hotel))))
}

async fn offer(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let outcome = office.exchange("/offer", &headers, body, Signal::Offer);
    respond(outcome.await)
}

async fn answer(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let outcome = office.exchange("/answer", &headers, body, Signal::Answer);
    respond(outcome.await)
}

async fn candidate(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    respond(office.candidate(&headers, body).await)
}

async fn nothing() -> Refusal {
    let detail = "there is nothing to be asked like this";
    Refusal(Problem::new(Code::NotFound, detail).at("path"))
}

fn respond(outcome: Outcome) -> Response {
    match outcome {
        Ok(Some(exchange)) => Json(exchange).into_response(),
        Ok(None) => StatusCode::ACCEPTED.into_response(),
        Err(problem) => Refusal(problem).into_response(),
    }
}

impl Office {
    async fn exchange(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
        signal: impl FnOnce(Sdp) -> Signal,
    ) -> Outcome {
        let body = whole(body)?;
        let caller = self.signed(path, headers, &body)?;
        let exchange: Exchange = wire::decode(&body).map_err(located)?;
        syntax::description(&exchange.sdp)?;
        syntax::candidates(&exchange.ice_candidates)?;
        let to = exchange.to.unwrap_or_else(|| self.box_peer.clone());
        let connection = exchange.connection;
        let described = signal(Sdp {
            to: Some(to.clone()),
            from: None,
            connection,
            negotiation: Integer::default(),
            sdp: exchange.sdp,
            queued_ms: None,
        });
        let candidates = exchange.ice_candidates.into_iter().map(|candidate| {
            Signal::Candidate(Candidate {
                to: Some(to.clone()),
                from: None,
                connection,
                negotiation: Integer::default(),
                candidate: Some(candidate),
            })
        });
        let signals = [described].into_iter().chain(candidates).collect();
        self.pass_on(&caller, signals).await
    }

    async fn candidate(&self, headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Outcome {
        let body = whole(body)?;
        let caller = self.signed("/ice-candidate", headers, &body)?;
        let mut candidate: Candidate = wire::decode(&body).map_err(located)?;
        candidate.to.get_or_insert_with(|| self.box_peer.clone());
        self.pass_on(&caller, vec![Signal::Candidate(candidate)])
            .await
    }

    /// Passes messages on; the house answers each request in time.
    async fn pass_on(&self, caller: &kit::credential::Caller, signals: Vec<Signal>) -> Outcome {
        let outcome = self.switchboard.posted(caller, signals)?;
        let stopped = || Problem::new(Code::Unavailable, "the server goes down");
        outcome.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|_| Problem::new(Code::TooLarge, format!("more than {BODY_MAX} bytes")))
}
