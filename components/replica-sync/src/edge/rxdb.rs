//! RxDB replication for tablets and pages, over HTTPS with a bearer token.
//!
//! ```text
//! GET  /api/replication/health                                     {"status": "ok"}
//! GET  /api/replication/{collection}/{version}/pull?epoch&xid&seq&limit   Pulled
//! POST /api/replication/{collection}/{version}/push                [PushRow] → [document]
//! GET  /api/replication/stream?collections=rooms,tasks             SSE, one stream a tablet
//! ```
//!
//! The rules of the client that this follows: a page shorter than its limit ends the catch-up, so
//! pages are always filled; a checkpoint always has all its members; a push is answered by an
//! array, never by an error for one row; 426 for another schema version, 403 only when the role
//! has nothing to do with the collection or its rights have ended.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use kit::credential::Caller;
use kit::error::Chain;
use kit::http::{Guard, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use wire::{Code, Problem};

use super::callers::Known;
use super::database::{Database, Property};
use super::feed::{Feeds, Page};
use super::push::Push;
use super::read::{self, Moved};
use crate::document::{self, Document};
use crate::place::{Checkpoint, NotAPlace, Place};
use crate::push::PushRow;
use crate::relation::{Access, Relation, Rows};

/// Most documents of one page.
const PAGE_MAX: u32 = 2_000;
/// Documents of a page when the tablet does not say.
const PAGE: u32 = 100;
/// Most rows of one push.
const ROWS_MAX: usize = 1_000;
/// Largest push, in bytes.
const PUSH_MAX: usize = 4 * 1024 * 1024;
/// Most tablets that listen at the same time: 1,000 of a large house, and some of their restarts.
const STREAMS_MAX: usize = 1_200;
/// How often a quiet stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser may remember what pages are allowed to ask.
const PREFLIGHT: Duration = Duration::from_hours(1);

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Tablets {
    pub(crate) database: Database,
    pub(crate) relations: Arc<[Relation]>,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) guard: Guard,
    pub(crate) property: Property,
    /// Ends every stream, so that a stop does not wait for tablets.
    pub(crate) stop: CancellationToken,
    pub(crate) streams: Arc<Semaphore>,
}

impl Tablets {
    /// Places for the streams of all tablets.
    pub(crate) fn streams() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(STREAMS_MAX))
    }
}

/// Everything that is served.
pub(crate) fn router(tablets: Tablets, origins: &[String]) -> Router {
    let no_store = HeaderValue::from_static("no-store");
    Router::new()
        .route("/api/replication/health", get(health))
        .route("/api/replication/{collection}/{version}/pull", get(pull))
        .route("/api/replication/{collection}/{version}/push", post(push))
        .route("/api/replication/stream", get(listen))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(PUSH_MAX))
        .layer(cors(origins))
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
        .with_state(Arc::new(tablets))
}

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

async fn nowhere() -> Refusal {
    let detail = "there is nothing to be asked like this";
    Refusal(Problem::new(Code::NotFound, detail).at("path"))
}

/// Whether the database answers.
async fn health(State(tablets): State<Arc<Tablets>>) -> Response {
    match tablets.database.answers().await {
        Ok(()) => Json(json!({"status": "ok"})).into_response(),
        Err(error) => away(&error).into_response(),
    }
}

/// A page of documents, and where the next begins.
#[derive(Debug, Serialize)]
struct Pulled {
    documents: Vec<Document>,
    checkpoint: Checkpoint,
}

/// Where a page begins; all three members of the checkpoint, or none.
#[derive(Debug, Deserialize)]
struct From {
    epoch: Option<String>,
    xid: Option<String>,
    seq: Option<String>,
    limit: Option<u32>,
}

impl From {
    fn checkpoint(&self) -> Option<Checkpoint> {
        Some(Checkpoint {
            epoch: self.epoch.clone()?,
            xid: self.xid.clone()?,
            seq: self.seq.clone()?,
        })
    }
}

async fn pull(
    State(tablets): State<Arc<Tablets>>,
    Known(caller): Known,
    Path(path): Path<(String, String)>,
    from: Result<Query<From>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Pulled>, Refusal> {
    let (relation, access) = tablets.collection(&caller, &path)?;
    let Query(from) = from
        .map_err(|error| Refusal(Problem::new(Code::Malformed, error.body_text()).at("query")))?;
    let after = match from.checkpoint() {
        Some(checkpoint) => checkpoint
            .place(&tablets.database.epoch)
            .map_err(misplaced)?,
        None => Place::default(),
    };
    let limit = from.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let reading = tablets.read(relation, access, &caller, after, limit);
    let page = reading.await.map_err(|error| away(&error))?;
    let end = page.last().map_or(after, |last| last.place);
    let checkpoint = Checkpoint::of(&tablets.database.epoch, end);
    let documents = page
        .iter()
        .map(|moved| shown(relation, access, moved))
        .collect();
    Ok(Json(Pulled {
        documents,
        checkpoint,
    }))
}

async fn push(
    State(tablets): State<Arc<Tablets>>,
    Known(caller): Known,
    Path(path): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Vec<Document>>, Refusal> {
    let (relation, access) = tablets.collection(&caller, &path)?;
    let rows: Vec<PushRow> = wire::decode_large(&body).map_err(Refusal)?;
    if rows.len() > ROWS_MAX {
        let detail = format!("a push has at most {ROWS_MAX} rows");
        return Err(Refusal(Problem::new(Code::TooLarge, detail)));
    }
    let push = Push {
        property: &tablets.property,
        relation,
        principal: &caller.principal,
        access,
        rows: &rows,
    };
    let answers = tablets
        .database
        .push(push)
        .await
        .map_err(|error| away(&error))?;
    tablets.feeds.written(&tablets.property);
    metrics::counter!("replica_sync_push_rows_total").increment(rows.len() as u64);
    Ok(Json(answers))
}

/// Which collections a stream is about.
#[derive(Debug, Deserialize)]
struct About {
    collections: String,
}

async fn listen(
    State(tablets): State<Arc<Tablets>>,
    Known(caller): Known,
    Query(about): Query<About>,
) -> Result<Response, Refusal> {
    let named: Vec<_> = about.collections.split(',').collect();
    let mut collections = BTreeMap::new();
    for name in named {
        let (relation, access) = tablets.open(&caller, name)?;
        collections.insert(relation.id, (relation.clone(), access.clone()));
    }
    let Ok(place) = Arc::clone(&tablets.streams).try_acquire_owned() else {
        let detail = format!("{STREAMS_MAX} tablets listen already");
        return Err(Refusal(Problem::new(Code::Busy, detail)));
    };
    let listening = tablets.feeds.listen(&tablets.property);
    let pages = listening.await.map_err(|error| away(&error))?;
    let listener = Listener {
        tablets: Arc::clone(&tablets),
        caller,
        collections,
        pages,
        _place: place,
    };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(Sse::new(listener.events())
        .keep_alive(keep_alive)
        .into_response())
}

/// A tablet that listens.
struct Listener {
    tablets: Arc<Tablets>,
    caller: Caller,
    collections: BTreeMap<i16, (Relation, Access)>,
    pages: broadcast::Receiver<Page>,
    _place: OwnedSemaphorePermit,
}

/// What moved in one collection.
#[derive(Debug, Serialize)]
struct Told<'a> {
    collection: &'a str,
    documents: Vec<Document>,
    checkpoint: Checkpoint,
}

impl Listener {
    /// What moves from now on. The end of the stream means: connect and pull again.
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        // The first words are at once: the tablet knows that from now on it misses nothing.
        let opened = stream::iter([Ok(Event::default().comment("open"))]);
        let told = stream::unfold(self, |mut listener| async move {
            let events = listener.next().await?;
            Some((stream::iter(events.into_iter().map(Ok)), listener))
        });
        futures_util::StreamExt::chain(opened, futures_util::StreamExt::flatten(told))
    }

    /// The events of the next page; none at the end: the tablet is too slow, its token has ended
    /// or was revoked, or the component stops.
    async fn next(&mut self) -> Option<Vec<Event>> {
        let stop = self.tablets.stop.clone();
        let tablets = Arc::clone(&self.tablets);
        let ended = tablets.guard.ended(&self.caller);
        tokio::pin!(ended);
        loop {
            let page = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = &mut ended => return None,
                page = self.pages.recv() => page.ok()?,
            };
            let events = self.told(&page);
            if !events.is_empty() {
                return Some(events);
            }
        }
    }

    fn told(&self, page: &[Moved]) -> Vec<Event> {
        let mut told: BTreeMap<i16, Told<'_>> = BTreeMap::new();
        for moved in page {
            let Some((relation, access)) = self.collections.get(&moved.relation) else {
                continue;
            };
            if !is_theirs(access, &self.caller, moved) {
                continue;
            }
            let checkpoint = Checkpoint::of(&self.tablets.database.epoch, moved.place);
            let collection = told.entry(moved.relation).or_insert_with(|| Told {
                collection: relation.name(),
                documents: Vec::new(),
                checkpoint: checkpoint.clone(),
            });
            collection.documents.push(shown(relation, access, moved));
            collection.checkpoint = checkpoint;
        }
        told.values()
            .map(|told| Event::default().data(String::from_utf8_lossy(&wire::encode(told))))
            .collect()
    }
}

/// Whether somebody may know of a row.
fn is_theirs(access: &Access, caller: &Caller, moved: &Moved) -> bool {
    match access.rows {
        Rows::All => true,
        Rows::Own => moved.owner.as_deref() == Some(caller.principal.as_str()),
    }
}

fn shown(relation: &Relation, access: &Access, moved: &Moved) -> Document {
    if moved.image.is_alive() {
        document::alive(relation, access, &moved.image.columns)
    } else {
        document::deleted(relation, access, &moved.id)
    }
}

impl Tablets {
    /// The collection of a path, for somebody who has something to do with it.
    fn collection(
        &self,
        caller: &Caller,
        (name, version): &(String, String),
    ) -> Result<(&Relation, &Access), Refusal> {
        let (relation, access) = self.open(caller, name)?;
        if *version == relation.table.version.to_string() {
            return Ok((relation, access));
        }
        let detail = format!(
            "the schema of {name:?} has version {}",
            relation.table.version
        );
        let mut problem = Problem::new(Code::UnsupportedVersion, detail).at("version");
        problem.status = StatusCode::UPGRADE_REQUIRED.as_u16();
        Err(Refusal(problem))
    }

    fn open(&self, caller: &Caller, name: &str) -> Result<(&Relation, &Access), Refusal> {
        let relation = self
            .relations
            .iter()
            .find(|relation| relation.name() == name);
        // Whoever may not see a collection does not learn whether there is one.
        relation
            .and_then(|relation| Some((relation, relation.access(caller.standing)?)))
            .ok_or_else(|| {
                let detail = format!("collection {name:?} is not for this role");
                Refusal(Problem::new(Code::Forbidden, detail).at("collection"))
            })
    }

    async fn read(
        &self,
        relation: &Relation,
        access: &Access,
        caller: &Caller,
        after: Place,
        limit: u32,
    ) -> Result<Vec<Moved>, sqlx::Error> {
        let owner = match access.rows {
            Rows::All => None,
            Rows::Own => Some(caller.principal.as_str()),
        };
        let mut transaction = self.database.begin_reading(&self.property).await?;
        read::relation_page(
            &mut transaction,
            &self.property,
            relation,
            after,
            owner,
            limit,
        )
        .await
    }
}

fn misplaced(error: NotAPlace) -> Refusal {
    Refusal(Problem::new(Code::Malformed, error.to_string()).at(error.field))
}

/// The database cannot answer: the tablet tries again.
fn away(error: &sqlx::Error) -> Refusal {
    tracing::warn!(error = %Chain(error), "the database did not answer");
    Refusal(Problem::new(
        Code::Unavailable,
        "the database does not answer",
    ))
}
