//! The trail on the disk: linked as it is written, in the transaction that makes it true.

use kit::audit::{BEGINNING, entry, head};
use kit::identity::Identity;
use kit::outbox;
use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::audit::{ENTRY_RECORD, Entry, Fact, HEAD_RECORD, Head, PAGE_MAX, Page, Trail};
use wire::record::{Record, Stream};
use wire::{DeviceId, ExecutionId, Integer, Sha256};

use super::apply::column;
use super::load::{integer, undecodable};

/// Adds a link, and the record that carries it away.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    at: Integer,
    fact: &Fact,
) -> Result<(), sqlx::Error> {
    let last = last(connection).await?;
    let entry = entry(last, at, fact.clone());
    let intent = match fact {
        Fact::Intent(intent) => Some(intent.execution.to_string()),
        Fact::Outcome(_) | Fact::Late(_) | Fact::Refused(_) | Fact::LockOperation(_) => None,
    };
    sqlx::query("INSERT INTO audit (seq, device, intent, body, sha256) VALUES (?, ?, ?, ?, ?)")
        .bind(column(last.0.next().value()))
        .bind(fact.device().as_str())
        .bind(intent)
        .bind(text(&entry.body))
        .bind(&entry.sha256.0[..])
        .execute(&mut *connection)
        .await?;
    hand_over(connection, at, ENTRY_RECORD, &entry).await
}

/// Signs the end of the trail, if it is not signed; tells whether there was something to sign.
pub(crate) async fn seal(
    connection: &mut SqliteConnection,
    at: Integer,
    identity: &Identity,
) -> Result<bool, sqlx::Error> {
    let (seq, sha256) = last(connection).await?;
    let signed: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM audit_head")
        .fetch_one(&mut *connection)
        .await?;
    if integer(signed)? >= seq {
        return Ok(false);
    }
    let head = head(identity, seq, sha256, at);
    let body = String::from_utf8(wire::encode(&head)).expect("JSON is UTF-8");
    sqlx::query("INSERT INTO audit_head (seq, body) VALUES (?, ?)")
        .bind(column(seq.value()))
        .bind(body)
        .execute(&mut *connection)
        .await?;
    hand_over(connection, at, HEAD_RECORD, &head).await?;
    Ok(true)
}

/// Whether the trail holds an intent of that name.
pub(crate) async fn has_intent(
    readers: &SqlitePool,
    execution: ExecutionId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit WHERE intent = ?)")
        .bind(execution.to_string())
        .fetch_one(readers)
        .await
}

/// A page of the whole trail.
pub(crate) async fn page(readers: &SqlitePool, after: Integer) -> Result<Page, sqlx::Error> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT seq, body, sha256 FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(column(after.value()))
            .bind(i64::from(PAGE_MAX) + 1)
            .fetch_all(readers)
            .await?;
    let most = usize::try_from(PAGE_MAX).expect("a page is small");
    let shown = &rows[..rows.len().min(most)];
    let last = shown.last().map_or(column(after.value()), |row| row.0);
    let heads: Vec<String> =
        sqlx::query_scalar("SELECT body FROM audit_head WHERE seq > ? AND seq <= ? ORDER BY seq")
            .bind(column(after.value()))
            .bind(last)
            .fetch_all(readers)
            .await?;
    let head = |body: String| -> Result<Head, sqlx::Error> {
        wire::decode(body.as_bytes()).map_err(|_| undecodable("a head of the trail"))
    };
    Ok(Page {
        entries: shown.iter().map(read).collect::<Result<_, _>>()?,
        heads: heads.into_iter().map(head).collect::<Result<_, _>>()?,
        next: (rows.len() > most).then(|| integer(last)).transpose()?,
    })
}

/// What happened last at one door.
pub(crate) async fn newest(readers: &SqlitePool, device: &DeviceId) -> Result<Trail, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, body, sha256 FROM audit WHERE device = ? ORDER BY seq DESC LIMIT ?",
    )
    .bind(device.as_str())
    .bind(PAGE_MAX)
    .fetch_all(readers)
    .await?;
    Ok(Trail {
        entries: rows.iter().map(read).collect::<Result<_, _>>()?,
    })
}

/// Place, canonical body, link.
type Row = (i64, String, Vec<u8>);

fn read((_, body, sha256): &Row) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        body: serde_json::from_str(body).map_err(|_| undecodable("an entry of the trail"))?,
        sha256: digest(sha256)?,
    })
}

/// Place and link of the newest entry.
async fn last(connection: &mut SqliteConnection) -> Result<(Integer, Sha256), sqlx::Error> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_optional(connection)
            .await?;
    match row {
        Some((seq, sha256)) => Ok((integer(seq)?, digest(&sha256)?)),
        None => Ok((Integer::default(), BEGINNING)),
    }
}

async fn hand_over(
    connection: &mut SqliteConnection,
    at: Integer,
    kind: &str,
    body: &impl serde::Serialize,
) -> Result<(), sqlx::Error> {
    let Ok(Value::Object(body)) = serde_json::to_value(body) else {
        unreachable!("entries and heads are objects")
    };
    let kind = kind.parse().expect("kinds of records are words");
    let record = Record { at, kind, body };
    outbox::put(connection, [(Stream::P0.word(), &record)]).await
}

fn text(body: &Map<String, Value>) -> String {
    String::from_utf8(wire::door::canonical(body)).expect("JSON is UTF-8")
}

fn digest(octets: &[u8]) -> Result<Sha256, sqlx::Error> {
    let octets = octets.try_into();
    octets
        .map(Sha256)
        .map_err(|_| undecodable("a link of the trail"))
}
