//! The oracle of every fault: what became of each message that a device was promised to be kept.
//!
//! One history, the ledger of the devices, and one verdict: a message that `received` covers is in S3
//! once, or waits on the disk of the box, or is inside a tombstone of a stream that may be dropped.
//! Nothing else is anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use wire::gateway::DeviceRecord;
use wire::record::{Record, Stream};
use wire::uplink::Line;
use wire::{DeviceId, Integer, ShortSha256};

use crate::eventually::eventually;
use crate::hotel::Hotel;
use crate::objects::Object;
use crate::sim::ledger;

#[cfg(test)]
mod tests;

/// How long a message may take from a device to S3, through faults and back-off.
const ARRIVAL: Duration = Duration::from_mins(5);

/// Kind of the line that stands for lines which `uplink` dropped; its body says how many, and the place of
/// the first.
const TOMBSTONE: &str = "dropped";

/// One message of one device.
pub type Place = (DeviceId, Integer, Integer);

/// What devices said, by place.
pub type History = BTreeMap<Place, ledger::Line>;

/// Where messages are.
#[derive(Debug, Clone, Default)]
pub struct Whereabouts {
    /// In S3, as often as they are there.
    pub cloud: Vec<(Place, ShortSha256)>,
    /// In the gateway's outbox or in the spool of `uplink`.
    pub waiting: BTreeSet<Place>,
    /// Records that tombstones say were dropped, by stream.
    pub dropped: BTreeMap<Stream, u64>,
}

/// What became of a history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Messages that are in S3, once each.
    pub stored: usize,
    /// Confirmed messages that wait.
    pub waiting: usize,
    /// Confirmed messages that a tombstone answers for.
    pub dropped: usize,
    /// What must not be.
    pub wrong: Vec<Wrong>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Confirmed, and nowhere.
    Lost(Place),
    /// In S3 more than once.
    Twice(Place),
    /// In S3, and never said like this.
    Foreign(Place),
}

/// Compares a history with where its messages are.
pub fn judge(said: &History, now: &Whereabouts) -> Verdict {
    let mut verdict = Verdict::default();
    let mut seen = BTreeSet::new();
    for (place, digest) in &now.cloud {
        let said = said.get(place).map(|line| line.sha256.short());
        if said != Some(*digest) {
            verdict.wrong.push(Wrong::Foreign(place.clone()));
        }
        if !seen.insert(place) {
            verdict.wrong.push(Wrong::Twice(place.clone()));
        }
    }
    verdict.stored = seen.len();
    let mut dropped = now.dropped.clone();
    for (place, line) in said.iter().filter(|(_, line)| line.received) {
        if seen.contains(place) {
            continue;
        }
        let stream = stream_of(&line.kind);
        let left = dropped.get_mut(&stream).filter(|left| **left > 0);
        if now.waiting.contains(place) {
            verdict.waiting += 1;
        } else if let Some(left) = left {
            *left -= 1;
            verdict.dropped += 1;
        } else {
            verdict.wrong.push(Wrong::Lost(place.clone()));
        }
    }
    verdict
}

/// The stream in which a kind of message goes to the cloud (`docs/spec/iot-gateway.md`, 3); alarms,
/// which go with P0, are never dropped.
fn stream_of(kind: &str) -> Stream {
    match kind {
        "telemetry" => Stream::P2,
        _ => Stream::P1,
    }
}

impl Hotel {
    /// Waits until everything said so far and not given up is in S3, then checks that nothing is
    /// there twice, that nothing is there that was not said, and that every byte is as it was said.
    ///
    /// # Panics
    ///
    /// When one of that does not hold; the message names the first differences.
    pub async fn settle_accounts(&self) -> Verdict {
        let mut said = self.said().await;
        said.retain(|_, line| !line.dropped);
        let what = format!("{} messages are in S3", said.len());
        let known = tokio::sync::Mutex::new(BTreeMap::new());
        eventually(&what, ARRIVAL, || async {
            let mut known = known.lock().await;
            self.new_objects(&mut known).await?;
            let arrived: BTreeSet<_> = messages_of(known.values())
                .map(|(place, _)| place)
                .collect();
            said.keys()
                .all(|place| arrived.contains(place))
                .then_some(())
        })
        .await;
        let objects: Vec<_> = known.into_inner().into_values().collect();
        check_places(&objects);
        // Read after the objects, so that whatever is in them is in it; the rest is on its way.
        let history = self.said().await;
        let now = Whereabouts {
            cloud: arrivals(&objects),
            waiting: history.keys().cloned().collect(),
            dropped: BTreeMap::new(),
        };
        let verdict = judge(&history, &now);
        assert!(verdict.wrong.is_empty(), "{:?}", first(&verdict.wrong));
        verdict
    }

    /// Looks at once, whatever runs: every confirmed message is somewhere.
    ///
    /// # Panics
    ///
    /// When one is nowhere, or something is in S3 that must not be; the message names the first.
    pub async fn check_accounts(&self) -> Verdict {
        // In the order in which messages move, so that none slips through between two looks.
        let confirmed = self.said().await;
        let mut waiting = in_outbox(&self.journal("iot-gateway", "journal.db")).await;
        let (spooled, mut dropped) = in_spool(&self.journal("uplink", "spool.db")).await;
        waiting.extend(spooled);
        let objects = eventually("S3 answers", ARRIVAL, || self.objects()).await;
        let said = self.said().await;
        let history: History = said
            .into_iter()
            .map(|(place, mut line)| {
                line.received &= confirmed.get(&place).is_some_and(|line| line.received);
                (place, line)
            })
            .collect();
        // By place, so that one that moved meanwhile counts once.
        dropped.extend(tombstones(&objects));
        let mut by_stream = BTreeMap::new();
        for ((stream, _), records) in dropped {
            *by_stream.entry(stream).or_default() += records;
        }
        let now = Whereabouts {
            cloud: arrivals(&objects),
            waiting,
            dropped: by_stream,
        };
        let verdict = judge(&history, &now);
        assert!(verdict.wrong.is_empty(), "{:?}", first(&verdict.wrong));
        verdict
    }

    fn journal(&self, component: &str, file: &str) -> std::path::PathBuf {
        self.dir().join("data").join(component).join(file)
    }

    /// Everything the simulated devices said, by place.
    pub async fn said(&self) -> History {
        let lines = ledger::read(&self.places.sim.ledger)
            .await
            .expect("the ledger is readable");
        lines
            .into_iter()
            .map(|line| ((line.device.clone(), line.boot, line.seq), line))
            .collect()
    }
}

fn first(wrong: &[Wrong]) -> &[Wrong] {
    &wrong[..wrong.len().min(5)]
}

/// The messages of devices in uploaded batches.
pub fn arrivals(objects: &[Object]) -> Vec<(Place, ShortSha256)> {
    messages_of(objects).collect()
}

fn messages_of<'a>(
    objects: impl IntoIterator<Item = &'a Object>,
) -> impl Iterator<Item = (Place, ShortSha256)> {
    let lines = objects.into_iter().flat_map(|object| &object.lines);
    lines.filter_map(|line| message(&line.record))
}

fn message(record: &Record) -> Option<(Place, ShortSha256)> {
    match record.kind.as_str() {
        "telemetry" | "reported" | "device-event" => {
            let body = serde_json::Value::Object(record.body.clone());
            let record: DeviceRecord =
                serde_json::from_value(body).expect("the record has the documented form");
            Some(((record.device, record.boot, record.seq), record.digest))
        }
        _ => None,
    }
}

/// What tombstones say was dropped: how many records, by stream and first place.
type Tombstones = BTreeMap<(Stream, u64), u64>;

/// The tombstones of uploaded batches.
fn tombstones(objects: &[Object]) -> Tombstones {
    let mut found = Tombstones::new();
    for stream in Stream::ALL {
        let lines = of_stream(objects, *stream);
        found.extend(lines.filter_map(|line| tombstone(*stream, line)));
    }
    found
}

/// What a line says was dropped, if it is a tombstone.
fn tombstone(stream: Stream, line: &Line) -> Option<((Stream, u64), u64)> {
    let is_one = line.record.kind.as_str() == TOMBSTONE;
    let number = |member: &str| line.record.body.get(member)?.as_u64();
    is_one.then_some(((stream, number("first")?), number("records")?))
}

/// The lines of a stream in uploaded batches.
fn of_stream(objects: &[Object], stream: Stream) -> impl Iterator<Item = &Line> {
    let folder = format!("/stream={stream}/");
    let of_stream = objects
        .iter()
        .filter(move |object| object.key.contains(&folder));
    of_stream.flat_map(|object| &object.lines)
}

/// The messages that wait in the gateway for `uplink`.
async fn in_outbox(journal: &Path) -> BTreeSet<Place> {
    let bodies = column(journal, "SELECT body FROM outbox_record").await;
    let record = |body: Vec<u8>| -> Record {
        wire::decode(&body).expect("an outbox holds what was put into it")
    };
    let records = bodies.into_iter().map(record);
    records
        .filter_map(|record| Some(message(&record)?.0))
        .collect()
}

/// The messages that wait in `uplink` for S3, and the tombstones among them.
async fn in_spool(spool: &Path) -> (BTreeSet<Place>, Tombstones) {
    let (mut places, mut found) = (BTreeSet::new(), Tombstones::new());
    for stream in Stream::ALL {
        let query = format!("SELECT line FROM spool_record WHERE stream = '{stream}'");
        for line in column(spool, &query).await {
            let line: Line = wire::decode(&line).expect("a spool holds lines");
            places.extend(message(&line.record).map(|(place, _)| place));
            found.extend(tombstone(*stream, &line));
        }
    }
    (places, found)
}

async fn column(path: &Path, query: &str) -> Vec<Vec<u8>> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let connection = SqliteConnection::connect_with(&options).await;
    let mut connection = connection.expect("a journal can be read beside its owner");
    let rows = sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
        .fetch_all(&mut connection)
        .await;
    rows.expect("a journal has its tables")
}

/// In each stream places count from 1 without gaps or repetitions; a tombstone stands for all of its
/// own.
fn check_places(objects: &[Object]) {
    for stream in Stream::ALL {
        let first = |line: &Line| {
            let dropped = tombstone(*stream, line).map(|((_, first), _)| first);
            dropped.unwrap_or(line.place.value())
        };
        let mut ranges: Vec<_> = of_stream(objects, *stream)
            .map(|line| (first(line), line.place.value()))
            .collect();
        ranges.sort_unstable();
        let mut next = 1;
        for (first, last) in ranges {
            assert_eq!(first, next, "places of {stream} have gaps or repetitions");
            next = last + 1;
        }
    }
}
