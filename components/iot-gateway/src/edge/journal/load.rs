//! What the tables hold, at start.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use sqlx::sqlite::SqlitePool;
use sqlx::types::Json;
use wire::device::State as Settings;
use wire::gateway::Outcome;
use wire::{DeviceId, Integer, Problem, Sha256};

use crate::command::{Execution, State};
use crate::desired::{Desired, Report};
use crate::device::Kept;
use crate::executions::KEPT_MAX;
use crate::gateway::Memory;
use crate::presence::Birth;
use crate::stream::{Mark, Range};

use super::turns;

/// Reads everything.
pub(crate) async fn load(readers: &SqlitePool) -> Result<Memory, sqlx::Error> {
    let mut devices = Devices::default();
    devices.births(readers).await?;
    devices.marks(readers).await?;
    devices.digests(readers).await?;
    devices.losses(readers).await?;
    devices.reports(readers).await?;
    devices.wishes(readers).await?;
    Ok(Memory {
        devices: devices.0,
        executions: executions(readers).await?,
        turns: turns::load(readers).await?,
    })
}

/// Gaps as they are kept: first and last place of each.
type Ranges = Json<Vec<(u64, u64)>>;

#[derive(Default)]
struct Devices(BTreeMap<DeviceId, Kept>);

impl Devices {
    fn of(&mut self, id: &str) -> Result<&mut Kept, sqlx::Error> {
        Ok(self.0.entry(word(id)?).or_default())
    }

    async fn births(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64, Json<BTreeSet<_>>, String)> =
            sqlx::query_as("SELECT device, boot, capabilities, firmware FROM birth")
                .fetch_all(readers)
                .await?;
        for (id, boot, Json(capabilities), firmware) in rows {
            self.of(&id)?.birth = Some(Birth {
                boot: integer(boot)?,
                capabilities,
                firmware,
            });
        }
        Ok(())
    }

    async fn marks(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64, i64, Ranges)> =
            sqlx::query_as("SELECT device, boot, next, gaps FROM mark")
                .fetch_all(readers)
                .await?;
        for (id, boot, next, Json(gaps)) in rows {
            let range = |(first, last)| Range { first, last };
            self.of(&id)?.mark = Some(Mark {
                boot: integer(boot)?,
                next: next.unsigned_abs(),
                gaps: gaps.into_iter().map(range).collect(),
            });
        }
        Ok(())
    }

    async fn digests(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64, Vec<u8>)> =
            // Slots that the current boot has not come to still hold those of an earlier one.
            sqlx::query_as("SELECT device, seq, sha256 FROM digest JOIN mark USING (device, boot)")
                .fetch_all(readers)
                .await?;
        for (id, seq, sha256) in rows {
            let sha256 = sha256.try_into().map_err(|_| undecodable("a digest"))?;
            let recent = &mut self.of(&id)?.recent;
            recent.insert(seq.unsigned_abs(), Sha256(sha256));
        }
        Ok(())
    }

    async fn losses(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT device, places FROM lost")
            .fetch_all(readers)
            .await?;
        for (id, places) in rows {
            self.of(&id)?.lost = places.unsigned_abs();
        }
        Ok(())
    }

    async fn reports(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64, i64, i64, i64, Json<Settings>)> =
            sqlx::query_as("SELECT device, boot, seq, at, version, state FROM report")
                .fetch_all(readers)
                .await?;
        for (id, boot, seq, at, version, Json(state)) in rows {
            self.of(&id)?.report = Some(Report {
                boot: integer(boot)?,
                seq: integer(seq)?,
                at: integer(at)?,
                version: integer(version)?,
                state,
            });
        }
        Ok(())
    }

    async fn wishes(&mut self, readers: &SqlitePool) -> Result<(), sqlx::Error> {
        let rows: Vec<(String, i64, Json<Settings>)> =
            sqlx::query_as("SELECT device, version, state FROM desired")
                .fetch_all(readers)
                .await?;
        for (id, version, Json(state)) in rows {
            let version = integer(version)?;
            self.of(&id)?.desired = Desired { version, state };
        }
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    principal: String,
    device: String,
    boot: i64,
    operation: String,
    arguments: Json<Settings>,
    expires_at: i64,
    status: String,
    outcome: Option<Json<Outcome>>,
    problem: Option<Json<Problem>>,
}

async fn executions(readers: &SqlitePool) -> Result<Vec<Execution>, sqlx::Error> {
    let most = i64::try_from(KEPT_MAX).expect("few executions are kept");
    let rows: Vec<Row> =
        sqlx::query_as("SELECT * FROM execution ORDER BY expires_at DESC, id LIMIT ?")
            .bind(most)
            .fetch_all(readers)
            .await?;
    rows.into_iter().map(execution).collect()
}

fn execution(row: Row) -> Result<Execution, sqlx::Error> {
    let outcome = row.outcome.map(|Json(outcome)| outcome);
    let state = match (row.status.as_str(), outcome) {
        ("sent", None) => State::Sent,
        ("accepted", None) => State::Accepted,
        ("in_progress", None) => State::InProgress,
        ("ended", Some(outcome)) => State::Ended {
            outcome,
            problem: row.problem.map(|Json(problem)| problem),
        },
        ("timed_out", late) => State::TimedOut { late },
        _ => return Err(undecodable("the state of an execution")),
    };
    Ok(Execution {
        id: word(&row.id)?,
        principal: word(&row.principal)?,
        device: word(&row.device)?,
        boot: integer(row.boot)?,
        operation: word(&row.operation)?,
        arguments: row.arguments.0,
        expires_at: integer(row.expires_at)?,
        state,
    })
}

pub(super) fn word<T>(text: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse()
        .map_err(|error: T::Err| sqlx::Error::Decode(Box::new(error)))
}

pub(super) fn integer(column: i64) -> Result<Integer, sqlx::Error> {
    Integer::try_from(column.unsigned_abs()).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub(super) fn undecodable(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} in the journal is none").into())
}
