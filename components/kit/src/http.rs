//! HTTP: the admin listener of every component, and the error form.

use std::io;
use std::net::SocketAddr;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wire::Problem;

use crate::config::Address;
use crate::health::Health;
use crate::lifecycle::announce;
use crate::telemetry::Metrics;

mod client;
mod guard;
mod secure;
mod session;

pub use client::PostError;
pub(crate) use client::{get as fetch, post};
pub use guard::{Guard, bearer};
pub use secure::{Remote, public_configs, serve_tls, web_configs};

/// A problem as an HTTP answer (RFC 9457).
#[derive(Debug)]
pub struct Refusal(pub Problem);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, wire::encode(&self.0)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// The admin listener's answers: `/healthz` (the process runs), `/readyz` (it does its work; 503
/// and the missing checks when it does not) and `/metrics`.
pub fn admin(health: Health, metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(health))
        .route("/metrics", get(render).with_state(metrics))
}

/// Binds a listener.
pub async fn listen(address: &Address) -> Result<TcpListener, ListenError> {
    TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|source| ListenError {
            address: address.clone(),
            source,
        })
}

/// Serves until the stop.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = serving.await {
        tracing::error!(%error, "http listener failed");
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report();
    let status = if report.ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = announce::body(&report);
    (status, Json(body)).into_response()
}

async fn render(State(metrics): State<Metrics>) -> String {
    metrics.render()
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    address: Address,
    source: io::Error,
}

#[cfg(test)]
mod tests;
