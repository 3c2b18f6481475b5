//! Reading a ledger, also while devices write it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};
use wire::{DeviceId, Integer, Sha256};

use super::{LedgerError, damaged, integer};

/// One message that a device gave a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The device.
    pub device: DeviceId,
    /// Its outbox store.
    pub boot: Integer,
    /// Place in it.
    pub seq: Integer,
    /// Digest of the body.
    pub sha256: Sha256,
    /// `reported`, `telemetry` or `event`.
    pub kind: String,
    /// Whether the gateway has confirmed it.
    pub received: bool,
    /// Whether a full outbox gave it up; it may have arrived all the same.
    pub dropped: bool,
}

/// A ledger in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Devices that have said something.
    pub devices: usize,
    /// Messages.
    pub total: usize,
    /// Messages that the gateway confirmed.
    pub received: usize,
    /// Messages that wait for that.
    pub held: usize,
    /// Messages that a full outbox gave up.
    pub dropped: usize,
    /// Messages by kind.
    pub kinds: BTreeMap<String, usize>,
}

/// Every line of a ledger, by device, boot and place.
pub async fn read(path: &Path) -> Result<Vec<Line>, LedgerError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let rows = sqlx::query(
        "SELECT device, boot, seq, sha256, kind, fate FROM message ORDER BY device, boot, seq",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    rows.iter().map(line).collect()
}

/// A state that a device reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its outbox store.
    pub boot: Integer,
    /// Place in it.
    pub seq: Integer,
    /// What was published.
    pub body: Vec<u8>,
}

/// Every state that a device reported, by boot and place.
pub async fn reports(path: &Path, device: &DeviceId) -> Result<Vec<Report>, LedgerError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let rows = sqlx::query(
        "SELECT boot, seq, body FROM message WHERE device = ? AND kind = 'reported'
         ORDER BY boot, seq",
    )
    .bind(device.as_str())
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    let report = |row: &SqliteRow| {
        Ok(Report {
            boot: integer(row.try_get("boot")?)?,
            seq: integer(row.try_get("seq")?)?,
            body: row.try_get("body")?,
        })
    };
    rows.iter().map(report).collect()
}

/// How many messages there are, and how many of them the gateway has confirmed.
pub async fn count(path: &Path) -> Result<(usize, usize), LedgerError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let (all, received): (i64, i64) =
        sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE fate = 'received') FROM message")
            .fetch_one(&mut connection)
            .await?;
    connection.close().await?;
    let [all, received] = [all, received].map(|count| usize::try_from(count).map_err(damaged));
    Ok((all?, received?))
}

/// The bodies of all messages of a kind, in no order.
pub async fn bodies(path: &Path, kind: &str) -> Result<Vec<Vec<u8>>, LedgerError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let bodies = sqlx::query_scalar("SELECT body FROM message WHERE kind = ?")
        .bind(kind)
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    Ok(bodies)
}

fn line(row: &SqliteRow) -> Result<Line, LedgerError> {
    let device: &str = row.try_get("device")?;
    let sha256: &str = row.try_get("sha256")?;
    let fate: &str = row.try_get("fate")?;
    Ok(Line {
        device: device.parse().map_err(damaged)?,
        boot: integer(row.try_get("boot")?)?,
        seq: integer(row.try_get("seq")?)?,
        sha256: sha256.parse().map_err(damaged)?,
        kind: row.try_get("kind")?,
        received: fate == "received",
        dropped: fate == "dropped",
    })
}

impl Totals {
    /// Counts lines that are in order.
    pub fn of(lines: &[Line]) -> Self {
        let count = |matches: fn(&Line) -> bool| lines.iter().filter(|line| matches(line)).count();
        let mut kinds = BTreeMap::new();
        for line in lines {
            *kinds.entry(line.kind.clone()).or_default() += 1;
        }
        Self {
            devices: lines
                .chunk_by(|left, right| left.device == right.device)
                .count(),
            total: lines.len(),
            received: count(|line| line.received),
            held: count(|line| !line.received && !line.dropped),
            dropped: count(|line| line.dropped),
            kinds,
        }
    }
}
