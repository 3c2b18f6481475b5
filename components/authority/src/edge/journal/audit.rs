//! The audit journal: lines that are added and never changed, chained by SHA-256.

use kit::digest::sha256;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use wire::Sha256;
use wire::credential::proof;

use super::columns::{Columns, number};
use crate::books::Entry;

/// What the digest of a line begins with, so that it is the digest of nothing else.
const LABEL: &str = "hotel-authority-audit-v1";
/// Lines that are verified at a time; bounds the memory of a start.
const PAGE: i64 = 10_000;

pub(super) async fn append(
    connection: &mut SqliteConnection,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    let last = sqlx::query("SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let (seq, head) = match last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, digest_of(&row)?),
        None => (1, BEGINNING),
    };
    let Entry {
        at,
        actor,
        act,
        object,
    } = entry;
    let at = number(*at);
    let digest = digest(&head, (seq, at), actor, act, object);
    sqlx::query("INSERT INTO audit (seq, at, actor, act, object, sha256) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(seq)
        .bind(at)
        .bind(actor)
        .bind(*act)
        .bind(object)
        .bind(&digest.0[..])
        .execute(connection)
        .await
        .map(|_| ())
}

/// What stands before the first line.
const BEGINNING: Sha256 = Sha256([0; 32]);

fn digest(head: &Sha256, (seq, at): (i64, i64), actor: &str, act: &str, object: &str) -> Sha256 {
    let (seq, at) = (seq.to_be_bytes(), at.to_be_bytes());
    let parts: [&[u8]; 6] = [
        &head.0,
        &seq,
        &at,
        actor.as_bytes(),
        act.as_bytes(),
        object.as_bytes(),
    ];
    sha256(&proof(LABEL, &parts))
}

fn digest_of(row: &SqliteRow) -> Result<Sha256, sqlx::Error> {
    Columns(row).octets("sha256").map(Sha256)
}

/// What became of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// So many lines, each fitting the one before it.
    Whole(i64),
    /// The line of this number was changed, or one before it is missing.
    Broken(i64),
}

/// Reads the whole audit journal and checks each line against the one before it.
pub(crate) async fn verify(readers: &SqlitePool) -> Result<Chain, sqlx::Error> {
    let (mut through, mut head) = (0, BEGINNING);
    loop {
        let rows = sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(through)
            .bind(PAGE)
            .fetch_all(readers)
            .await?;
        if rows.is_empty() {
            return Ok(Chain::Whole(through));
        }
        for row in &rows {
            let seq: i64 = row.try_get("seq")?;
            let text = |name| row.try_get::<&str, _>(name);
            let when = (seq, row.try_get("at")?);
            let expected = digest(&head, when, text("actor")?, text("act")?, text("object")?);
            if seq != through + 1 || digest_of(row)? != expected {
                return Ok(Chain::Broken(seq));
            }
            (through, head) = (seq, expected);
        }
    }
}
