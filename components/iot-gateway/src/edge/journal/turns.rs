//! Turns of bolts on the disk.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::types::Json;
use wire::Problem;
use wire::device::State as Arguments;
use wire::gateway::Outcome;

use super::apply::column;
use super::load::{integer, undecodable, word};
use crate::doors::KEPT_MAX;
use crate::doors::turn::{State, Turn};

pub(super) async fn store(
    connection: &mut SqliteConnection,
    turn: &Turn,
) -> Result<(), sqlx::Error> {
    let (status, outcome, problem) = match &turn.state {
        State::Asking => ("asking", None, None),
        State::Sent => ("sent", None, None),
        State::Ended { outcome, problem } => ("ended", Some(*outcome), problem.as_ref()),
        State::TimedOut { late } => ("timed_out", *late, None),
    };
    sqlx::query(
        "INSERT OR REPLACE INTO turn (execution, asker, actor, device, room, operation, arguments,
         boot, at, expires_at, status, outcome, problem)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(turn.execution.to_string())
    .bind(turn.asker.as_str())
    .bind(turn.actor.as_str())
    .bind(turn.device.as_str())
    .bind(&turn.room)
    .bind(turn.operation.as_str())
    .bind(Json(&turn.arguments))
    .bind(column(turn.boot.value()))
    .bind(column(turn.at.value()))
    .bind(column(turn.expires_at.value()))
    .bind(status)
    .bind(outcome.map(Json))
    .bind(problem.map(Json))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Forgets turns that began before a moment and have ended; their trail stays.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    before: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM turn WHERE at < ? AND status IN ('ended', 'timed_out')")
        .bind(before)
        .execute(connection)
        .await
        .map(|_| ())
}

#[derive(sqlx::FromRow)]
struct Row {
    execution: String,
    asker: String,
    actor: String,
    device: String,
    room: Option<String>,
    operation: String,
    arguments: Json<Arguments>,
    boot: i64,
    at: i64,
    expires_at: i64,
    status: String,
    outcome: Option<Json<Outcome>>,
    problem: Option<Json<Problem>>,
}

/// Those that are under way, and the newest of the others.
pub(super) async fn load(readers: &SqlitePool) -> Result<Vec<Turn>, sqlx::Error> {
    let most = i64::try_from(KEPT_MAX / 2).expect("few turns are kept");
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM turn ORDER BY status IN ('asking', 'sent') DESC, at DESC LIMIT ?",
    )
    .bind(most)
    .fetch_all(readers)
    .await?;
    rows.into_iter().map(turn).collect()
}

fn turn(row: Row) -> Result<Turn, sqlx::Error> {
    let outcome = row.outcome.map(|Json(outcome)| outcome);
    let state = match (row.status.as_str(), outcome) {
        ("asking", None) => State::Asking,
        ("sent", None) => State::Sent,
        ("ended", Some(outcome)) => State::Ended {
            outcome,
            problem: row.problem.map(|Json(problem)| problem),
        },
        ("timed_out", late) => State::TimedOut { late },
        _ => return Err(undecodable("the state of a turn")),
    };
    Ok(Turn {
        execution: word(&row.execution)?,
        asker: word(&row.asker)?,
        actor: word(&row.actor)?,
        device: word(&row.device)?,
        room: row.room,
        operation: word(&row.operation)?,
        arguments: row.arguments.0,
        boot: integer(row.boot)?,
        at: integer(row.at)?,
        expires_at: integer(row.expires_at)?,
        state,
    })
}
