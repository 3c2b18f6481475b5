//! One write of one device.

use sqlx::sqlite::SqliteConnection;
use wire::{DeviceId, Integer};

use super::column;
use crate::sim::outbox::{Letter, Subject};

/// What a device has said, heard and learned since its last entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which device.
    pub device: DeviceId,
    /// Its outbox store, if it is not that of the file.
    pub boot: Option<Integer>,
    /// What it has said.
    pub letters: Vec<Letter>,
    /// What it gave up.
    pub dropped: Vec<u64>,
    /// The last place that the gateway has confirmed.
    pub through: Option<u64>,
    /// What it keeps through a restart, when that has changed.
    pub memory: Option<String>,
}

impl Entry {
    /// Nothing yet.
    pub fn new(device: DeviceId) -> Self {
        Self {
            device,
            boot: None,
            letters: Vec::new(),
            dropped: Vec::new(),
            through: None,
            memory: None,
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
            && self.dropped.is_empty()
            && self.through.is_none()
            && self.memory.is_none()
    }

    pub(super) async fn store(
        self,
        connection: &mut SqliteConnection,
        boot: i64,
    ) -> Result<(), sqlx::Error> {
        let device = self.device.as_str();
        for letter in &self.letters {
            insert(connection, device, boot, letter).await?;
        }
        for seq in self.dropped {
            settle(connection, device, boot, "dropped", seq, seq).await?;
        }
        if let Some(through) = self.through {
            let before = before(connection, device).await?;
            let first = before.map_or(0, |before| before + 1);
            settle(connection, device, boot, "received", first, through).await?;
        }
        if self.through.is_some() || self.memory.is_some() {
            learn(connection, device, self.through, self.memory).await?;
        }
        Ok(())
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    device: &str,
    boot: i64,
    letter: &Letter,
) -> Result<(), sqlx::Error> {
    let (kind, capability) = match &letter.subject {
        Subject::Reported => ("reported", None),
        Subject::Telemetry(capability) => ("telemetry", Some(capability.as_str())),
        Subject::Event => ("event", None),
    };
    sqlx::query(
        "INSERT INTO message (device, boot, seq, kind, capability, body, sha256, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(device)
    .bind(boot)
    .bind(column(letter.seq.value()))
    .bind(kind)
    .bind(capability)
    .bind(&*letter.body)
    .bind(letter.sha256().to_string())
    .bind(column(letter.at.value()))
    .execute(connection)
    .await
    .map(|_| ())
}

async fn settle(
    connection: &mut SqliteConnection,
    device: &str,
    boot: i64,
    fate: &str,
    first: u64,
    last: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE message SET fate = ?
         WHERE device = ? AND boot = ? AND seq BETWEEN ? AND ? AND fate = 'held'",
    )
    .bind(fate)
    .bind(device)
    .bind(boot)
    .bind(column(first))
    .bind(column(last))
    .execute(connection)
    .await
    .map(|_| ())
}

async fn before(
    connection: &mut SqliteConnection,
    device: &str,
) -> Result<Option<u64>, sqlx::Error> {
    let through: Option<Option<i64>> =
        sqlx::query_scalar("SELECT through_seq FROM device WHERE device = ?")
            .bind(device)
            .fetch_optional(connection)
            .await?;
    Ok(through
        .flatten()
        .and_then(|through| u64::try_from(through).ok()))
}

async fn learn(
    connection: &mut SqliteConnection,
    device: &str,
    through: Option<u64>,
    memory: Option<String>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO device (device, through_seq, memory) VALUES (?1, ?2, coalesce(?3, '{}'))
         ON CONFLICT (device) DO UPDATE SET
             through_seq = coalesce(?2, through_seq), memory = coalesce(?3, memory)",
    )
    .bind(device)
    .bind(through.map(column))
    .bind(memory)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Gives up what a device holds, and begins a new outbox store for it.
pub(super) async fn renew(
    connection: &mut SqliteConnection,
    device: &str,
    boot: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE message SET fate = 'dropped' WHERE device = ? AND fate = 'held'")
        .bind(device)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO device (device, through_seq, memory, boot) VALUES (?1, NULL, '{}', ?2)
         ON CONFLICT (device) DO UPDATE SET through_seq = NULL, boot = ?2",
    )
    .bind(device)
    .bind(boot)
    .execute(connection)
    .await
    .map(|_| ())
}
