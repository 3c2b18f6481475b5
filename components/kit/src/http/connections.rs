//! Connections of a listener, which nobody keeps for ever without using them.
//!
//! Promises: there are at most [`LIMITS`]`.places`; somebody who says nothing, says it drop by drop, or does not
//! read what they asked for, has a place for a bounded time, and for a short one when places are scarce.
//! A connection that is upgraded (WebSocket) is its handler's from then on and takes no place; a stream
//! whose answer goes on is nobody's idle connection.

use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod body;
mod watched;

use body::Prompt;
use watched::Watched;

/// How much there may be, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most connections at a time.
    places: usize,
    /// How long a request's head may take, and the pause before it on a connection that is kept.
    patient: Duration,
    /// The same when half of the places are taken: a page makes a new connection in no time.
    crowded: Duration,
    /// How long a request's body may take whatever its length.
    grace: Duration,
    /// How long an answer may stand still; it fills buffers of megabytes before it does.
    unread: Duration,
}

/// Those of every listener: the tablets of a large hotel, with some pages each.
pub(super) const LIMITS: Limits = Limits {
    places: 2_000,
    patient: Duration::from_secs(30),
    crowded: Duration::from_secs(5),
    grace: Duration::from_secs(30),
    unread: Duration::from_secs(30),
};

impl Limits {
    /// How long a head may take when so many places are free.
    fn patience(&self, free: usize) -> Duration {
        if free < self.places / 2 {
            self.crowded
        } else {
            self.patient
        }
    }
}

/// Serves until the stop; handlers find the listener's address of the other end as connect info.
pub(super) async fn serve<L>(
    mut listener: L,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) where
    L: Listener,
    L::Addr: Clone + Sync,
{
    let places = Arc::new(Semaphore::new(limits.places));
    let attended = TaskTracker::new();
    let accepting = async {
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let (io, address) = listener.accept().await;
            let patience = limits.patience(places.available_permits());
            let limits = Limits {
                patient: patience,
                ..limits
            };
            let attending = attend(io, address, router.clone(), limits, stop.clone());
            attended.spawn(async move {
                attending.await;
                drop(place);
            });
        }
    };
    stop.run_until_cancelled(accepting).await;
    // Whoever knocks from now on is refused, not kept waiting.
    drop(listener);
    attended.close();
    attended.wait().await;
}

async fn attend<Io, A>(io: Io, address: A, router: Router, limits: Limits, stop: CancellationToken)
where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| prompt(body, limits.grace));
        request
            .extensions_mut()
            .insert(ConnectInfo(address.clone()));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.patient)
        .serve_connection(TokioIo::new(Watched::new(io, limits.unread)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        note(&error);
    }
}

fn prompt(body: Incoming, grace: Duration) -> Body {
    if body.is_end_stream() {
        Body::empty()
    } else {
        Body::new(Prompt::new(body, grace))
    }
}

fn note(error: &hyper::Error) {
    let late = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    let source = error.source().and_then(|source| source.downcast_ref());
    if error.is_timeout() {
        count("silent");
    } else if source.is_some_and(late) {
        count("unread");
    } else {
        // The other end was cut off, or is no HTTP client.
        tracing::debug!(%error, "connection ended");
    }
}

fn count(reason: &'static str) {
    metrics::counter!("http_connections_ended_total", "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests;
