//! Carries what another database wrote over into this one: reads the states, merges, writes rows
//! and states, in one transaction.
//!
//! A batch goes by a few statements a table, however many rows it has. Only when the database
//! refuses one are rows tried one by one: those that refer to a row that is not there wait for it,
//! others are rejected, and neither keeps the rest waiting.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use wire::{Code, Problem, Sha256};

use super::database::{
    Database, Property, Purpose, is_a_clash, is_a_twin, is_about_data, is_orphaned,
};
use super::link::keep_cursor;
use super::notes::{self, Notes};
use super::push::{delete, put};
use super::read::{self, Lock, Moved};
use crate::change::{Applied, Change, Header, Rejected};
use crate::image::Image;
use crate::place::{Checkpoint, Place};
use crate::relation::{Mode, Relation};
use crate::version::{Stamp, Version};

/// How often a batch is tried when other writers get in its way.
const TRIES: u32 = 5;
/// How far ahead of ours the clock of a peer may be.
pub(crate) const SKEW_MS: u64 = 60_000;
/// Most waiting rows that are tried again with a batch.
const PENDING_MAX: i64 = 1_000;

/// A batch of a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) property: &'a Property,
    pub(crate) relations: &'a [Relation],
    pub(crate) peer: &'a str,
    pub(crate) changes: &'a [Change],
    /// Up to where the peer has what is here.
    pub(crate) seen: Option<Seen>,
    /// The present, in Unix milliseconds.
    pub(crate) now_ms: u64,
    /// Whether stamps are believed as they are: what the hub has restamped is.
    pub(crate) manner: Manner,
    /// What is kept together with the rows.
    pub(crate) note: Note<'a>,
}

/// What is kept together with the rows of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Note<'a> {
    Nothing,
    /// How far the peer's changes are here.
    Cursor(&'a Checkpoint),
    /// The same, and the answer, should the batch of this digest come again.
    Inbox(&'a Header, &'a Sha256),
}

/// Up to where a peer has what is here: a value of ours beyond it that is overwritten was written
/// by somebody who did not know of the peer's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) place: Place,
    /// When that was, in Unix milliseconds.
    pub(crate) at_ms: i64,
}

/// How images become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Merged into what is here.
    Merge,
    /// Taken instead of what is here, whatever the stamps say.
    Adopt,
}

/// What is done with a row.
struct Outcome {
    id: String,
    owner: Option<String>,
    image: Image,
    /// Whether the row is now exactly as the peer has it.
    same: bool,
    lost: Option<Lost>,
}

/// Values of ours that were overwritten by somebody who did not know them.
struct Lost {
    wanted: Value,
    kept: Value,
}

impl Database {
    /// Applies a batch, in one transaction with what is noted of it.
    pub(crate) async fn apply(&self, arrival: Arrival<'_>) -> Result<Applied, sqlx::Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt_apply(arrival).await {
                Err(error) if is_a_clash(&error) && tries < TRIES => {}
                outcome => return outcome,
            }
        }
    }

    async fn attempt_apply(&self, arrival: Arrival<'_>) -> Result<Applied, sqlx::Error> {
        let purpose = Purpose::Apply(arrival.changes.len());
        let mut transaction = self.begin(arrival.property, purpose).await?;
        let mut applied = Applied::default();
        let mut grouped: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for change in arrival.changes {
            grouped.entry(&change.relation).or_default().push(change);
        }
        for (name, changes) in grouped {
            let relation = arrival
                .relations
                .iter()
                .find(|relation| relation.name() == name);
            match relation {
                Some(relation) => {
                    let changes = self.believed(arrival, relation, &changes, &mut applied);
                    self.apply_relation(
                        &mut transaction,
                        arrival,
                        relation,
                        &changes,
                        &mut applied,
                    )
                    .await?;
                }
                None => reject_all(&changes, "is not synchronised here", &mut applied),
            }
        }
        if applied.written > 0 {
            self.retry_pending(&mut transaction, arrival, &mut applied)
                .await?;
        }
        note(&mut transaction, arrival, &applied).await?;
        transaction.commit().await?;
        Ok(applied)
    }

    /// The changes with believable stamps; a stamp from the future becomes one of ours, and the
    /// sender is told.
    fn believed(
        &self,
        arrival: Arrival<'_>,
        relation: &Relation,
        changes: &[&Change],
        applied: &mut Applied,
    ) -> Vec<Change> {
        let latest = Stamp::of_ms(arrival.now_ms + SKEW_MS);
        let here = Version {
            stamp: Stamp::of_ms(arrival.now_ms),
            origin: self.origin,
        };
        let mut seen = HashSet::new();
        let mut believed = Vec::with_capacity(changes.len());
        // Of two states of one row in a batch the later line counts.
        for change in changes.iter().rev() {
            if !seen.insert(change.id.as_str()) {
                continue;
            }
            let mut change = (*change).clone();
            change
                .image
                .columns
                .retain(|name, _| relation.column(name).is_some());
            if arrival.manner == Manner::Merge && change.image.top() > latest {
                change.image = restamped(&change.image, latest, here);
                applied.restamped.push(change.clone());
                metrics::counter!("replica_sync_restamped_total").increment(1);
            }
            believed.push(change);
        }
        believed.reverse();
        believed
    }

    async fn apply_relation(
        &self,
        connection: &mut PgConnection,
        arrival: Arrival<'_>,
        relation: &Relation,
        changes: &[Change],
        applied: &mut Applied,
    ) -> Result<(), sqlx::Error> {
        let mut savepoint = connection.begin().await?;
        match apply_together(&mut savepoint, arrival, relation, changes, self.origin).await {
            Ok(written) => {
                savepoint.commit().await?;
                applied.written += written;
                applied.superseded += changes.len() as u64 - written;
                return Ok(());
            }
            Err(error) if is_about_data(&error) => savepoint.rollback().await?,
            Err(error) => return Err(error),
        }
        for change in changes {
            apply_alone(
                connection,
                arrival,
                relation,
                (change, self.origin),
                applied,
            )
            .await?;
        }
        Ok(())
    }

    /// Tries the rows again that waited for another one.
    async fn retry_pending(
        &self,
        connection: &mut PgConnection,
        arrival: Arrival<'_>,
        applied: &mut Applied,
    ) -> Result<(), sqlx::Error> {
        let waiting: Vec<(i16, Json<Change>)> = sqlx::query_as(
            "DELETE FROM sync.pending p USING (
                SELECT tenant, relation, row_id FROM sync.pending
                WHERE tenant = $1 AND property = $2 ORDER BY at LIMIT $3) o
             WHERE (p.tenant, p.relation, p.row_id) = (o.tenant, o.relation, o.row_id)
             RETURNING p.relation, p.change",
        )
        .bind(arrival.property.tenant.as_str())
        .bind(arrival.property.property.as_str())
        .bind(PENDING_MAX)
        .fetch_all(&mut *connection)
        .await?;
        // Whatever waits on was counted when it came.
        let pending = applied.pending;
        for (number, Json(change)) in waiting {
            let relation = arrival
                .relations
                .iter()
                .find(|relation| relation.id == number);
            if let Some(relation) = relation {
                let alone = (&change, self.origin);
                apply_alone(connection, arrival, relation, alone, applied).await?;
            }
        }
        applied.pending = pending;
        Ok(())
    }
}

async fn note(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    applied: &Applied,
) -> Result<(), sqlx::Error> {
    let Arrival { property, peer, .. } = arrival;
    let through = match arrival.note {
        Note::Nothing => return Ok(()),
        Note::Cursor(through) => through,
        Note::Inbox(header, sha256) => {
            sqlx::query(
                "INSERT INTO sync.inbox (tenant, property, peer, batch, sha256, answer)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(property.tenant.as_str())
            .bind(property.property.as_str())
            .bind(peer)
            .bind(header.batch.to_string())
            .bind(sha256.0.as_slice())
            .bind(Json(applied))
            .execute(&mut *connection)
            .await?;
            notes::forget(connection, property, Notes::Inbox).await?;
            &header.through
        }
    };
    keep_cursor(connection, property, (peer, "received"), through).await
}

/// An image whose stamps beyond `latest` are `here`.
fn restamped(image: &Image, latest: Stamp, here: Version) -> Image {
    let believable = |version: Version| {
        if version.stamp > latest {
            here
        } else {
            version
        }
    };
    let base = believable(image.base);
    let versions = image
        .versions
        .iter()
        .map(|(key, version)| (key.clone(), believable(*version)))
        .filter(|(_, version)| *version > base);
    Image {
        base,
        versions: versions.collect(),
        ..image.clone()
    }
}

/// Applies rows of one table by few statements; how many were written.
async fn apply_together(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    changes: &[Change],
    origin: i64,
) -> Result<u64, sqlx::Error> {
    let property = arrival.property;
    let ids: Vec<_> = changes.iter().map(|change| change.id.clone()).collect();
    // First the row, then its state, as the triggers do: whoever writes plain SQL at the same time waits for
    // us, or we for them, and never both.
    let mut rows = read::rows(connection, property, relation, &ids, Lock::Update).await?;
    let known = read::known(connection, property, relation, &ids, Lock::Update).await?;
    let came_since: Vec<_> = known
        .values()
        .filter(|state| state.image.is_alive() && !rows.contains_key(&state.id))
        .map(|state| state.id.clone())
        .collect();
    if !came_since.is_empty() {
        rows.extend(read::rows(connection, property, relation, &came_since, Lock::None).await?);
    }
    let mut outcomes = Vec::new();
    for change in changes {
        let state = known.get(&change.id).map(|state| {
            let mut state = state.clone();
            state.image.columns = rows.remove(&change.id).unwrap_or_default();
            state
        });
        outcomes.extend(outcome(arrival, relation, change, state.as_ref(), origin));
    }
    write(connection, arrival, relation, &outcomes).await?;
    Ok(outcomes.len() as u64)
}

/// What a change makes of the row; nothing when the row stays as it is.
fn outcome(
    arrival: Arrival<'_>,
    relation: &Relation,
    change: &Change,
    state: Option<&Moved>,
    origin: i64,
) -> Option<Outcome> {
    let Some(state) = state else {
        return Some(Outcome {
            id: change.id.clone(),
            owner: change.owner.clone(),
            image: change.image.clone(),
            same: true,
            lost: None,
        });
    };
    let image = match arrival.manner {
        Manner::Merge => state.image.merge(&change.image, &relation.grain),
        Manner::Adopt => change.image.clone(),
    };
    if image == state.image {
        return None;
    }
    let unseen = arrival.seen.filter(|seen| state.place > seen.place);
    if arrival.manner == Manner::Adopt && unseen.is_some() {
        // Written since: it goes to the hub again.
        return None;
    }
    let lost = unseen.and_then(|seen| lost(relation, &state.image, &image, (origin, seen)));
    Some(Outcome {
        id: change.id.clone(),
        owner: change.owner.clone().or_else(|| state.owner.clone()),
        same: relation.outward(image.clone()) == change.image,
        lost,
        image,
    })
}

/// Values of `before` that were written here, that the peer had not seen, and that are others in
/// `after`.
fn lost(
    relation: &Relation,
    before: &Image,
    after: &Image,
    (origin, seen): (i64, Seen),
) -> Option<Lost> {
    if relation.table.mode == Mode::Append {
        return None;
    }
    let other = |(name, value): &(&String, &Value)| {
        let version = before.version(&relation.grain, name);
        version.origin == origin
            && version.stamp.ms() >= seen.at_ms
            && after.columns.get(*name) != Some(*value)
    };
    let wanted: serde_json::Map<_, _> = before
        .columns
        .iter()
        .filter(other)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let kept: serde_json::Map<_, _> = wanted
        .keys()
        .filter_map(|name| Some((name.clone(), after.columns.get(name)?.clone())))
        .collect();
    (!wanted.is_empty()).then(|| Lost {
        wanted: wanted.into(),
        kept: kept.into(),
    })
}

async fn write(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    outcomes: &[Outcome],
) -> Result<(), sqlx::Error> {
    let property = arrival.property;
    let gone: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.image.is_alive())
        .map(|outcome| outcome.id.clone())
        .collect();
    delete(connection, property, relation, &gone).await?;
    let alive = outcomes.iter().filter(|outcome| outcome.image.is_alive());
    let rows = alive.map(|outcome| {
        let mut columns = outcome.image.columns.clone();
        columns.insert(relation.key.clone(), json!(outcome.id));
        columns
    });
    put(connection, property, relation, rows).await?;
    states(connection, arrival, relation, outcomes).await?;
    for outcome in outcomes {
        if let Some(lost) = &outcome.lost {
            conflict(connection, arrival, relation, &outcome.id, lost).await?;
        }
    }
    Ok(())
}

/// Keeps the states of rows that were written: they move on to everybody who listens.
async fn states(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    outcomes: &[Outcome],
) -> Result<(), sqlx::Error> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let each = || outcomes.iter();
    let ids: Vec<_> = each().map(|outcome| outcome.id.clone()).collect();
    let owners: Vec<_> = each().map(|outcome| outcome.owner.clone()).collect();
    let lives: Vec<_> = each().map(|outcome| outcome.image.life).collect();
    let stamps: Vec<_> = each().map(|outcome| outcome.image.base.stamp.0).collect();
    let origins: Vec<_> = each().map(|outcome| outcome.image.base.origin).collect();
    let tops: Vec<_> = each().map(|outcome| outcome.image.top().0).collect();
    let versions: Vec<_> = each()
        .map(|outcome| json!(outcome.image.versions))
        .collect();
    let via: Vec<_> = each()
        .map(|outcome| outcome.same.then(|| arrival.peer.to_owned()))
        .collect();
    sqlx::query(
        "INSERT INTO sync.row_state AS s
            (tenant, property, relation, id, owner, xid, seq, life, hlc, origin, top, versions, via)
         SELECT $1, $2, $3, id, owner, pg_current_xact_id(), nextval('sync.seq'), life, hlc,
            origin, top, versions, via
         FROM unnest($4::text[], $5::text[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::jsonb[], $11::text[]) AS n (id, owner, life, hlc, origin, top, versions, via)
         ON CONFLICT (tenant, relation, id) DO UPDATE SET
            owner = excluded.owner, xid = excluded.xid, seq = excluded.seq, life = excluded.life,
            hlc = excluded.hlc, origin = excluded.origin, top = excluded.top,
            versions = excluded.versions, via = excluded.via",
    )
    .bind(arrival.property.tenant.as_str())
    .bind(arrival.property.property.as_str())
    .bind(relation.id)
    .bind(ids)
    .bind(owners)
    .bind(lives)
    .bind(stamps)
    .bind(origins)
    .bind(tops)
    .bind(versions)
    .bind(via)
    .execute(connection)
    .await?;
    Ok(())
}

/// Applies one row; one that cannot be is kept waiting or named.
async fn apply_alone(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    (change, origin): (&Change, i64),
    applied: &mut Applied,
) -> Result<(), sqlx::Error> {
    let alone = std::slice::from_ref(change);
    let mut tries = 0;
    loop {
        tries += 1;
        let mut savepoint = connection.begin().await?;
        match apply_together(&mut savepoint, arrival, relation, alone, origin).await {
            Ok(written) => {
                savepoint.commit().await?;
                applied.written += written;
                applied.superseded += 1 - written;
                return Ok(());
            }
            // Somebody made the row just now: the next look sees it. A row that is never seen
            // belongs to another property.
            Err(error) if is_a_twin(&error) && tries < TRIES => savepoint.rollback().await?,
            Err(error) if is_orphaned(&error) => {
                savepoint.rollback().await?;
                applied.pending += 1;
                return wait(connection, arrival, relation, change).await;
            }
            Err(error) if is_about_data(&error) => {
                savepoint.rollback().await?;
                let code = error.as_database_error().and_then(DatabaseError::code);
                let code = code.unwrap_or_default().into_owned();
                reject(
                    change,
                    &format!("is refused by the database ({code})"),
                    applied,
                );
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

fn reject_all(changes: &[&Change], why: &str, applied: &mut Applied) {
    for change in changes {
        reject(change, why, applied);
    }
}

fn reject(change: &Change, why: &str, applied: &mut Applied) {
    let (relation, id) = (change.relation.clone(), change.id.clone());
    tracing::warn!(table = relation, key = id, why, "row of a peer is rejected");
    metrics::counter!("replica_sync_rejected_total").increment(1);
    let detail = format!("the row {why}");
    applied.rejected.push(Rejected {
        relation,
        id,
        problem: Problem::new(Code::Invalid, detail),
    });
}

/// Keeps a row until the one it refers to is there.
async fn wait(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    change: &Change,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sync.pending (tenant, property, relation, row_id, peer, change)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, relation, row_id) DO UPDATE SET change = excluded.change, at = now()",
    )
    .bind(arrival.property.tenant.as_str())
    .bind(arrival.property.property.as_str())
    .bind(relation.id)
    .bind(&change.id)
    .bind(arrival.peer)
    .bind(Json(change))
    .execute(connection)
    .await?;
    Ok(())
}

async fn conflict(
    connection: &mut PgConnection,
    arrival: Arrival<'_>,
    relation: &Relation,
    id: &str,
    lost: &Lost,
) -> Result<(), sqlx::Error> {
    metrics::counter!("replica_sync_conflicts_total").increment(1);
    sqlx::query(
        "INSERT INTO sync.conflict
            (tenant, property, relation, row_id, principal, base, wanted, kept, reason)
         VALUES ($1, $2, $3, $4, $5, '{}', $6, $7, 'both-sides')",
    )
    .bind(arrival.property.tenant.as_str())
    .bind(arrival.property.property.as_str())
    .bind(relation.name())
    .bind(id)
    .bind(arrival.peer)
    .bind(&lost.wanted)
    .bind(&lost.kept)
    .execute(&mut *connection)
    .await?;
    notes::forget(connection, arrival.property, Notes::Conflict).await
}
