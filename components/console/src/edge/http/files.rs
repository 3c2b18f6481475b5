//! The built pages.
//!
//! A page keeps its address and is asked for anew each time; what it loads is named after its
//! content and never changes.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::Site;
use super::guard::Came;

/// Where Vite puts what pages load.
const ASSETS: &str = "assets";
/// A year, the longest that caches promise (RFC 9111 §1.2.2).
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked for whether it is still the same.
const ASKED_FOR: &str = "no-cache";

/// The page of guests, at each table, and at none, where it says what to do.
const GUEST: &str = "guest.html";
/// Pages that somebody may type without the scheme; over HTTP they lead to HTTPS.
const STAFF: &[(&str, &str)] = &[
    ("/staff", "staff.html"),
    ("/kitchen", "kitchen.html"),
    ("/life", "life.html"),
    ("/rooms", "rooms.html"),
    ("/desk", "desk.html"),
    ("/pos", "pos.html"),
];
/// Opened by a QR code that carries a secret behind `#`, which a page in the clear must not read.
const ENROL: (&str, &str) = ("/enrol", "enrol.html");

/// What guests load.
pub(super) fn for_guests(site: &Site) -> Router {
    let assets = ServeDir::new(site.pages.join(ASSETS)).append_index_html_on_directories(false);
    let assets =
        Router::new()
            .nest_service("/assets", assets)
            .layer(SetResponseHeaderLayer::overriding(
                header::CACHE_CONTROL,
                |response: &Response| found(response, FOR_EVER),
            ));
    page(&site.pages, "/t/{table}", GUEST)
        .merge(page(&site.pages, "/t", GUEST))
        .merge(assets)
}

/// The pages of staff, and the way to them.
pub(super) fn for_staff(site: &Site) -> Router {
    let home = Router::new().route("/", get(|| async { Redirect::temporary("/staff") }));
    STAFF
        .iter()
        .chain([&ENROL])
        .fold(home, |router, (path, file)| {
            router.merge(page(&site.pages, path, file))
        })
}

/// Leads staff who typed an address to HTTPS, and anybody else to the page for guests.
pub(super) fn for_passers_by() -> Router {
    let home = Router::new().route("/", get(|| async { Redirect::temporary("/t") }));
    STAFF
        .iter()
        .fold(home, |router, (path, _)| router.route(path, get(secured)))
}

async fn secured(visitor: Came, request: Request) -> Response {
    let path = request.uri().path();
    let staff = &visitor.addresses.staff;
    Redirect::temporary(&format!("{staff}{path}")).into_response()
}

fn page(pages: &Path, path: &str, file: &str) -> Router {
    Router::new()
        .route_service(path, ServeFile::new(pages.join(file)))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            |response: &Response| found(response, ASKED_FOR),
        ))
}

/// A page that is missing today may be there tomorrow.
fn found(response: &Response, cached: &'static str) -> Option<HeaderValue> {
    let status = response.status();
    (status.is_success() || status == StatusCode::NOT_MODIFIED)
        .then(|| HeaderValue::from_static(cached))
}
