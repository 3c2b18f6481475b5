//! Records that give way to others, and what stands in their place.
//!
//! The oldest records of a stream that are in no batch are deleted, and a record of ours gets the last
//! of their places and speaks for all of them. What is dropped later next to it makes it longer, so
//! that a stream has one of them however long the cloud is away, and the names of objects in the
//! bucket go on without gaps.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteConnection;
use wire::record::{Record, Stream};
use wire::uplink::{DROPPED_RECORD, DropReason, Dropped, Line};
use wire::{Component, Integer, Version};

use super::columns::{count, damaged, integer, of, of_count};
use super::count::shift;
use crate::batch::line_bytes;

/// Bytes of what stands for dropped records, at most; they come out of what is dropped.
const STAND_IN: u64 = 512;

/// Records in a row that are dropped, with what was dropped beside them before.
struct Run {
    told: Dropped,
    /// Records that are dropped now; none where only a stand-in was passed over.
    fresh: u64,
    fresh_bytes: u64,
    /// Stand-ins that this one takes the place of, and their bytes.
    merged: (u64, u64),
}

/// A row, without its line.
type Columns = (i64, Option<i64>, i64);

/// Drops the oldest records of a stream that are in no batch, until `bytes` are free or nothing is
/// left.
pub(super) async fn oldest(
    connection: &mut SqliteConnection,
    stream: Stream,
    bytes: u64,
    at: Integer,
) -> Result<(), sqlx::Error> {
    for run in runs(connection, stream, bytes).await? {
        if run.fresh > 0 {
            put(connection, stream, &run, at).await?;
        }
    }
    Ok(())
}

/// What is to be dropped, in rows without a gap.
async fn runs(
    connection: &mut SqliteConnection,
    stream: Stream,
    bytes: u64,
) -> Result<Vec<Run>, sqlx::Error> {
    let mut rows = sqlx::query_as::<_, Columns>(
        "SELECT place, first, length(line) + 1 FROM spool_record WHERE stream = ?1
         AND place > coalesce((SELECT last FROM spool_sealed WHERE stream = ?1), 0)
         ORDER BY place",
    )
    .bind(stream.as_str())
    .fetch(&mut *connection);
    let mut runs: Vec<Run> = Vec::new();
    let mut free = 0;
    while free < bytes.saturating_add(STAND_IN) {
        let Some((place, first, size)) = rows.try_next().await? else {
            break;
        };
        let (first_place, size) = (integer(first.unwrap_or(place))?, count(size));
        if runs
            .last()
            .is_none_or(|run| run.told.last.next() != first_place)
        {
            runs.push(Run::at(first_place));
        }
        let run = runs.last_mut().expect("one was just put there");
        run.told.last = integer(place)?;
        run.told.records = integer(place - of(run.told.first) + 1)?;
        if first.is_some() {
            run.merged = (run.merged.0 + 1, run.merged.1 + size);
        } else {
            run.fresh += 1;
            run.fresh_bytes += size;
            free += size;
        }
    }
    Ok(runs)
}

impl Run {
    fn at(first: Integer) -> Self {
        Self {
            told: Dropped {
                first,
                last: first,
                records: Integer::default(),
                bytes: Integer::default(),
                reason: DropReason::StorageFull,
            },
            fresh: 0,
            fresh_bytes: 0,
            merged: (0, 0),
        }
    }
}

/// Puts one record in the place of a run.
async fn put(
    connection: &mut SqliteConnection,
    stream: Stream,
    run: &Run,
    at: Integer,
) -> Result<(), sqlx::Error> {
    let earlier = earlier(connection, stream, run).await?;
    let bytes: u64 = earlier.iter().map(|told| told.bytes.value()).sum();
    let told = Dropped {
        bytes: Integer::new(bytes + run.fresh_bytes).unwrap_or_default(),
        ..run.told.clone()
    };
    sqlx::query("DELETE FROM spool_record WHERE stream = ? AND place BETWEEN ? AND ?")
        .bind(stream.as_str())
        .bind(of(told.first))
        .bind(of(told.last))
        .execute(&mut *connection)
        .await?;
    let size = stand_in(connection, stream, &told, at).await?;
    let (lines, stood) = run.merged;
    let records = 1 - of_count(run.fresh + lines);
    let bytes = of_count(size) - of_count(run.fresh_bytes + stood);
    shift(
        connection,
        stream,
        (records, bytes),
        (run.fresh, run.fresh_bytes),
    )
    .await
}

/// What earlier stand-ins of a run told.
async fn earlier(
    connection: &mut SqliteConnection,
    stream: Stream,
    run: &Run,
) -> Result<Vec<Dropped>, sqlx::Error> {
    if run.merged.0 == 0 {
        return Ok(Vec::new());
    }
    let lines: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT line FROM spool_record WHERE stream = ? AND first IS NOT NULL
         AND place BETWEEN ? AND ?",
    )
    .bind(stream.as_str())
    .bind(of(run.told.first))
    .bind(of(run.told.last))
    .fetch_all(connection)
    .await?;
    let told = |line: Vec<u8>| -> Result<Dropped, sqlx::Error> {
        let line: Line = wire::decode(&line).map_err(damaged)?;
        serde_json::from_value(line.record.body.into()).map_err(damaged)
    };
    lines.into_iter().map(told).collect()
}

/// Adds the record that speaks for dropped ones; returns its bytes. Counters are the caller's.
pub(super) async fn stand_in(
    connection: &mut SqliteConnection,
    stream: Stream,
    told: &Dropped,
    at: Integer,
) -> Result<u64, sqlx::Error> {
    let serde_json::Value::Object(body) = serde_json::to_value(told).map_err(damaged)? else {
        unreachable!("bodies of records are objects")
    };
    let line = wire::encode(&Line {
        v: Version,
        place: told.last,
        principal: Component::Uplink.into(),
        batch: kit::ids::new(at),
        record: Record {
            at,
            kind: DROPPED_RECORD.parse().expect("the kind is a word"),
            body,
        },
    });
    let size = line_bytes(&line);
    sqlx::query("INSERT INTO spool_record (stream, place, first, at, line) VALUES (?, ?, ?, ?, ?)")
        .bind(stream.as_str())
        .bind(of(told.last))
        .bind(of(told.first))
        .bind(of(at))
        .bind(line)
        .execute(connection)
        .await?;
    Ok(size)
}
