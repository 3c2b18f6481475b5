//! Reads what moved, in the order of places, below every running transaction.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row as _};

use super::database::{Database, Property};
use super::schema::quoted;
use crate::image::{Columns, Image};
use crate::place::Place;
use crate::relation::Relation;
use crate::version::{Stamp, Version};

/// A row that was written, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moved {
    /// Number of the relation.
    pub(crate) relation: i16,
    pub(crate) id: String,
    pub(crate) place: Place,
    /// Whose row it is, or was.
    pub(crate) owner: Option<String>,
    /// The peer that we have exactly this state from.
    pub(crate) via: Option<String>,
    pub(crate) image: Image,
}

/// The members of a state that every query names.
const STATE: &str = "s.relation, s.id, s.xid::text AS xid_text, s.seq, s.life, s.hlc, s.origin,
    s.versions, s.owner, s.via";
/// Rows above a place and below every running transaction.
///
/// The order must lead with the transaction as a number: cast to text it would sort as text.
const BETWEEN: &str = "s.tenant = $1 AND s.property = $2
    AND (s.xid, s.seq) > ($3::text::xid8, $4) AND s.xid < pg_snapshot_xmin(pg_current_snapshot())";

/// At most `limit` rows of one relation after a place; only those of `owner` when one is given.
pub(crate) async fn relation_page(
    connection: &mut PgConnection,
    property: &Property,
    relation: &Relation,
    after: Place,
    owner: Option<&str>,
    limit: u32,
) -> Result<Vec<Moved>, sqlx::Error> {
    let (table, key) = (quoted(relation.name()), quoted(&relation.key));
    let query = format!(
        "SELECT {STATE}, to_jsonb(t) AS columns
         FROM sync.row_state s
         LEFT JOIN hotel.{table} t ON t.tenant = s.tenant AND t.{key} = s.id
         WHERE {BETWEEN} AND s.relation = $5 AND ($6::text IS NULL OR s.owner = $6)
         ORDER BY s.xid, s.seq LIMIT $7"
    );
    let rows = sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(property.property.as_str())
        .bind(after.xid.to_string())
        .bind(after.seq)
        .bind(relation.id)
        .bind(owner)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let columns: Option<Json<Columns>> = row.try_get("columns")?;
            moved(row, columns.map(|Json(columns)| columns))
        })
        .collect()
}

impl Database {
    /// At most `limit` rows of all relations after a place, and the rest of the last transaction up
    /// to a bound: what was written together is read together.
    pub(crate) async fn page(
        &self,
        property: &Property,
        relations: &[Relation],
        after: Place,
        limit: u32,
    ) -> Result<Vec<Moved>, sqlx::Error> {
        let numbers: Vec<_> = relations.iter().map(|relation| relation.id).collect();
        // States and rows are read by several statements: of one snapshot.
        let mut transaction = self.begin_reading(property).await?;
        let mut page = states(
            &mut transaction,
            property,
            &numbers,
            after,
            Bound::Rows(limit),
        )
        .await?;
        if page.len() >= limit as usize
            && let Some(last) = page.last().map(|moved| moved.place)
        {
            let rest = states(
                &mut transaction,
                property,
                &numbers,
                last,
                Bound::Transaction,
            )
            .await?;
            page.extend(rest);
        }
        fill(&mut transaction, property, relations, &mut page).await?;
        Ok(page)
    }

    /// The place below every running transaction.
    pub(crate) async fn horizon(&self, property: &Property) -> Result<Place, sqlx::Error> {
        let mut transaction = self.begin_reading(property).await?;
        let xmin: String =
            sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
                .fetch_one(&mut *transaction)
                .await?;
        let xid = number(&xmin)?;
        Ok(Place {
            xid: xid.saturating_sub(1),
            seq: i64::MAX,
        })
    }
}

/// Most rows by which a page is longer than its limit, to hold a transaction together; one that is
/// larger is cut.
const REST: u32 = 3_500;

/// How many states are read.
enum Bound {
    Rows(u32),
    /// The rest of one transaction, up to [`REST`] rows.
    Transaction,
}

async fn states(
    connection: &mut PgConnection,
    property: &Property,
    relations: &[i16],
    after: Place,
    bound: Bound,
) -> Result<Vec<Moved>, sqlx::Error> {
    let end = match bound {
        Bound::Rows(limit) => format!("ORDER BY s.xid, s.seq LIMIT {limit}"),
        Bound::Transaction => {
            format!("AND s.xid = $3::text::xid8 ORDER BY s.xid, s.seq LIMIT {REST}")
        }
    };
    let query = format!(
        "SELECT {STATE} FROM sync.row_state s WHERE {BETWEEN} AND s.relation = ANY($5) {end}"
    );
    let rows = sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(property.property.as_str())
        .bind(after.xid.to_string())
        .bind(after.seq)
        .bind(relations)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| moved(row, None)).collect()
}

/// Puts the columns of living rows into a page.
async fn fill(
    connection: &mut PgConnection,
    property: &Property,
    relations: &[Relation],
    page: &mut [Moved],
) -> Result<(), sqlx::Error> {
    let mut wanted: BTreeMap<i16, Vec<String>> = BTreeMap::new();
    for moved in page.iter().filter(|moved| moved.image.is_alive()) {
        wanted
            .entry(moved.relation)
            .or_default()
            .push(moved.id.clone());
    }
    for relation in relations {
        let Some(ids) = wanted.get(&relation.id) else {
            continue;
        };
        let mut found = rows(connection, property, relation, ids, Lock::None).await?;
        for moved in page
            .iter_mut()
            .filter(|moved| moved.relation == relation.id)
        {
            if let Some(columns) = found.remove(&moved.id) {
                moved.image.columns = columns;
            }
        }
    }
    Ok(())
}

/// Whether rows are kept from others until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    None,
    Update,
}

/// The columns of the rows with these keys, without tenant and property.
pub(crate) async fn rows(
    connection: &mut PgConnection,
    property: &Property,
    relation: &Relation,
    ids: &[String],
    lock: Lock,
) -> Result<HashMap<String, Columns>, sqlx::Error> {
    let (table, key) = (quoted(relation.name()), quoted(&relation.key));
    let lock = match lock {
        Lock::None => "",
        // In one order, so that two writers do not wait for each other.
        Lock::Update => "ORDER BY 1 FOR UPDATE",
    };
    let query = format!(
        "SELECT t.{key} AS id, to_jsonb(t) AS columns FROM hotel.{table} t
         WHERE t.tenant = $1 AND t.{key} = ANY($2) {lock}"
    );
    let rows = sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(ids)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let Json(columns): Json<Columns> = row.try_get("columns")?;
            Ok((row.try_get("id")?, own(columns)))
        })
        .collect()
}

/// The states of the rows with these keys.
pub(crate) async fn known(
    connection: &mut PgConnection,
    property: &Property,
    relation: &Relation,
    ids: &[String],
    lock: Lock,
) -> Result<HashMap<String, Moved>, sqlx::Error> {
    let lock = match lock {
        Lock::None => "",
        Lock::Update => "ORDER BY s.id FOR UPDATE",
    };
    let query = format!(
        "SELECT {STATE} FROM sync.row_state s
         WHERE s.tenant = $1 AND s.relation = $2 AND s.id = ANY($3) {lock}"
    );
    let rows = sqlx::query(AssertSqlSafe(query))
        .bind(property.tenant.as_str())
        .bind(relation.id)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    let states = rows.iter().map(|row| moved(row, None));
    states
        .map(|state| state.map(|state| (state.id.clone(), state)))
        .collect()
}

fn moved(row: &PgRow, columns: Option<Columns>) -> Result<Moved, sqlx::Error> {
    let xid: String = row.try_get("xid_text")?;
    let Json(versions): Json<BTreeMap<String, Version>> = row.try_get("versions")?;
    Ok(Moved {
        relation: row.try_get("relation")?,
        id: row.try_get("id")?,
        place: Place {
            xid: number(&xid)?,
            seq: row.try_get("seq")?,
        },
        owner: row.try_get("owner")?,
        via: row.try_get("via")?,
        image: Image {
            life: row.try_get("life")?,
            base: Version {
                stamp: Stamp(row.try_get("hlc")?),
                origin: row.try_get("origin")?,
            },
            versions,
            columns: columns.map(own).unwrap_or_default(),
        },
    })
}

/// Without the columns that say where the row belongs.
fn own(mut columns: Columns) -> Columns {
    columns.remove(crate::relation::TENANT);
    columns.remove(crate::relation::PROPERTY);
    columns
}

fn number(text: &str) -> Result<u64, sqlx::Error> {
    text.parse()
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A set of rows as one parameter.
pub(crate) fn set(rows: impl IntoIterator<Item = Columns>) -> Json<Value> {
    Json(rows.into_iter().map(Value::Object).collect())
}
