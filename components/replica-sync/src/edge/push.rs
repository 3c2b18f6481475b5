//! Carries pushes of tablets out: reads, decides, writes, in one transaction.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use wire::Principal;

use super::database::{Database, Property, Purpose, is_a_clash, is_about_data};
use super::notes::{self, Notes};
use super::read::{self, Lock};
use super::schema::quoted;
use crate::document::{self, Document};
use crate::image::Columns;
use crate::push::{Current, Decision, PushRow, Write, Writer};
use crate::relation::{Access, PROPERTY, Relation, TENANT};

/// How often a push is tried when other writers get in its way.
const TRIES: u32 = 5;

/// Rows of one tablet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Push<'a> {
    pub(crate) property: &'a Property,
    pub(crate) relation: &'a Relation,
    pub(crate) principal: &'a Principal,
    pub(crate) access: &'a Access,
    pub(crate) rows: &'a [PushRow],
}

impl Database {
    /// Writes what is allowed; answers the states that the tablet must adopt.
    ///
    /// Rows that the database refuses are found one by one and answered like rows that the role
    /// may not write: one bad row keeps nobody else waiting.
    pub(crate) async fn push(&self, push: Push<'_>) -> Result<Vec<Document>, sqlx::Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(push, Manner::Together).await {
                Err(error) if is_a_clash(&error) && tries < TRIES => {}
                Err(error) if is_about_data(&error) => {
                    return self.attempt(push, Manner::OneByOne).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(&self, push: Push<'_>, manner: Manner) -> Result<Vec<Document>, sqlx::Error> {
        let mut transaction = self.begin(push.property, Purpose::Write).await?;
        let decided = decide(&mut transaction, push).await?;
        let mut answers = Vec::new();
        match manner {
            Manner::Together => {
                let decisions = decided.iter().map(|(_, decision)| decision);
                carry_out(&mut transaction, push, &decided).await?;
                answers.extend(decisions.filter_map(|decision| decision.answer.clone()));
            }
            Manner::OneByOne => {
                for one in decided {
                    answers.extend(carry_out_alone(&mut transaction, push, one).await?);
                }
            }
        }
        transaction.commit().await?;
        Ok(answers)
    }
}

/// How the rows of a push are written.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Together,
    OneByOne,
}

type Decided = (String, Decision);

/// Locks the rows and decides about each.
async fn decide(
    connection: &mut PgConnection,
    push: Push<'_>,
) -> Result<Vec<Decided>, sqlx::Error> {
    let Push { relation, .. } = push;
    let mut seen = HashSet::new();
    let named: Vec<_> = push
        .rows
        .iter()
        .filter_map(|row| Some((row.id(relation)?.to_owned(), row)))
        // A text with U+0000 is no key of any row; the second of two equal keys is sent again.
        .filter(|(id, _)| !id.contains('\0') && seen.insert(id.clone()))
        .collect();
    let ids: Vec<_> = named.iter().map(|(id, _)| id.clone()).collect();
    let mut alive = read::rows(connection, push.property, relation, &ids, Lock::Update).await?;
    let known = read::known(connection, push.property, relation, &ids, Lock::None).await?;
    let writer = Writer {
        principal: push.principal,
        access: push.access,
    };
    let decide = |(id, row): (String, &PushRow)| {
        let current = match alive.remove(&id) {
            Some(columns) => Current::Alive(columns),
            None if known.contains_key(&id) => Current::Deleted,
            None => Current::Unknown,
        };
        let decision = writer.decide(relation, &id, row, &current);
        (id, decision)
    };
    Ok(named.into_iter().map(decide).collect())
}

async fn carry_out(
    connection: &mut PgConnection,
    push: Push<'_>,
    decided: &[Decided],
) -> Result<(), sqlx::Error> {
    let Push {
        property, relation, ..
    } = push;
    let deletions: Vec<_> = decided
        .iter()
        .filter(|(_, decision)| decision.write == Some(Write::Delete))
        .map(|(id, _)| id.clone())
        .collect();
    delete(connection, property, relation, &deletions).await?;
    let puts = decided
        .iter()
        .filter_map(|(_, decision)| match &decision.write {
            Some(Write::Put(columns)) => Some(columns.clone()),
            Some(Write::Delete) | None => None,
        });
    put(connection, property, relation, puts).await?;
    for (id, decision) in decided {
        note(connection, push, id, decision).await?;
    }
    Ok(())
}

/// Carries one row out; what the database refuses is answered as it is.
async fn carry_out_alone(
    connection: &mut PgConnection,
    push: Push<'_>,
    (id, decision): Decided,
) -> Result<Option<Document>, sqlx::Error> {
    let mut savepoint = connection.begin().await?;
    let alone = [(id, decision)];
    match carry_out(&mut savepoint, push, &alone).await {
        Ok(()) => {
            savepoint.commit().await?;
            let [(_, decision)] = alone;
            Ok(decision.answer)
        }
        Err(error) if is_about_data(&error) => {
            savepoint.rollback().await?;
            let [(id, _)] = alone;
            let (table, key) = (push.relation.name(), &id);
            // The value itself may be a guest's: only the act is told.
            let reason = error.as_database_error().and_then(DatabaseError::code);
            tracing::warn!(table, key, principal = %push.principal, ?reason, "row is refused");
            metrics::counter!("replica_sync_push_refused_total").increment(1);
            Ok(Some(present(connection, push, &id).await?))
        }
        Err(error) => Err(error),
    }
}

/// The row as the tablet may see it now.
async fn present(
    connection: &mut PgConnection,
    push: Push<'_>,
    id: &str,
) -> Result<Document, sqlx::Error> {
    let ids = [id.to_owned()];
    let rows = read::rows(connection, push.property, push.relation, &ids, Lock::None).await?;
    Ok(match rows.get(id) {
        Some(columns) => document::alive(push.relation, push.access, columns),
        None => document::deleted(push.relation, push.access, id),
    })
}

/// Keeps a wanted value that was not taken, and counts what was not allowed.
async fn note(
    connection: &mut PgConnection,
    push: Push<'_>,
    id: &str,
    decision: &Decision,
) -> Result<(), sqlx::Error> {
    if let Some(reason) = decision.refused {
        let (table, principal) = (push.relation.name(), push.principal);
        tracing::warn!(table, key = id, %principal, reason, "row is refused");
        metrics::counter!("replica_sync_push_refused_total").increment(1);
    }
    let Some(conflict) = &decision.conflict else {
        return Ok(());
    };
    metrics::counter!("replica_sync_conflicts_total").increment(1);
    sqlx::query(
        "INSERT INTO sync.conflict
            (tenant, property, relation, row_id, principal, base, wanted, kept, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'changed-meanwhile')",
    )
    .bind(push.property.tenant.as_str())
    .bind(push.property.property.as_str())
    .bind(push.relation.name())
    .bind(id)
    .bind(push.principal.as_str())
    .bind(Value::Object(conflict.base.clone()))
    .bind(Value::Object(conflict.wanted.clone()))
    .bind(Value::Object(conflict.kept.clone()))
    .execute(&mut *connection)
    .await?;
    notes::forget(connection, push.property, Notes::Conflict).await
}

pub(crate) async fn delete(
    connection: &mut PgConnection,
    property: &Property,
    relation: &Relation,
    ids: &[String],
) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let (table, key) = (quoted(relation.name()), quoted(&relation.key));
    let query = format!("DELETE FROM hotel.{table} WHERE tenant = $1 AND {key} = ANY($2)");
    sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts rows, or sets the columns that are given of those that are there: one statement for
/// all rows that give the same columns.
pub(crate) async fn put(
    connection: &mut PgConnection,
    property: &Property,
    relation: &Relation,
    rows: impl IntoIterator<Item = Columns>,
) -> Result<(), sqlx::Error> {
    let mut alike: BTreeMap<Vec<String>, Vec<Columns>> = BTreeMap::new();
    for mut row in rows {
        row.retain(|name, _| relation.column(name).is_some());
        let names = row.keys().cloned().collect();
        row.insert(TENANT.to_owned(), json!(property.tenant));
        row.insert(PROPERTY.to_owned(), json!(property.property));
        alike.entry(names).or_default().push(row);
    }
    for (names, rows) in alike {
        let statement = upsert(relation, &names);
        sqlx::query(AssertSqlSafe(statement))
            .bind(read::set(rows))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Rows that are there are updated and not proposed: a column that is not given may be required.
fn upsert(relation: &Relation, names: &[String]) -> String {
    let (table, key) = (quoted(relation.name()), quoted(&relation.key));
    let columns: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    let given = columns.join(", ");
    let others = columns.iter().filter(|column| **column != key);
    let set: Vec<_> = others
        .map(|column| format!("{column} = given.{column}"))
        .collect();
    let update = if set.is_empty() {
        format!(
            "SELECT t.{key} FROM hotel.{table} t JOIN given ON t.tenant = given.tenant AND t.{key} = given.{key}"
        )
    } else {
        let set = set.join(", ");
        format!(
            "UPDATE hotel.{table} t SET {set} FROM given
             WHERE t.tenant = given.tenant AND t.{key} = given.{key} RETURNING t.{key}"
        )
    };
    format!(
        "WITH given AS MATERIALIZED (
            SELECT * FROM jsonb_populate_recordset(NULL::hotel.{table}, $1)),
         there AS ({update})
         INSERT INTO hotel.{table} (tenant, property, {given})
         SELECT tenant, property, {given} FROM given
         WHERE {key} NOT IN (SELECT {key} FROM there)"
    )
}
