//! The Open Inference Protocol v2 over HTTP.
//!
//! ```text
//! GET  /v2   /v2/health/live   /v2/health/ready
//! GET  /v2/models/{m}[/versions/{v}]             metadata        …/ready
//! POST /v2/models/{m}[/versions/{v}]/infer       tensors         POST /v2/repository/index
//! ```
//!
//! In the clear on loopback; elsewhere over TLS, for components and operators by certificate and for
//! staff by bearer token. A refusal is a problem (RFC 9457) with the protocol's `error` beside.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kit::http::{Guard, Remote};
use serde::Serialize;
use serde_json::{Value, json};
use wire::bound::BODY_MAX;
use wire::credential::{Role, Standing};
use wire::inference::InferRequest;
use wire::{Code, Problem};

use super::bus::without_words;
use crate::manifest::Port;
use crate::service::Desk;

/// Says that tensors follow the JSON in binary form.
const BINARY: &str = "inference-header-content-length";
/// What the protocol calls models of this kind.
const PLATFORM: &str = "onnxruntime_onnx";

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) desk: Arc<Desk>,
    /// How long a question may take when it does not say.
    pub(crate) deadline: Duration,
}

/// Everything that is served, behind a guard where there is one.
pub(crate) fn router(served: Served, guard: Option<Guard>) -> Router {
    let router = Router::new()
        .route("/v2", get(server))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/{model}", get(metadata))
        .route("/v2/models/{model}/ready", get(model_ready))
        .route("/v2/models/{model}/infer", post(infer))
        .route("/v2/models/{model}/versions/{version}", get(metadata))
        .route(
            "/v2/models/{model}/versions/{version}/ready",
            get(model_ready),
        )
        .route("/v2/models/{model}/versions/{version}/infer", post(infer))
        .route("/v2/repository/index", post(index))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(served);
    match guard {
        None => router,
        Some(guard) => router.layer(middleware::from_fn_with_state(guard, let_in)),
    }
}

/// Model and version in a path.
#[derive(Debug, serde::Deserialize)]
struct Named {
    model: String,
    version: Option<String>,
}

async fn server() -> Response {
    told(&json!({
        "name": "hospitality-edge", "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["model_repository"],
    }))
}

async fn live() -> Response {
    told(&json!({ "live": true }))
}

async fn ready(State(served): State<Served>) -> Response {
    let ready = served.desk.whole();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, told(&json!({ "live": true, "ready": ready }))).into_response()
}

async fn metadata(State(served): State<Served>, Path(named): Path<Named>) -> Response {
    let slot = match served.desk.slot(&named.model) {
        Ok(slot) => slot,
        Err(problem) => return refusal(&problem),
    };
    let Some(active) = slot.active() else {
        let problem = Problem::new(Code::Unavailable, "no version is healthy").at("model");
        return refusal(&problem);
    };
    let version = active.version().to_string();
    if named.version.is_some_and(|named| named != version) {
        let problem = Problem::new(Code::NotFound, "only the active version answers");
        return refusal(&problem.at("version"));
    }
    let ports = |ports: &[Port]| -> Vec<Value> {
        let told = |port: &Port| json!({ "name": port.name, "datatype": port.datatype.as_str(), "shape": port.shape });
        ports.iter().map(told).collect()
    };
    told(&json!({
        "name": slot.name, "versions": [version], "platform": PLATFORM,
        "inputs": ports(&active.manifest.inputs), "outputs": ports(&active.manifest.outputs),
    }))
}

async fn model_ready(State(served): State<Served>, Path(named): Path<Named>) -> Response {
    let slot = match served.desk.slot(&named.model) {
        Ok(slot) => slot,
        Err(problem) => return refusal(&problem),
    };
    let version = slot.active().map(|active| active.version().to_string());
    let ready = version.is_some() && (named.version.is_none() || named.version == version);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, told(&json!({ "name": slot.name, "ready": ready }))).into_response()
}

async fn infer(
    State(served): State<Served>,
    Path(named): Path<Named>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let detail = format!("the body is larger than {BODY_MAX} bytes, or was cut off");
        return refusal(&Problem::new(Code::TooLarge, detail).at("body"));
    };
    if headers.contains_key(BINARY) {
        let detail = "tensors in binary form are not taken; ask with binary_data=False";
        return refusal(&Problem::new(Code::Invalid, detail).at(BINARY));
    }
    let request = match wire::decode::<InferRequest>(&body) {
        Ok(request) => request,
        Err(problem) => {
            let problem = without_words(problem);
            let field = problem.field.clone().unwrap_or_else(|| "body".to_owned());
            return refusal(&problem.at(field));
        }
    };
    let asked = request.parameters.and_then(|parameters| parameters.timeout);
    let wait = asked.map_or(served.deadline, Duration::from_micros);
    let deadline = served.desk.clock.monotonic() + wait.min(served.deadline);
    let (model, version) = (named.model.as_str(), named.version.as_deref());
    let answer = served.desk.infer(model, version, request, deadline).await;
    match answer {
        Ok(answer) => told(&answer),
        Err(problem) => refusal(&problem),
    }
}

async fn index(State(served): State<Served>) -> Response {
    let models = served.desk.models().models;
    let entry = |model: wire::inference::Model| {
        if let Some(version) = model.version {
            let version = version.to_string();
            json!({ "name": model.name, "version": version, "state": "READY" })
        } else {
            let reason = "no version is healthy, rules answer";
            json!({ "name": model.name, "state": "UNAVAILABLE", "reason": reason })
        }
    };
    told(&models.into_iter().map(entry).collect::<Vec<_>>())
}

async fn nowhere() -> Response {
    refusal(&Problem::new(Code::NotFound, "nothing is served there").at("path"))
}

fn told<T: Serialize>(body: &T) -> Response {
    ([(CONTENT_TYPE, "application/json")], wire::encode(body)).into_response()
}

/// A problem, with the `error` of the protocol.
fn refusal(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = json!(problem);
    body["error"] = json!(problem.to_string());
    let kind = [(CONTENT_TYPE, "application/problem+json")];
    (status, kind, wire::encode(&body)).into_response()
}

/// Goes on with those who may ask.
async fn let_in(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match admit(&guard, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => refusal(&problem),
    }
}

/// Components and operators by certificate, staff by token; guests and devices not at all.
fn admit(guard: &Guard, request: &Request) -> Result<(), Problem> {
    let remote = Remote::of(request.extensions());
    match guard.caller(request.headers(), remote)?.standing {
        Standing::Component
        | Standing::Operator
        | Standing::Role(Role::Manager | Role::FrontDesk) => Ok(()),
        Standing::Role(_) | Standing::Device => {
            let detail = "whoever this is may not ask models";
            Err(Problem::new(Code::Forbidden, detail).at("authorization"))
        }
    }
}
