//! The hotel's side of the link: dials the hub, carries changes up and takes those of others down.
//!
//! Up: whatever moved here and did not come from the hub, gathered for a moment, in batches; the
//! cursor moves on when the hub has committed. Down: the hub's stream says that there is something,
//! pages are fetched from the cursor, which is kept in the transaction that applies them. Both ways
//! a repetition is harmless: states travel, not steps. Nothing is asked of the hub otherwise, and
//! nothing here waits for it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use kit::backoff::Backoff;
use kit::clock::Clock;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::identity::Identity;
use kit::tls::{AnchorError, internet_client_config_as};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use sqlx::postgres::PgConnection;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::{BoxId, Problem};

use super::apply::{Arrival, Manner, Note, Seen};
use super::database::{Database, Property};
use super::feed::Feeds;
use super::hub::{batch, packed, unpacked};
use crate::change::{Applied, Batch};
use crate::config;
use crate::place::{Checkpoint, Place};
use crate::relation::{Direction, Relation};

/// Name of the hub in the books of an edge.
const HUB: &str = "hub";
/// The longest time between two looks, however quiet it is.
const LOOK: Duration = Duration::from_secs(15);
/// Rows of one batch up.
const PAGE: u32 = 500;
/// Longest request; a batch of a slow line has its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the hub may be silent before it is called again; it shows itself every 15 seconds.
const SILENCE: Duration = Duration::from_secs(40);
/// Pauses after failures.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The link of a hotel's database.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) database: Database,
    pub(crate) relations: Arc<[Relation]>,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) property: Property,
    pub(crate) box_id: BoxId,
    pub(crate) url: String,
    pub(crate) hub: config::Hub,
    pub(crate) identity: watch::Receiver<Arc<Identity>>,
    pub(crate) clock: Clock,
}

impl Link {
    /// Carries changes up until the stop.
    pub(crate) async fn send(self, stop: CancellationToken) {
        let sending = async {
            let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
            loop {
                if let Err(error) = self.send_while_it_goes(&mut backoff).await {
                    Self::complain(&error, "send");
                    tokio::time::sleep(backoff.wait()).await;
                }
            }
        };
        stop.run_until_cancelled(sending).await;
    }

    async fn send_while_it_goes(&self, backoff: &mut Backoff) -> Result<(), LinkError> {
        let client = self.client()?;
        let mut identity = self.identity.clone();
        identity.mark_unchanged();
        let mut moved = self.feeds.listen(&self.property).await?;
        loop {
            while self.send_page(&client).await? {
                backoff.reset();
            }
            metrics::gauge!("replica_sync_hub_reachable").set(1.0);
            tokio::select! {
                // What was heard is not read: whatever moved is read from the cursor.
                _ = timeout(LOOK, moved.recv()) => {}
                _ = identity.changed() => return Ok(()),
            }
            tokio::time::sleep(self.hub.gather_ms.0).await;
            moved = moved.resubscribe();
        }
    }

    /// Sends the next batch; whether there was something.
    async fn send_page(&self, client: &reqwest::Client) -> Result<bool, LinkError> {
        let up: Vec<_> = self
            .relations
            .iter()
            .filter(|relation| relation.table.direction != Direction::Stay)
            .cloned()
            .collect();
        let after = self.cursor("sent").await?.place;
        let page = self.database.page(&self.property, &up, after, PAGE).await?;
        if page.is_empty() {
            return Ok(false);
        }
        let batch = batch(&self.clock, &self.database.epoch, after, page, &up, HUB);
        if !batch.changes.is_empty() {
            let answer = self.post(client, &batch).await?;
            self.heed(&batch, answer).await?;
            fault::pass(Point::ReplicaBatchSent);
        }
        let mut transaction = self
            .database
            .begin(&self.property, super::database::Purpose::Write)
            .await?;
        keep_cursor(
            &mut transaction,
            &self.property,
            (HUB, "sent"),
            &batch.header.through,
        )
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn post(&self, client: &reqwest::Client, batch: &Batch) -> Result<Applied, LinkError> {
        let body = packed(batch);
        metrics::counter!("replica_sync_hub_sent_bytes_total").increment(body.len() as u64);
        let response = client
            .post(self.place("batches"))
            .header(CONTENT_TYPE, "application/x-ndjson")
            .header(CONTENT_ENCODING, "zstd")
            .body(body)
            .timeout(PATIENCE)
            .send()
            .await?;
        let body = answered(response).await?.1;
        serde_json::from_slice(&body).map_err(LinkError::Answer)
    }

    /// Takes up what the hub says of a batch.
    async fn heed(&self, batch: &Batch, answer: Applied) -> Result<(), LinkError> {
        for rejected in &answer.rejected {
            let (table, key, problem) = (&rejected.relation, &rejected.id, &rejected.problem);
            tracing::error!(table, key, %problem, "the hub rejected a row");
        }
        if answer.restamped.is_empty() {
            return Ok(());
        }
        let rows = answer.restamped.len();
        tracing::warn!(
            rows,
            "the hub restamped rows: is the clock of this box right?"
        );
        let through = batch.header.through.place(&self.database.epoch);
        let seen = through.map_err(|_| LinkError::Misplaced)?;
        let arrival = Arrival {
            property: &self.property,
            relations: &self.relations,
            peer: HUB,
            changes: &answer.restamped,
            seen: Some(Seen {
                place: seen,
                at_ms: i64::MAX,
            }),
            now_ms: self.clock.wall().value(),
            manner: Manner::Adopt,
            note: Note::Nothing,
        };
        self.database.apply(arrival).await?;
        Ok(())
    }

    /// Takes changes of others down until the stop.
    pub(crate) async fn receive(self, stop: CancellationToken) {
        let receiving = async {
            let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
            loop {
                if let Err(error) = self.receive_while_it_goes(&mut backoff).await {
                    Self::complain(&error, "receive");
                }
                tokio::time::sleep(backoff.wait()).await;
            }
        };
        stop.run_until_cancelled(receiving).await;
    }

    async fn receive_while_it_goes(&self, backoff: &mut Backoff) -> Result<(), LinkError> {
        let client = self.client()?;
        let response = client.get(self.place("events")).send().await?;
        if !response.status().is_success() {
            return Err(answered(response)
                .await
                .map_or_else(|error| error, |_| LinkError::Misplaced));
        }
        let mut events = pin!(response.bytes_stream());
        let mut identity = self.identity.clone();
        identity.mark_unchanged();
        loop {
            // Every word of the hub, also the one that only shows that it lives, is worth a look.
            while self.receive_page(&client).await? {}
            backoff.reset();
            let word: Option<Result<Bytes, _>> = tokio::select! {
                word = timeout(SILENCE, events.next()) => word.map_err(|_| LinkError::Silent)?,
                _ = identity.changed() => return Ok(()),
            };
            match word {
                Some(word) => drop(word?),
                None => return Ok(()),
            }
        }
    }

    /// Fetches and applies the next page; whether there was something.
    async fn receive_page(&self, client: &reqwest::Client) -> Result<bool, LinkError> {
        let Cursor { epoch, place, .. } = self.cursor("received").await?;
        let from = Checkpoint::of(&epoch, place);
        let response = client
            .get(self.place("changes"))
            .query(&[
                ("epoch", &from.epoch),
                ("xid", &from.xid),
                ("seq", &from.seq),
            ])
            .timeout(PATIENCE)
            .send()
            .await?;
        let (headers, body) = answered(response).await?;
        metrics::counter!("replica_sync_hub_received_bytes_total").increment(body.len() as u64);
        let text = unpacked(&headers, &body).map_err(LinkError::Refused)?;
        let batch = Batch::read(&text).map_err(LinkError::Refused)?;
        if !batch.header.more {
            return Ok(false);
        }
        fault::pass(Point::ReplicaPageFetched);
        let sent = self.cursor("sent").await?;
        let arrival = Arrival {
            property: &self.property,
            relations: &self.relations,
            peer: HUB,
            changes: &batch.changes,
            seen: Some(Seen {
                place: sent.place,
                at_ms: sent.at_ms,
            }),
            now_ms: self.clock.wall().value(),
            manner: Manner::Merge,
            note: Note::Cursor(&batch.header.through),
        };
        let applied = self.database.apply(arrival).await?;
        fault::pass(Point::ReplicaPageApplied);
        metrics::counter!("replica_sync_applied_rows_total").increment(applied.written);
        self.feeds.written(&self.property);
        Ok(true)
    }

    fn place(&self, what: &str) -> String {
        format!("{}/sync/v1/{}/{what}", self.url, self.box_id)
    }

    fn client(&self) -> Result<reqwest::Client, LinkError> {
        let identity = Arc::clone(&self.identity.borrow());
        let tls = internet_client_config_as(&identity, self.hub.ca.as_deref())?;
        Ok(reqwest::Client::builder()
            .use_preconfigured_tls((*tls).clone())
            .connect_timeout(Duration::from_secs(10))
            .build()?)
    }

    async fn cursor(&self, direction: &str) -> Result<Cursor, LinkError> {
        let mut transaction = self.database.begin_reading(&self.property).await?;
        let cursor: Option<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT epoch, xid::text, seq, (extract(epoch FROM at) * 1000)::bigint
             FROM sync.peer_cursor
             WHERE tenant = $1 AND property = $2 AND peer = $3 AND direction = $4",
        )
        .bind(self.property.tenant.as_str())
        .bind(self.property.property.as_str())
        .bind(HUB)
        .bind(direction)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((epoch, xid, seq, at_ms)) = cursor else {
            return Ok(Cursor {
                epoch: String::new(),
                place: Place::default(),
                at_ms: 0,
            });
        };
        let xid = xid.parse().map_err(|_| LinkError::Misplaced)?;
        Ok(Cursor {
            epoch,
            place: Place { xid, seq },
            at_ms,
        })
    }

    fn complain(error: &LinkError, act: &str) {
        metrics::gauge!("replica_sync_hub_reachable").set(0.0);
        if error.is_absence() {
            tracing::info!(act, error = %Chain(error), "the hub is not reached");
        } else {
            tracing::warn!(act, error = %Chain(error), "the hub refuses");
        }
    }
}

/// How far one direction is.
#[derive(Debug)]
struct Cursor {
    epoch: String,
    place: Place,
    at_ms: i64,
}

/// Moves a cursor on, in the caller's transaction.
pub(crate) async fn keep_cursor(
    connection: &mut PgConnection,
    property: &Property,
    (peer, direction): (&str, &str),
    through: &Checkpoint,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sync.peer_cursor (tenant, property, peer, direction, epoch, xid, seq)
         VALUES ($1, $2, $3, $4, $5, $6::text::xid8, $7::text::bigint)
         ON CONFLICT (tenant, property, peer, direction) DO UPDATE SET
            epoch = excluded.epoch, xid = excluded.xid, seq = excluded.seq, at = now()",
    )
    .bind(property.tenant.as_str())
    .bind(property.property.as_str())
    .bind(peer)
    .bind(direction)
    .bind(&through.epoch)
    .bind(&through.xid)
    .bind(&through.seq)
    .execute(connection)
    .await?;
    Ok(())
}

/// Headers and body of an answer; a refusal as its problem.
async fn answered(
    response: reqwest::Response,
) -> Result<(reqwest::header::HeaderMap, Bytes), LinkError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await?;
    if status.is_success() {
        return Ok((headers, body));
    }
    let problem: Result<Problem, _> = wire::decode(&body);
    Err(problem.map_or(LinkError::Status(status.as_u16()), LinkError::Refused))
}

/// The link cannot go on now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The hub is not reached, or the answer was cut.
    #[error("no answer from the hub")]
    Http(#[from] reqwest::Error),
    /// The hub does not show itself.
    #[error("the hub has been silent for {SILENCE:?}")]
    Silent,
    /// It was said why not.
    #[error("the hub refuses: {0}")]
    Refused(Problem),
    /// It was said in no form that is known.
    #[error("the hub's answer cannot be read")]
    Answer(#[source] serde_json::Error),
    /// It was not said why not.
    #[error("the hub answered with status {0}")]
    Status(u16),
    /// A cursor that is none.
    #[error("a cursor cannot be read")]
    Misplaced,
    /// The own database does not answer.
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    /// Nobody could believe the hub.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

impl LinkError {
    /// Whether the internet is away, which is no news in a hotel.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Http(_) | Self::Silent)
    }
}
