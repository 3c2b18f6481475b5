use kit::digest::sha256;
use tempfile::TempDir;
use wire::uplink::Line;
use wire::{BatchId, Code};

use super::*;
use crate::batch::Packing;
use crate::object::Origin;

mod forgoing;
mod shelf;

const CAPACITY: u64 = 1_000_000;

/// A spool of so many bytes, on a disk that is never low.
pub(crate) async fn spool(directory: &Path, capacity: u64, tasks: &Tasks) -> Spool {
    let quotas = Quotas::new(capacity, None, None, None);
    let floor = Floor {
        percent: 0,
        most: 0,
    };
    let path = directory.join("spool.db");
    Spool::open(&path, quotas, floor, tasks).await.unwrap()
}

/// A spool in a scratch directory that can be closed and opened again.
struct Disk {
    directory: TempDir,
    open: Option<(Spool, Tasks)>,
}

impl Disk {
    async fn with(capacity: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut disk = Self {
            directory,
            open: None,
        };
        disk.open(capacity).await;
        disk
    }

    async fn open(&mut self, capacity: u64) {
        let tasks = Tasks::new();
        let spool = spool(self.directory.path(), capacity, &tasks).await;
        self.open = Some((spool, tasks));
    }

    /// What does not hold of a stream when it is counted again.
    async fn faults(&self, stream: Stream) -> Vec<String> {
        self.spool().verify(stream).await.unwrap().faults
    }

    /// Ends the program and starts it again.
    async fn restart(&mut self) {
        let (spool, tasks) = self.open.take().unwrap();
        drop(spool);
        tasks.drain().await.unwrap();
        self.open(CAPACITY).await;
    }

    fn spool(&self) -> &Spool {
        &self.open.as_ref().unwrap().0
    }

    async fn keep(&self, arrivals: Vec<Arrival>) -> Vec<Result<Kept, Problem>> {
        self.spool().keep(arrivals, 1_000.into()).await.unwrap()
    }

    async fn places(&self, stream: Stream) -> Vec<u64> {
        let rows = self.spool().oldest(stream, 200).await.unwrap();
        let place = |row: &Row| wire::decode::<Line>(&row.line).unwrap().place;
        assert!(rows.iter().all(|row| place(row) == row.place));
        rows.iter().map(|row| row.place.value()).collect()
    }

    async fn totals(&self, stream: Stream) -> Totals {
        let totals = self.spool().totals().await.unwrap();
        *totals.iter().find(|total| total.stream == stream).unwrap()
    }

    async fn seal(&self, stream: Stream, bytes: u64) -> (Sealed, Vec<u8>) {
        let dropped = self.spool().dropped(stream).await.unwrap();
        let front = self.spool().front(stream, bytes).await.unwrap().unwrap();
        let origin = Origin {
            property: "seaside".parse().unwrap(),
            box_id: "box-1".parse().unwrap(),
        };
        let body = front.pack(Packing::Quick);
        let size = u64::try_from(body.len()).unwrap();
        let sealed = front.seal(&origin, stream, sha256(&body), size);
        let kept = self.spool().seal(sealed.clone(), body.clone(), dropped);
        assert!(kept.await.unwrap());
        (sealed, body)
    }
}

fn arrival(stream: Stream, id: u8, records: usize) -> Arrival {
    let record = |n| format!(r#"{{"at":{n},"kind":"telemetry","body":{{"id":{id}}}}}"#);
    let records: Vec<_> = (0..records).map(record).collect();
    let body = format!(r#"{{"v":1,"records":[{}]}}"#, records.join(","));
    let batch = Batch::read(
        &stream.word(),
        "iot-gateway".parse().unwrap(),
        batch_id(id),
        body.as_bytes(),
    );
    Arrival {
        batch: batch.unwrap(),
        sha256: sha256(body.as_bytes()),
    }
}

fn batch_id(id: u8) -> BatchId {
    format!("01941f29-7c00-7000-8000-0000000000{id:02x}")
        .parse()
        .unwrap()
}

// uplink-1.1
#[tokio::test]
async fn what_is_kept_is_there_after_a_restart() {
    let mut disk = Disk::with(CAPACITY).await;
    assert_eq!(
        disk.keep(vec![arrival(Stream::P1, 1, 3)]).await,
        [Ok(Kept::Now)]
    );
    disk.restart().await;
    assert_eq!(disk.places(Stream::P1).await, [1, 2, 3]);
}

// uplink-1.2
#[tokio::test]
async fn a_repeated_batch_is_confirmed_and_not_stored_again() {
    let mut disk = Disk::with(CAPACITY).await;
    let twice = vec![arrival(Stream::P1, 1, 2), arrival(Stream::P1, 1, 2)];
    assert_eq!(disk.keep(twice).await, [Ok(Kept::Now), Ok(Kept::Before)]);
    disk.restart().await;
    assert_eq!(
        disk.keep(vec![arrival(Stream::P1, 1, 2)]).await,
        [Ok(Kept::Before)]
    );
    assert_eq!(disk.places(Stream::P1).await, [1, 2]);
}

// uplink-1.2
#[tokio::test]
async fn a_repetition_is_known_for_a_week_and_after_its_records_are_gone() {
    let disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 2)]).await;
    let (sealed, _) = disk.seal(Stream::P1, 10_000).await;
    disk.spool().forget(sealed).await.unwrap();
    let week = kit::clock::later(1_000.into(), REMEMBERED);
    disk.spool().sweep(week).await.unwrap();
    assert_eq!(
        disk.keep(vec![arrival(Stream::P1, 1, 2)]).await,
        [Ok(Kept::Before)]
    );
    disk.spool().sweep(week.next()).await.unwrap();
    assert_eq!(
        disk.keep(vec![arrival(Stream::P1, 1, 2)]).await,
        [Ok(Kept::Now)]
    );
}

// uplink-1.3
#[tokio::test]
async fn an_id_that_returns_with_other_bytes_or_in_another_stream_is_a_conflict() {
    let disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 2)]).await;
    let others = vec![arrival(Stream::P1, 1, 3), arrival(Stream::P0, 1, 2)];
    assert_eq!(
        disk.keep(others).await,
        [
            Err(crate::intake::conflict()),
            Err(crate::intake::conflict())
        ]
    );
    assert_eq!(disk.totals(Stream::P0).await.next_place, 1);
}

// uplink-1.5
#[tokio::test]
async fn a_batch_that_does_not_fit_is_refused_whole_and_a_smaller_one_is_kept() {
    let disk = Disk::with(1_000).await;
    let verdicts = disk
        .keep(vec![arrival(Stream::P1, 1, 50), arrival(Stream::P1, 2, 1)])
        .await;
    assert_eq!(verdicts[0].as_ref().unwrap_err().code, Code::StorageFull);
    assert_eq!(verdicts[1], Ok(Kept::Now));
    assert_eq!(disk.places(Stream::P1).await, [1]);
}

// uplink-1.5
#[tokio::test]
async fn a_refused_batch_is_kept_when_there_is_room_again() {
    let disk = Disk::with(400).await;
    disk.keep(vec![arrival(Stream::P1, 1, 1)]).await;
    let refused = disk.keep(vec![arrival(Stream::P1, 2, 1)]).await;
    assert_eq!(refused[0].as_ref().unwrap_err().code, Code::StorageFull);
    let (sealed, _) = disk.seal(Stream::P1, 10_000).await;
    disk.spool().forget(sealed).await.unwrap();
    assert_eq!(
        disk.keep(vec![arrival(Stream::P1, 2, 1)]).await,
        [Ok(Kept::Now)]
    );
    assert_eq!(disk.places(Stream::P1).await, [2]);
}

// uplink-1.6
#[tokio::test]
async fn each_stream_counts_its_places_for_itself() {
    let disk = Disk::with(CAPACITY).await;
    disk.keep(vec![
        arrival(Stream::P0, 1, 2),
        arrival(Stream::P2, 2, 1),
        arrival(Stream::P0, 3, 2),
    ])
    .await;
    assert_eq!(disk.places(Stream::P0).await, [1, 2, 3, 4]);
    assert_eq!(disk.places(Stream::P2).await, [1]);
}

// uplink-4.1
#[tokio::test]
async fn a_sealed_batch_has_the_same_name_and_bytes_after_a_restart() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5)]).await;
    let (sealed, body) = disk.seal(Stream::P1, 400).await;
    assert!(sealed.lines < 5);
    disk.restart().await;
    disk.keep(vec![arrival(Stream::P1, 2, 5)]).await;
    assert_eq!(
        disk.spool().sealed(Stream::P1).await.unwrap(),
        Some(sealed.clone())
    );
    assert_eq!(disk.spool().body(&sealed).await.unwrap(), Some(body));
}

// uplink-4.4
#[tokio::test]
async fn forgetting_a_batch_counts_it_once_and_leaves_the_rest() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5)]).await;
    let (sealed, body) = disk.seal(Stream::P1, 400).await;
    let (records, size) = (sealed.lines, u64::try_from(body.len()).unwrap());
    disk.spool().forget(sealed.clone()).await.unwrap();
    disk.spool().forget(sealed.clone()).await.unwrap();
    disk.restart().await;
    let totals = disk.totals(Stream::P1).await;
    let rest: Vec<_> = (records + 1..=5).collect();
    assert_eq!(disk.places(Stream::P1).await, rest);
    assert_eq!(disk.spool().sealed(Stream::P1).await.unwrap(), None);
    assert_eq!(
        (
            totals.uploaded_records,
            totals.uploaded_batches,
            totals.uploaded_bytes
        ),
        (records, 1, size)
    );
    assert_eq!(totals.uploaded_through(), records);
    let left = disk.spool().waiting(Stream::P1).await.unwrap().unwrap();
    assert_eq!(
        (left.first, left.bytes),
        (sealed.last.next(), totals.waiting_bytes)
    );
}

#[tokio::test]
async fn an_empty_stream_has_nothing_to_seal() {
    let disk = Disk::with(CAPACITY).await;
    assert_eq!(disk.spool().waiting(Stream::P0).await.unwrap(), None);
    assert_eq!(disk.spool().front(Stream::P0, 100).await.unwrap(), None);
}

// uplink-5.2
#[tokio::test]
async fn the_first_answer_to_a_request_stands_through_a_restart() {
    let mut disk = Disk::with(CAPACITY).await;
    let (asker, id): (Principal, RequestId) = (
        "edgectl".parse().unwrap(),
        "01941f29-7c00-7000-8000-000000000001".parse().unwrap(),
    );
    for answer in ["first", "second"] {
        let kept = disk
            .spool()
            .remember(asker.clone(), id, 1.into(), answer.into());
        kept.await.unwrap();
    }
    disk.restart().await;
    let answer = disk.spool().recall(&asker, id).await.unwrap();
    assert_eq!(answer.as_deref(), Some(b"first".as_slice()));
}
