//! From the file to a device that goes on.

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{FromRow, Row};
use wire::{DeviceId, Integer};

use super::{LedgerError, damaged, integer};
use crate::sim::device::Memory;
use crate::sim::outbox::{Letter, Stored, Subject};

/// A device as the ledger remembers it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resumed {
    /// Its outbox store.
    pub boot: Integer,
    /// Its outbox.
    pub outbox: Stored,
    /// What it keeps through a restart.
    pub memory: Memory,
}

/// What is known of a device beside its messages.
#[derive(Debug, FromRow)]
struct Known {
    through_seq: Option<i64>,
    memory: String,
    boot: Option<i64>,
}

pub(super) async fn resume(
    readers: &SqlitePool,
    device: &DeviceId,
    boot: i64,
) -> Result<Resumed, LedgerError> {
    let known: Option<Known> =
        sqlx::query_as("SELECT through_seq, memory, boot FROM device WHERE device = ?")
            .bind(device.as_str())
            .fetch_optional(readers)
            .await?;
    let boot = known.as_ref().and_then(|known| known.boot).unwrap_or(boot);
    let last: Option<i64> =
        sqlx::query_scalar("SELECT max(seq) FROM message WHERE device = ? AND boot = ?")
            .bind(device.as_str())
            .bind(boot)
            .fetch_one(readers)
            .await?;
    let through = known.as_ref().and_then(|known| known.through_seq);
    let rows = sqlx::query(
        "SELECT seq, kind, capability, body, at, fate FROM message
         WHERE device = ? AND boot = ? AND seq > ? ORDER BY seq",
    )
    .bind(device.as_str())
    .bind(boot)
    .bind(through.unwrap_or(-1))
    .fetch_all(readers)
    .await?;
    let place = |seq: i64| integer(seq).map(wire::Integer::value);
    let mut outbox = Stored {
        next: last.map(place).transpose()?.map_or(0, |last| last + 1),
        through: through.map(place).transpose()?,
        ..Stored::default()
    };
    for row in &rows {
        let letter = letter(row)?;
        if row.try_get::<&str, _>("fate")? == "dropped" {
            outbox.dropped = Some(letter.seq.value());
        } else {
            outbox.held.push(letter);
        }
    }
    let memory: Option<Memory> = known
        .map(|known| serde_json::from_str(&known.memory))
        .transpose()
        .map_err(damaged)?;
    Ok(Resumed {
        boot: integer(boot)?,
        outbox,
        memory: memory.unwrap_or_default(),
    })
}

fn letter(row: &SqliteRow) -> Result<Letter, LedgerError> {
    let capability: Option<String> = row.try_get("capability")?;
    let kind: &str = row.try_get("kind")?;
    let subject = match (kind, capability) {
        ("reported", None) => Subject::Reported,
        ("event", None) => Subject::Event,
        ("telemetry", Some(capability)) => Subject::Telemetry(capability.parse().map_err(damaged)?),
        (kind, _) => {
            return Err(LedgerError::Damaged {
                what: format!("kind {kind:?}"),
            });
        }
    };
    Ok(Letter {
        seq: integer(row.try_get("seq")?)?,
        at: integer(row.try_get("at")?)?,
        subject,
        body: row.try_get::<Vec<u8>, _>("body")?.into(),
    })
}
