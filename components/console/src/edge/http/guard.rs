//! Stands before every handler: who comes, by which name, and what the answer must say.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use kit::http::{Refusal, Remote};
use wire::{Code, Problem};

use super::Console;
use crate::addresses::{Addresses, Scheme};
use crate::host::Host;

/// Says the same of every answer: files are what they say they are, nobody learns where a visitor
/// came from, nobody may embed what is ours, and a page gets none of what it does not use.
const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Somebody who came in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Where from.
    pub(super) address: SocketAddr,
    /// Everybody's address, seen from where the visitor found us.
    pub(super) addresses: Arc<Addresses>,
}

/// Guards one listener.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub(super) scheme: Scheme,
    pub(super) console: Arc<Console>,
}

impl Guarded {
    /// Puts the guard before a router, whatever it answers.
    pub(super) fn guard(self, router: Router) -> Router {
        router
            .fallback(|| async { nothing_here() })
            .layer(middleware::from_fn_with_state(self, pass))
    }

    fn visitor(&self, request: &Request) -> Result<Visitor, Problem> {
        let wrong = |detail: &str| Problem::new(Code::Malformed, detail).at("host");
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(wrong("exactly one host must be named"));
        };
        let host = host.to_str().ok().map(Host::of_header);
        let host = host
            .and_then(Result::ok)
            .ok_or_else(|| wrong("the host is neither a name nor an address"))?;
        if !self.is_ours(&host) {
            let detail = "this box does not go by that name";
            return Err(Problem::new(Code::NotFound, detail).at("host"));
        }
        let addresses = self.console.site.addresses(&host, self.scheme);
        Ok(Visitor {
            address: address(request).ok_or_else(|| {
                Problem::new(Code::Internal, "the visitor's address is not known")
            })?,
            addresses: Arc::new(addresses),
        })
    }

    fn is_ours(&self, host: &Host) -> bool {
        let identity = Arc::clone(&self.console.identity.borrow());
        let certified = super::hotel::server_names(&identity);
        let configured = &self.console.site.hosts;
        host.is_one_of(certified.iter().chain(configured).map(String::as_str))
    }
}

fn address(request: &Request) -> Option<SocketAddr> {
    let extensions = request.extensions();
    let plain = extensions.get::<ConnectInfo<SocketAddr>>();
    let secured = extensions.get::<ConnectInfo<Remote>>();
    plain
        .map(|info| info.0)
        .or_else(|| secured.map(|info| info.0.address))
}

async fn pass(State(guarded): State<Guarded>, request: Request, next: Next) -> Response {
    let visitor = match guarded.visitor(&request) {
        Ok(visitor) => visitor,
        Err(problem) => return Refusal(problem).into_response(),
    };
    let policy = HeaderValue::from_str(visitor.addresses.policy())
        .expect("hosts and configured addresses are printable");
    let mut request = request;
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn nothing_here() -> Response {
    Refusal(Problem::new(Code::NotFound, "there is no such page")).into_response()
}

/// The visitor, as handlers get them.
pub(super) type Came = Extension<Visitor>;
