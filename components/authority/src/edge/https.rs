//! HTTPS: for tablets, which are not on the bus, and for leaves that have lapsed.
//!
//! Promises: nothing is granted for coming from the right address or page; every body is bounded
//! and every refusal in one form (RFC 9457), naming the field; whoever is often wrong is not heard
//! for a while; answers are kept by nobody on the way.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kit::clock::Clock;
use kit::credential::{Caller, Verifier};
use kit::http::{Guard, Refusal, Remote};
use kit::identity::Identity;
use tokio::sync::watch;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use wire::{Code, Integer, Nonce, Problem};

use super::succession::Succession;
use crate::edge::ca::Ca;
use crate::nonces::Nonces;
use crate::rates::Rates;
use crate::service::Desk;

mod lapsed;
mod names;
mod person;
mod read;
mod replacement;
mod tablet;

/// Largest body: a token, or a certificate with its request, with room to spare.
const BODY_MAX: usize = 32 * 1024;
/// How long a browser may remember what pages are allowed to ask.
const PREFLIGHT: Duration = Duration::from_hours(1);

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Https {
    pub(crate) desk: Desk,
    pub(crate) ca: Arc<Ca>,
    pub(crate) guard: Guard,
    pub(crate) verifier: Verifier,
    pub(crate) identity: watch::Receiver<Arc<Identity>>,
    pub(crate) succession: watch::Receiver<Arc<Succession>>,
    pub(crate) clock: Clock,
    pub(crate) nonces: Mutex<Nonces>,
    pub(crate) rates: Mutex<Rates<IpAddr>>,
}

/// Everything that is served.
pub(crate) fn router(https: Https, origins: &[String]) -> Router {
    let https = Arc::new(https);
    let no_store = HeaderValue::from_static("no-store");
    Router::new()
        .route("/enrol", post(tablet::enrol))
        .route("/challenge", post(tablet::challenge))
        .route("/bearer", post(tablet::bearer))
        .route("/token", post(tablet::token))
        .route("/renew-leaf", post(lapsed::renew_leaf))
        .route("/server-names", get(names::server_names))
        .route("/ca-replacement", get(replacement::ca_replacement))
        .route(
            "/sittings",
            get(person::sittings).post(person::open_sitting),
        )
        .route("/sittings/{sitting}/close", post(person::close_sitting))
        .route("/invitations", get(person::enrolments).post(person::invite))
        .route("/invitations/confirm", post(person::confirm))
        .route("/invitations/withdraw", post(person::withdraw))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(&https), bounded))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(cors(origins))
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
        .with_state(https)
}

/// Pages of other origins may ask: what they ask for, they prove by what they send. Cookies are
/// not used, so credentials of the browser stay off.
fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .max_age(PREFLIGHT)
}

/// Hears an address only as often as it may ask and be wrong.
async fn bounded(
    State(https): State<Arc<Https>>,
    ConnectInfo(remote): ConnectInfo<Remote>,
    request: Request,
    next: Next,
) -> Response {
    let (now, address) = (https.clock.monotonic(), remote.address.ip());
    if !lock(&https.rates).ask(now, address) {
        metrics::counter!("authority_requests_turned_away_total").increment(1);
        let detail = "this address has asked, or was wrong, too often; wait a minute";
        return Refusal(Problem::new(Code::Busy, detail)).into_response();
    }
    let response = next.run(request).await;
    if response.status().is_client_error() {
        lock(&https.rates).refuse(https.clock.monotonic(), address);
    }
    response
}

async fn nothing() -> Refusal {
    let detail = "there is nothing to be asked like this";
    Refusal(Problem::new(Code::NotFound, detail).at("path"))
}

impl Https {
    fn now(&self) -> Integer {
        self.clock.wall()
    }

    /// Takes a nonce back: it was given within the last minute and never before taken back.
    fn spend(&self, nonce: &Nonce) -> Result<(), Problem> {
        let now = self.clock.monotonic();
        if lock(&self.nonces).spend(now, nonce) {
            Ok(())
        } else {
            let detail = "the nonce was used before, is older than a minute, or was never given";
            Err(Problem::new(Code::Expired, detail).at("nonce"))
        }
    }

    /// Refuses whoever is on the revocation list.
    fn admit(&self, caller: Caller) -> Result<Caller, Problem> {
        let admitted = self.guard.admit(&caller);
        admitted.map_err(|problem| problem.at("token"))?;
        Ok(caller)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
