//! The component without its bus: records go in, a bucket over real HTTP gets them.

use std::time::Duration;

use kit::clock::later;
use kit::digest::sha256;
use kit::lifecycle::Tasks;
use tempfile::TempDir;
use tokio::time::timeout;
use wire::request::{Nothing, Reply, Request};
use wire::uplink::{DRAIN, DUMP, Drained, Dump, Dumped, Line, STAT, Stat};
use wire::{Code, Integer, Principal, Problem, RequestId, Version};

use super::*;
use crate::edge::s3::tests::bucket;
use crate::edge::s3::tests::stub::{Mood, Object, SOMETHING_ELSE, Stub};
use crate::edge::spool::Arrival;
use crate::intake::{Batch, Kept};

/// Longest wait for anything on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A running component, its disk and its bucket.
struct Edge {
    disk: TempDir,
    stub: Stub,
    uplink: Arc<Uplink>,
    tasks: Tasks,
}

impl Edge {
    async fn start(mood: Mood) -> Self {
        let (disk, stub) = (tempfile::tempdir().unwrap(), Stub::listen(mood).await);
        let (uplink, tasks) = start(&disk, &stub).await;
        Self {
            disk,
            stub,
            uplink,
            tasks,
        }
    }

    /// Ends the program wherever it is and starts it again.
    async fn restart(self) -> Self {
        let Self {
            disk,
            stub,
            uplink,
            tasks,
        } = self;
        drop(uplink);
        tasks.drain().await.unwrap();
        let (uplink, tasks) = start(&disk, &stub).await;
        Self {
            disk,
            stub,
            uplink,
            tasks,
        }
    }

    /// Hands a batch of records over.
    async fn hand(&self, stream: Stream, id: u8, records: usize) {
        let record = r#"{"at":1,"kind":"telemetry","body":{"celsius":20.5}}"#;
        let body = format!(
            r#"{{"v":1,"records":[{}]}}"#,
            vec![record; records].join(",")
        );
        let id = format!("01941f29-7c00-7000-8000-0000000000{id:02x}");
        let batch = Batch::read(
            &stream.word(),
            "iot-gateway".parse().unwrap(),
            id.parse().unwrap(),
            body.as_bytes(),
        );
        let sha256 = sha256(body.as_bytes());
        let arrival = batch.map(|batch| Arrival { batch, sha256 });
        let told = self.uplink.receive(vec![((), arrival)]).await;
        assert_eq!(told, [((), Ok(Kept::Now))]);
    }

    async fn ask<Q: serde::Serialize, A: serde::de::DeserializeOwned>(
        &self,
        id: u8,
        operation: &str,
        body: Q,
        wait: Duration,
    ) -> Option<Result<A, Problem>> {
        let request = wire::encode(&Request {
            v: Version,
            deadline: later(self.uplink.clock.wall(), wait),
            body,
        });
        let answer = self.say(id, operation, &request).await?;
        Some(wire::decode::<Reply<A>>(&answer).unwrap().into())
    }

    async fn say(&self, id: u8, operation: &str, body: &[u8]) -> Option<Vec<u8>> {
        let asker: Principal = "edgectl".parse().unwrap();
        let id: RequestId = format!("01941f29-7c00-7000-8000-0000000001{id:02x}")
            .parse()
            .unwrap();
        let operation = operation.parse().unwrap();
        self.uplink
            .first_answer(&operation, &(asker, id), body)
            .await
    }

    /// Waits until everything handed over is in the bucket, and returns its places.
    async fn drained(&self) -> Vec<u64> {
        for totals in self.uplink.spool.totals().await.unwrap() {
            let lane = self.uplink.lane(totals.stream);
            lane.drain(totals.arrived_through());
            let uploaded = lane.uploaded_through(totals.arrived_through());
            timeout(LIMIT, uploaded).await.unwrap();
        }
        places(&self.stub)
    }
}

async fn start(disk: &TempDir, stub: &Stub) -> (Arc<Uplink>, Tasks) {
    let (tasks, health) = (Tasks::new(), Health::new());
    let spool = Spool::open(&disk.path().join("spool.db"), 1_000_000, &tasks)
        .await
        .unwrap();
    let totals = spool.totals().await.unwrap();
    let uplink = Arc::new(Uplink {
        clock: Clock::system(),
        journal: health.need("journal"),
        health,
        spool,
        bucket: bucket(&stub.endpoint),
        origin: Origin {
            property: "seaside".parse().unwrap(),
            box_id: "box-1".parse().unwrap(),
        },
        limits: Limits {
            bytes: 1_000,
            age: Duration::from_hours(1),
        },
        lanes: totals.iter().map(Lane::of).collect(),
        outlook: watch::Sender::default(),
        counted: Notify::new(),
    });
    for (stream, name) in CARRIERS {
        let uplink = Arc::clone(&uplink);
        tasks.spawn(name, |stop| carry::run(uplink, *stream, stop));
    }
    (uplink, tasks)
}

/// Every place in the bucket, sorted.
fn places(stub: &Stub) -> Vec<u64> {
    let objects = stub.objects().into_values();
    let ours = objects.filter(|object| object.body != SOMETHING_ELSE);
    let mut places: Vec<_> = ours.flat_map(|object| lines(&object)).collect();
    places.sort_unstable();
    places
}

fn lines(object: &Object) -> Vec<u64> {
    let text = zstd::decode_all(&*object.body).unwrap();
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| wire::decode::<Line>(line).unwrap().place.value())
        .collect()
}

fn through(last: u64) -> Vec<u64> {
    (1..=last).collect()
}

// uplink-2.1
#[tokio::test]
async fn a_full_batch_leaves_by_itself_and_the_rest_waits() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P2, 1, 20).await;
    let lane = uplink.uplink.lane(Stream::P2);
    timeout(LIMIT, lane.uploaded_through(1)).await.unwrap();
    assert_eq!(uplink.drained().await, through(20));
    assert!(uplink.stub.objects().len() > 2);
}

// uplink-2.2
#[tokio::test]
async fn streams_never_share_an_object() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.hand(Stream::P3, 2, 1).await;
    assert_eq!(uplink.drained().await, [1, 1]);
    let objects = uplink.stub.objects();
    let keys: Vec<_> = objects.keys().collect();
    assert!(keys[0].starts_with("v1/stream=p0/") && keys[1].starts_with("v1/stream=p3/"));
}

// uplink-4.3
#[tokio::test]
async fn what_was_stored_without_an_answer_is_not_stored_twice() {
    let uplink = Edge::start(Mood::Mute).await;
    uplink.hand(Stream::P1, 1, 3).await;
    let lane = uplink.uplink.lane(Stream::P1);
    lane.drain(3);
    eventually(|| !uplink.stub.objects().is_empty()).await;
    let uplink = uplink.restart().await;
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P1, 2, 2).await;
    assert_eq!(uplink.drained().await, through(5));
}

// uplink-4.1, uplink-4.2
#[tokio::test]
async fn an_outage_with_restarts_loses_nothing() {
    let mut uplink = Edge::start(Mood::Deaf).await;
    for (id, mood) in [
        (1, Mood::Status(503)),
        (2, Mood::Status(403)),
        (3, Mood::Deaf),
    ] {
        uplink.hand(Stream::P1, id, 7).await;
        uplink.uplink.lane(Stream::P1).drain(7);
        uplink.stub.becomes(mood);
        uplink = uplink.restart().await;
    }
    uplink.stub.becomes(Mood::Fine);
    assert_eq!(uplink.drained().await, through(21));
}

// uplink-3.5
#[tokio::test]
async fn a_batch_whose_name_is_taken_by_something_else_finds_another() {
    let uplink = Edge::start(Mood::Squatted).await;
    uplink.hand(Stream::P1, 1, 3).await;
    assert_eq!(uplink.drained().await, through(3));
    let objects = uplink.stub.objects();
    let others = objects
        .values()
        .filter(|object| object.body == SOMETHING_ELSE);
    assert_eq!((objects.len(), others.count()), (2, 1));
}

// uplink-4.5
#[tokio::test]
async fn one_stream_that_is_refused_does_not_hold_up_another() {
    let uplink = Edge::start(Mood::Deaf).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.uplink.lane(Stream::P0).drain(1);
    eventually(|| uplink.uplink.outlook.borrow().cloud == Some(false)).await;
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P3, 2, 1).await;
    let other = uplink.uplink.lane(Stream::P3);
    other.drain(1);
    timeout(LIMIT, other.uploaded_through(1)).await.unwrap();
    // The cloud is back, so the first stream does not rest any longer.
    let first = uplink.uplink.lane(Stream::P0);
    timeout(LIMIT, first.uploaded_through(1)).await.unwrap();
}

// uplink-5.1
#[tokio::test]
async fn stat_tells_what_waits_what_left_and_how_the_cloud_is() {
    let uplink = Edge::start(Mood::Status(403)).await;
    uplink.hand(Stream::P1, 1, 2).await;
    let stat: Stat = uplink
        .ask(1, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    let p1 = &stat.streams[1];
    assert_eq!((stat.cloud, p1.waiting_records), (None, 2.into()));
    assert!(p1.oldest_at.is_some() && p1.waiting_bytes > Integer::from(200));
    uplink.uplink.lane(Stream::P1).drain(2);
    eventually(|| uplink.uplink.outlook.borrow().cloud.is_some()).await;
    let stat: Stat = uplink
        .ask(2, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stat.cloud, stat.last_error.as_str()),
        (Some(true), "403 Some: words")
    );
    uplink.stub.becomes(Mood::Fine);
    uplink.drained().await;
    let stat: Stat = uplink
        .ask(3, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    let p1 = &stat.streams[1];
    assert_eq!(
        (
            p1.waiting_records,
            p1.uploaded_records,
            p1.uploaded_batches,
            p1.oldest_at
        ),
        (0.into(), 2.into(), 1.into(), None)
    );
    assert_eq!(stat.last_error, "");
}

// uplink-5.1
#[tokio::test]
async fn dump_shows_the_oldest_records_as_they_will_be_uploaded() {
    let uplink = Edge::start(Mood::Deaf).await;
    uplink.hand(Stream::P1, 1, 5).await;
    let dump = |limit| Dump {
        stream: Stream::P1,
        limit,
    };
    let dumped: Dumped = uplink.ask(1, DUMP, dump(2), LIMIT).await.unwrap().unwrap();
    let places: Vec<_> = dumped.lines.iter().map(|line| line.place.value()).collect();
    assert_eq!(places, [1, 2]);
    let refused = uplink.ask::<_, Dumped>(2, DUMP, dump(201), LIMIT).await;
    let problem = refused.unwrap().unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some("body.limit"))
    );
}

// uplink-5.3
#[tokio::test]
async fn drain_answers_when_everything_is_in_the_bucket() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.hand(Stream::P2, 2, 3).await;
    let drained: Drained = uplink
        .ask(1, DRAIN, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (drained.uploaded_batches, drained.waiting_records),
        (2.into(), 0.into())
    );
    assert_eq!(places(&uplink.stub), [1, 1, 2, 3]);
}

// uplink-5.3
#[tokio::test]
async fn drain_says_before_the_deadline_how_much_is_left() {
    let uplink = Edge::start(Mood::Status(503)).await;
    uplink.hand(Stream::P0, 1, 4).await;
    let wait = Duration::from_millis(700);
    let drained = uplink.ask::<_, Drained>(1, DRAIN, Nothing {}, wait).await;
    let problem = drained.unwrap().unwrap_err();
    assert_eq!(problem.code, Code::TimedOut);
    assert!(problem.detail.starts_with("4 records"), "{problem}");
}

// uplink-5.2
#[tokio::test]
async fn a_repeated_question_gets_the_first_answer() {
    let uplink = Edge::start(Mood::Deaf).await;
    let before: Stat = uplink
        .ask(1, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    uplink.hand(Stream::P1, 1, 5).await;
    let again: Stat = uplink
        .ask(1, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(before, again);
}

// uplink-5.4
#[tokio::test]
async fn what_nobody_waits_for_is_not_answered_and_what_nobody_understands_is_refused() {
    let uplink = Edge::start(Mood::Deaf).await;
    let late = br#"{"v":1,"deadline":1,"body":{}}"#;
    assert_eq!(uplink.say(1, STAT, late).await, None);
    let code = |answer: Option<Vec<u8>>| {
        let reply: Reply<Nothing> = wire::decode(&answer.unwrap()).unwrap();
        reply.problem.unwrap().code
    };
    assert_eq!(code(uplink.say(2, "explode", b"{}").await), Code::NotFound);
    assert_eq!(code(uplink.say(3, STAT, b"{").await), Code::Malformed);
    let newer = br#"{"v":2,"deadline":9007199254740991,"body":{}}"#;
    assert_eq!(
        code(uplink.say(4, STAT, newer).await),
        Code::UnsupportedVersion
    );
}

/// Waits for a state of the test's own process.
async fn eventually(mut reached: impl FnMut() -> bool) {
    let reaching = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, reaching).await.unwrap();
}
