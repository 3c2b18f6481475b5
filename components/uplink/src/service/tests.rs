//! The component without its bus: records go in, a bucket over real HTTP gets them.

use std::time::Duration;

use kit::clock::later;
use kit::digest::sha256;
use kit::lifecycle::Tasks;
use tempfile::TempDir;
use tokio::time::timeout;
use wire::request::{Reply, Request};
use wire::uplink::{Line, Mode};
use wire::{Principal, Problem, RequestId, Version};

use super::*;
use crate::edge::s3::tests::bucket;
use crate::edge::s3::tests::stub::{Mood, Object, SOMETHING_ELSE, Stub};
use crate::edge::spool::Arrival;
use crate::edge::spool::tests::spool;
use crate::intake::{Batch, Kept};

mod handing;
mod leaving;
mod questions;
mod uploads;

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
        let record = r#"{"at":1,"kind":"telemetry","body":{"device":"room-101-thermostat"}}"#;
        self.hand_records(stream, id, record, records).await;
    }

    /// Hands the same record over a few times.
    async fn hand_records(&self, stream: Stream, id: u8, record: &str, records: usize) {
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
    let spool = spool(disk.path(), 1_000_000, &tasks).await;
    let rules = Rules {
        mode: Mode::Normal,
        day_bytes: 1_000_000,
        bytes_per_s: 1_000_000,
    };
    let link = gate::link(&spool, rules, &Clock::system()).await.unwrap();
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
        policy: Policy::new(&BTreeMap::new()),
        prices: Prices {
            thousand_requests: 5_000,
            gb_month: 23_000,
            kept_days: 90,
        },
        link: Mutex::new(link),
        turned: watch::Sender::default(),
        lanes: totals.iter().map(Lane::of).collect(),
        post: Post {
            handover: Some(Handover::at(disk.path().join("handover"))),
            bucket: bucket(&stub.endpoint),
            news: Notify::new(),
            hurry: Notify::new(),
        },
        outlook: watch::Sender::default(),
        counted: Notify::new(),
    });
    for (stream, name) in CARRIERS {
        let uplink = Arc::clone(&uplink);
        tasks.spawn(name, |stop| carry::run(uplink, *stream, stop));
    }
    let carried = Arc::clone(&uplink);
    tasks.spawn("files", |stop| files::run(carried, stop));
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

/// Waits for a state of the test's own process.
async fn eventually(mut reached: impl AsyncFnMut() -> bool) {
    let reaching = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, reaching).await.unwrap();
}
