//! Changes on their way into the tables.

use std::sync::Arc;

use kit::{answers, outbox};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;
use sqlx::types::Json;
use wire::gateway::Outcome;
use wire::{DeviceId, Integer, Problem, Sha256};

use super::{FORGOTTEN, trail, turns};
use crate::command::{Execution, State};
use crate::desired::{Desired, Report};
use crate::effect::Change;
use crate::presence::Birth;
use crate::stream::{Mark, Recent};

/// Writes changes in the caller's transaction: those of every message by one statement a table,
/// the rest in their order.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    changes: Arc<Vec<Change>>,
) -> Result<(), sqlx::Error> {
    let (mut records, mut marks, mut digests) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes.iter() {
        let connection = &mut *connection;
        match change {
            Change::Record(stream, record) => records.push((stream.word(), record)),
            Change::Mark(id, mark) => marks.push(mark_row(id, mark)),
            Change::Digest(id, boot, seq, sha256) => {
                digests.push(digest_row(id, *boot, *seq, *sha256));
            }
            Change::Birth(id, birth) => store_birth(connection, id, birth).await?,
            Change::Lost(id, places) => store_lost(connection, id, *places).await?,
            Change::Report(id, report) => store_report(connection, id, report).await?,
            Change::Desired(id, desired) => store_desired(connection, id, desired).await?,
            Change::Execution(execution) => store_execution(connection, execution).await?,
            Change::Answer(asker, at, body) => {
                answers::remember(connection, &asker.principal, asker.id, *at, body).await?;
            }
            Change::Turn(turn) => turns::store(connection, turn).await?,
            Change::Audit(at, fact) => trail::append(connection, *at, fact).await?,
            Change::Forget(id) => forget(connection, id).await?,
        }
    }
    outbox::put(connection, records).await?;
    store_marks(connection, marks).await?;
    store_digests(connection, digests).await
}

/// Forgets answers and executions that nobody asks for any more.
pub(crate) async fn purge(
    connection: &mut SqliteConnection,
    now: Integer,
) -> Result<(), sqlx::Error> {
    answers::forget(connection, now).await?;
    let kept_ms = u64::try_from(answers::KEPT.as_millis()).expect("a day is few milliseconds");
    let before = column(now.value().saturating_sub(kept_ms));
    turns::forget(connection, before).await?;
    sqlx::query("DELETE FROM execution WHERE expires_at < ?")
        .bind(before)
        .execute(connection)
        .await
        .map(|_| ())
}

async fn store_birth(
    connection: &mut SqliteConnection,
    id: &DeviceId,
    birth: &Birth,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO birth (device, boot, capabilities, firmware) VALUES (?, ?, ?, ?)",
    )
    .bind(id.as_str())
    .bind(column(birth.boot.value()))
    .bind(Json(&birth.capabilities))
    .bind(&birth.firmware)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Device, boot, next place, gaps as JSON.
type MarkRow<'a> = (&'a str, Integer, u64, String);

fn mark_row<'a>(id: &'a DeviceId, mark: &Mark) -> MarkRow<'a> {
    let gaps = mark.gaps.ranges().iter();
    let gaps: Vec<_> = gaps.map(|gap| (gap.first, gap.last)).collect();
    let gaps = serde_json::to_string(&gaps).expect("numbers have a JSON form");
    (id.as_str(), mark.boot, mark.next, gaps)
}

async fn store_marks(
    connection: &mut SqliteConnection,
    rows: Vec<MarkRow<'_>>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO mark (device, boot, next, gaps)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
         FROM json_each(?) ORDER BY key",
    )
    .bind(Json(rows))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Device, slot, boot, place, digest in hexadecimal.
type DigestRow<'a> = (&'a str, u64, Integer, Integer, Sha256);

fn digest_row(id: &DeviceId, boot: Integer, seq: Integer, sha256: Sha256) -> DigestRow<'_> {
    (id.as_str(), Recent::slot(seq.value()), boot, seq, sha256)
}

async fn store_digests(
    connection: &mut SqliteConnection,
    rows: Vec<DigestRow<'_>>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO digest (device, slot, boot, seq, sha256)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4)
         FROM json_each(?) ORDER BY key",
    )
    .bind(Json(rows))
    .execute(connection)
    .await
    .map(|_| ())
}

async fn store_lost(
    connection: &mut SqliteConnection,
    id: &DeviceId,
    places: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO lost (device, places) VALUES (?, ?)")
        .bind(id.as_str())
        .bind(i64::try_from(places).unwrap_or(i64::MAX))
        .execute(connection)
        .await
        .map(|_| ())
}

async fn store_report(
    connection: &mut SqliteConnection,
    id: &DeviceId,
    report: &Report,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO report (device, boot, seq, at, version, state)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(id.as_str())
    .bind(column(report.boot.value()))
    .bind(column(report.seq.value()))
    .bind(column(report.at.value()))
    .bind(column(report.version.value()))
    .bind(Json(&report.state))
    .execute(connection)
    .await
    .map(|_| ())
}

async fn store_desired(
    connection: &mut SqliteConnection,
    id: &DeviceId,
    desired: &Desired,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO desired (device, version, state) VALUES (?, ?, ?)")
        .bind(id.as_str())
        .bind(column(desired.version.value()))
        .bind(Json(&desired.state))
        .execute(connection)
        .await
        .map(|_| ())
}

async fn store_execution(
    connection: &mut SqliteConnection,
    execution: &Execution,
) -> Result<(), sqlx::Error> {
    let (status, outcome, problem) = state_columns(&execution.state);
    sqlx::query(
        "INSERT OR REPLACE INTO execution (id, principal, device, boot, operation, arguments,
         expires_at, status, outcome, problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(execution.id.to_string())
    .bind(execution.principal.as_str())
    .bind(execution.device.as_str())
    .bind(column(execution.boot.value()))
    .bind(execution.operation.as_str())
    .bind(Json(&execution.arguments))
    .bind(column(execution.expires_at.value()))
    .bind(status)
    .bind(outcome.map(Json))
    .bind(problem.map(Json))
    .execute(connection)
    .await
    .map(|_| ())
}

fn state_columns(state: &State) -> (&'static str, Option<Outcome>, Option<&Problem>) {
    match state {
        State::Sent => ("sent", None, None),
        State::Accepted => ("accepted", None, None),
        State::InProgress => ("in_progress", None, None),
        State::Ended { outcome, problem } => ("ended", Some(*outcome), problem.as_ref()),
        State::TimedOut { late } => ("timed_out", *late, None),
    }
}

async fn forget(connection: &mut SqliteConnection, id: &DeviceId) -> Result<(), sqlx::Error> {
    for table in FORGOTTEN {
        sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM {table} WHERE device = ?"
        )))
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// A number as SQLite stores it.
pub(super) fn column(number: u64) -> i64 {
    i64::try_from(number).expect("integers of the bus are below 2^53")
}
