//! The hub's side of the link: boxes of many hotels, each by its certificate.
//!
//! ```text
//! POST /sync/v1/{box}/batches                 batch, NDJSON + zstd → Applied
//! GET  /sync/v1/{box}/changes?epoch&xid&seq   batch, NDJSON + zstd
//! GET  /sync/v1/{box}/events                  SSE: `moved` when there is something to get
//! ```
//!
//! Tenant and property are those of the certificate; nothing in a body or an address can name
//! another, and row-level security holds should the program be wrong. A batch that comes again is
//! answered again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use kit::clock::Clock;
use kit::credential::Verifier;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::http::Refusal;
use kit::identity::SpiffeId;
use sqlx::Row as _;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use wire::{BoxId, Code, Problem};

use super::apply::{Arrival, Manner, Note};
use super::callers::Replica;
use super::database::{Database, Property};
use super::feed::{Feeds, Page};
use super::read::Moved;
use crate::change::{Applied, BYTES_MAX, Batch, Change, Header};
use crate::place::{Checkpoint, Place};
use crate::relation::{Direction, Relation};

/// Rows of one batch down.
const PAGE: u32 = 1_000;
/// Where a batch is cut, in bytes before compression: well below what the other side takes.
const BATCH_BYTES: usize = BYTES_MAX / 2;
/// Batches that are applied at the same time; the database has connections for them.
const AT_ONCE: usize = 8;
/// How often a quiet stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How batches are compressed: level 3 saves as much as JSON has to give.
const LEVEL: i32 = 3;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Hub {
    database: Database,
    relations: Arc<[Relation]>,
    feeds: Arc<Feeds>,
    /// Whose certificates are believed now; a hotel whose record has gone is served no more.
    verifiers: watch::Receiver<Verifier>,
    clock: Clock,
    places: Semaphore,
    stop: CancellationToken,
}

impl Hub {
    pub(crate) fn new(
        database: Database,
        relations: &[Relation],
        feeds: Arc<Feeds>,
        verifiers: watch::Receiver<Verifier>,
        clock: Clock,
        stop: CancellationToken,
    ) -> Self {
        // What stays in its hotel is nobody's business here.
        let relations = relations
            .iter()
            .filter(|relation| relation.table.direction != Direction::Stay)
            .cloned();
        Self {
            relations: relations.collect(),
            database,
            feeds,
            verifiers,
            clock,
            places: Semaphore::new(AT_ONCE),
            stop,
        }
    }

    /// The property of a box that is still served.
    fn property(&self, spiffe: &SpiffeId) -> Result<Property, Refusal> {
        if self.verifiers.borrow().believes(&spiffe.realm()) {
            return Ok(Property {
                tenant: spiffe.tenant.clone(),
                property: spiffe.property.clone(),
            });
        }
        let detail = "this hotel is not served here any more";
        Err(Refusal(
            Problem::new(Code::Forbidden, detail).at("certificate"),
        ))
    }
}

/// Everything that is served.
pub(crate) fn router(hub: Hub) -> Router {
    Router::new()
        .route("/sync/v1/{box}/batches", post(take))
        .route("/sync/v1/{box}/changes", get(give))
        .route("/sync/v1/{box}/events", get(tell))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BYTES_MAX))
        .with_state(Arc::new(hub))
}

async fn nowhere() -> Refusal {
    let detail = "there is nothing to be asked like this";
    Refusal(Problem::new(Code::NotFound, detail).at("path"))
}

async fn take(
    State(hub): State<Arc<Hub>>,
    Replica(spiffe): Replica,
    Path(from): Path<BoxId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(_place) = hub.places.try_acquire() else {
        let detail = "the hub applies as many batches as it can";
        let refusal = Refusal(Problem::new(Code::Busy, detail));
        return ([(RETRY_AFTER, "1")], refusal).into_response();
    };
    match hub.apply(&spiffe, &from, &headers, &body).await {
        Ok(applied) => Json(applied).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl Hub {
    async fn apply(
        &self,
        spiffe: &SpiffeId,
        from: &BoxId,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Applied, Refusal> {
        let property = self.property(spiffe)?;
        let text = unpacked(headers, body).map_err(Refusal)?;
        let sha256 = kit::digest::sha256(&text);
        let batch = Batch::read(&text).map_err(Refusal)?;
        if let Some(answer) = self.answered(&property, from, &batch, &sha256.0).await? {
            return Ok(answer);
        }
        let arrival = Arrival {
            property: &property,
            relations: &self.relations,
            peer: from.as_str(),
            changes: &batch.changes,
            seen: None,
            now_ms: self.clock.wall().value(),
            manner: Manner::Merge,
            note: Note::Inbox(&batch.header, &sha256),
        };
        fault::pass(Point::HubBatchRead);
        let applied = self.database.apply(arrival).await;
        let applied = applied.map_err(|error| away(&error))?;
        fault::pass(Point::HubBatchApplied);
        self.feeds.written(&property);
        metrics::counter!("replica_sync_batches_total").increment(1);
        metrics::counter!("replica_sync_applied_rows_total").increment(applied.written);
        Ok(applied)
    }

    /// The answer to a batch that was here before.
    async fn answered(
        &self,
        property: &Property,
        from: &BoxId,
        batch: &Batch,
        sha256: &[u8],
    ) -> Result<Option<Applied>, Refusal> {
        let reading = async {
            let mut transaction = self.database.begin_reading(property).await?;
            sqlx::query(
                "SELECT sha256, answer FROM sync.inbox
                 WHERE tenant = $1 AND property = $2 AND peer = $3 AND batch = $4",
            )
            .bind(property.tenant.as_str())
            .bind(property.property.as_str())
            .bind(from.as_str())
            .bind(batch.header.batch.to_string())
            .fetch_optional(&mut *transaction)
            .await
        };
        let Some(row) = reading.await.map_err(|error| away(&error))? else {
            return Ok(None);
        };
        if row.get::<Vec<u8>, _>("sha256") != sha256 {
            let detail = "the batch was another when it was here before";
            return Err(Refusal(Problem::new(Code::Conflict, detail).at("batch")));
        }
        let sqlx::types::Json(answer) = row.get("answer");
        Ok(Some(answer))
    }
}

async fn give(
    State(hub): State<Arc<Hub>>,
    Replica(spiffe): Replica,
    Path(to): Path<BoxId>,
    Query(from): Query<Checkpoint>,
) -> Result<Response, Refusal> {
    let property = hub.property(&spiffe)?;
    let misplaced = |error: crate::place::NotAPlace| {
        Refusal(Problem::new(Code::Malformed, error.to_string()).at(error.field))
    };
    let after = from.place(&hub.database.epoch).map_err(misplaced)?;
    let down: Vec<_> = hub
        .relations
        .iter()
        .filter(|relation| relation.table.direction == Direction::Both)
        .cloned()
        .collect();
    let reading = hub.database.page(&property, &down, after, PAGE);
    let page = reading.await.map_err(|error| away(&error))?;
    let batch = batch(
        &hub.clock,
        &hub.database.epoch,
        after,
        page,
        &down,
        to.as_str(),
    );
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_ENCODING, "zstd"),
    ];
    Ok((headers, packed(&batch)).into_response())
}

/// A page as a batch for `peer`, without what came from there.
pub(crate) fn batch(
    clock: &Clock,
    epoch: &str,
    after: Place,
    page: Vec<Moved>,
    relations: &[Relation],
    peer: &str,
) -> Batch {
    let more = !page.is_empty();
    let (mut through, mut bytes, mut changes) = (after, 0, Vec::new());
    for moved in page {
        let relation = relations
            .iter()
            .find(|relation| relation.id == moved.relation);
        let elsewhere = moved.via.as_deref() != Some(peer);
        let place = moved.place;
        if let Some(relation) = relation.filter(|_| elsewhere) {
            let change = Change {
                relation: relation.name().to_owned(),
                id: moved.id,
                owner: moved.owner,
                image: relation.outward(moved.image),
            };
            bytes += wire::encode(&change).len();
            if bytes > BATCH_BYTES && !changes.is_empty() {
                break;
            }
            changes.push(change);
        }
        through = place;
    }
    let header = Header {
        v: wire::Version,
        batch: kit::ids::new(clock.wall()),
        through: Checkpoint::of(epoch, through),
        more,
    };
    Batch { header, changes }
}

/// The lines of a batch, compressed.
pub(crate) fn packed(batch: &Batch) -> Vec<u8> {
    zstd::encode_all(&batch.lines()[..], LEVEL).expect("memory takes everything")
}

/// The lines of a body, compressed or not, within the bound.
pub(crate) fn unpacked(headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Problem> {
    use std::io::Read as _;

    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    match encoding {
        None => Ok(body.to_vec()),
        Some(b"zstd") => {
            let unreadable =
                |error: std::io::Error| Problem::new(Code::Malformed, error.to_string()).at("body");
            let mut text = Vec::new();
            let bound = BYTES_MAX as u64 + 1;
            let mut decoder = zstd::Decoder::new(body).map_err(unreadable)?.take(bound);
            decoder.read_to_end(&mut text).map_err(unreadable)?;
            if text.len() > BYTES_MAX {
                let detail = format!("a batch has at most {BYTES_MAX} bytes");
                return Err(Problem::new(Code::TooLarge, detail).at("body"));
            }
            Ok(text)
        }
        Some(_) => {
            let detail = "the encoding is neither zstd nor none";
            Err(Problem::new(Code::Unsupported, detail).at("content-encoding"))
        }
    }
}

async fn tell(
    State(hub): State<Arc<Hub>>,
    Replica(spiffe): Replica,
    Path(to): Path<BoxId>,
) -> Result<Response, Refusal> {
    let property = hub.property(&spiffe)?;
    let listening = hub.feeds.listen(&property);
    let pages = listening.await.map_err(|error| away(&error))?;
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(Sse::new(moves(hub, (spiffe, to), pages))
        .keep_alive(keep_alive)
        .into_response())
}

/// One event at the beginning, and one whenever something moved that did not come from the box.
fn moves(
    hub: Arc<Hub>,
    listener: (SpiffeId, BoxId),
    pages: broadcast::Receiver<Page>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let moved = || Ok(Event::default().event("moved").data("{}"));
    let later = stream::unfold((hub, listener, pages), move |mut state| async move {
        let (hub, (spiffe, to), pages) = &mut state;
        let mut changed = hub.verifiers.clone();
        loop {
            tokio::select! {
                () = hub.stop.cancelled() => return None,
                Ok(()) = changed.changed() => {
                    if hub.property(spiffe).is_err() {
                        return None;
                    }
                }
                page = pages.recv() => {
                    let elsewhere = |moved: &Moved| moved.via.as_deref() != Some(to.as_str());
                    let news = match page {
                        Ok(page) => page.iter().any(elsewhere),
                        // Too much moved to be told one by one.
                        Err(broadcast::error::RecvError::Lagged(_)) => true,
                        Err(broadcast::error::RecvError::Closed) => return None,
                    };
                    if news {
                        return Some((moved(), state));
                    }
                }
            }
        }
    });
    futures_util::StreamExt::chain(stream::iter([moved()]), later)
}

fn away(error: &sqlx::Error) -> Refusal {
    tracing::warn!(error = %Chain(error), "the database did not answer");
    Refusal(Problem::new(
        Code::Unavailable,
        "the database does not answer",
    ))
}
