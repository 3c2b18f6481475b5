//! Records that give way, and what stands in their place.

use proptest::prelude::*;
use wire::uplink::{DROPPED_RECORD, DropReason, Dropped};

use super::*;

/// A quarter of it is for `p2`.
const SMALL: u64 = 16_000;

impl Disk {
    /// What stands for dropped records of a stream.
    async fn told(&self, stream: Stream) -> Vec<Dropped> {
        let rows = self.spool().oldest(stream, 1_000).await.unwrap();
        let lines = rows
            .iter()
            .map(|row| wire::decode::<Line>(&row.line).unwrap());
        lines
            .filter(|line| line.record.kind.as_str() == DROPPED_RECORD)
            .map(|line| {
                assert_eq!(line.principal.as_str(), "uplink");
                serde_json::from_value(line.record.body.into()).unwrap()
            })
            .collect()
    }

    /// First and last places of everything that waits, in order.
    async fn ranges(&self, stream: Stream) -> Vec<(u64, u64)> {
        let rows = self.spool().oldest(stream, 1_000).await.unwrap();
        rows.iter()
            .map(|row| (row.first.value(), row.place.value()))
            .collect()
    }
}

/// Whether ranges begin at a place, end at another, and leave nothing out.
fn are_gapless(ranges: &[(u64, u64)], first: u64, last: u64) -> bool {
    let mut next = first;
    for (from, to) in ranges {
        if *from != next {
            return false;
        }
        next = to + 1;
    }
    next == last + 1
}

// uplink-1.5, uplink-1.9
#[tokio::test]
async fn measurements_beyond_their_quota_push_the_oldest_out_and_one_record_speaks_for_them() {
    let mut disk = Disk::with(SMALL).await;
    for id in 0..40 {
        let kept = disk.keep(vec![arrival(Stream::P2, id, 5)]).await;
        assert_eq!(kept, [Ok(Kept::Now)]);
    }
    disk.restart().await;
    let (totals, told) = (disk.totals(Stream::P2).await, disk.told(Stream::P2).await);
    assert!(totals.waiting_bytes <= SMALL / 4 + 1_024, "{totals:?}");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (
            told[0].first,
            told[0].records.value(),
            told[0].bytes.value()
        ),
        (1.into(), totals.dropped_records, totals.dropped_bytes)
    );
    assert_eq!(told[0].reason, DropReason::StorageFull);
    assert!(totals.dropped_records > 100, "{totals:?}");
    assert!(are_gapless(&disk.ranges(Stream::P2).await, 1, 200));
    assert_eq!(disk.faults(Stream::P2).await, Vec::<String>::new());
}

// uplink-1.9, uplink-4.1
#[tokio::test]
async fn an_object_is_named_after_what_its_records_speak_for() {
    let disk = Disk::with(SMALL).await;
    for id in 0..40 {
        disk.keep(vec![arrival(Stream::P2, id, 5)]).await;
    }
    let (sealed, _) = disk.seal(Stream::P2, 1_000_000).await;
    assert_eq!((sealed.first, sealed.last), (1.into(), 200.into()));
    assert!(sealed.key.contains("/1-200-"), "{}", sealed.key);
    assert!(sealed.lines < 100, "{sealed:?}");
    disk.spool().forget(sealed).await.unwrap();
    let totals = disk.totals(Stream::P2).await;
    assert_eq!((totals.waiting_records, totals.waiting_bytes), (0, 0));
    assert_eq!(totals.uploaded_through(), 200);
}

// uplink-1.7
#[tokio::test]
async fn a_batch_under_way_is_not_dropped_and_what_lies_behind_it_is() {
    let disk = Disk::with(SMALL).await;
    disk.keep(vec![arrival(Stream::P2, 0, 10)]).await;
    let (sealed, body) = disk.seal(Stream::P2, 1_000_000).await;
    for id in 1..40 {
        disk.keep(vec![arrival(Stream::P2, id, 5)]).await;
    }
    assert_eq!(disk.spool().body(&sealed).await.unwrap(), Some(body));
    let told = disk.told(Stream::P2).await;
    assert_eq!((told.len(), told[0].first), (1, 11.into()));
    assert!(are_gapless(&disk.ranges(Stream::P2).await, 1, 205));
    assert_eq!(disk.faults(Stream::P2).await, Vec::<String>::new());
    disk.spool().forget(sealed).await.unwrap();
    assert!(are_gapless(&disk.ranges(Stream::P2).await, 11, 205));
}

// uplink-1.9
#[tokio::test]
async fn a_batch_whose_records_gave_way_while_it_was_made_is_made_anew() {
    let disk = Disk::with(SMALL).await;
    disk.keep(vec![arrival(Stream::P2, 0, 10)]).await;
    let spool = disk.spool();
    let dropped = spool.dropped(Stream::P2).await.unwrap();
    let front = spool.front(Stream::P2, 1_000_000).await.unwrap().unwrap();
    for id in 1..40 {
        disk.keep(vec![arrival(Stream::P2, id, 5)]).await;
    }
    let body = front.pack(Packing::Quick);
    let origin = Origin {
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
    };
    let sealed = front.seal(&origin, Stream::P2, sha256(&body), 1);
    assert!(!spool.seal(sealed, body, dropped).await.unwrap());
    assert_eq!(spool.sealed(Stream::P2).await.unwrap(), None);
}

// uplink-1.7
#[tokio::test]
async fn alarms_are_kept_when_everything_else_is_full_and_never_dropped() {
    let disk = Disk::with(SMALL).await;
    let mut id = 0;
    let mut fill = async |stream| {
        let mut kept = 0;
        for _ in 0..60 {
            id += 1;
            kept += usize::from(disk.keep(vec![arrival(stream, id, 2)]).await == [Ok(Kept::Now)]);
        }
        kept
    };
    let (p1, p2, p3) = (
        fill(Stream::P1).await,
        fill(Stream::P2).await,
        fill(Stream::P3).await,
    );
    // Orders are refused at some time, measurements and debugging never.
    assert!(p1 < 60 && (p2, p3) == (60, 60), "{p1} {p2} {p3}");
    let alarms = fill(Stream::P0).await;
    let totals = disk.totals(Stream::P0).await;
    assert_eq!(totals.waiting_records, u64::try_from(alarms * 2).unwrap());
    assert!(totals.waiting_bytes > SMALL / 4 - 300, "{totals:?}");
    for (stream, dropped) in [(Stream::P0, false), (Stream::P1, false), (Stream::P2, true)] {
        assert_eq!(
            disk.totals(stream).await.dropped_records > 0,
            dropped,
            "{stream}"
        );
    }
    // They have taken the room of debugging and measurements, too.
    assert!(disk.totals(Stream::P2).await.waiting_bytes < 1_500);
}

// uplink-1.8
#[tokio::test]
async fn a_disk_below_its_floor_takes_alarms_only() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P2, 1, 10)]).await;
    let (spool, tasks) = disk.open.take().unwrap();
    drop(spool);
    tasks.drain().await.unwrap();
    // A floor that no disk has.
    let tasks = Tasks::new();
    let path = disk.directory.path().join("spool.db");
    let quotas = Quotas::new(CAPACITY, None, None, None);
    let floor = Floor {
        percent: 101,
        most: u64::MAX,
    };
    let spool = Spool::open(&path, quotas, floor, &tasks).await.unwrap();
    disk.open = Some((spool, tasks));
    let verdicts = disk
        .keep(vec![arrival(Stream::P1, 2, 20), arrival(Stream::P0, 3, 1)])
        .await;
    assert_eq!(verdicts[0].as_ref().unwrap_err().code, Code::StorageFull);
    assert_eq!(verdicts[1], Ok(Kept::Now));
    assert_eq!(
        disk.keep(vec![arrival(Stream::P2, 4, 2)]).await,
        [Ok(Kept::Now)]
    );
    assert_eq!(disk.told(Stream::P2).await.len(), 1);
}

/// One act on a small spool.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// A batch of a stream arrives.
    Arrive(usize, usize),
    /// A batch of a stream is made, if none is under way.
    Seal(usize),
    /// The batch under way is in the bucket.
    Forget(usize),
    /// The batch under way is set aside.
    Aside(usize),
    /// Everything that is set aside is tried again.
    Replay,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..4_usize, 1..12_usize).prop_map(|(stream, records)| Act::Arrive(stream, records)),
        2 => (0..4_usize).prop_map(Act::Seal),
        1 => (0..4_usize).prop_map(Act::Forget),
        1 => (0..4_usize).prop_map(Act::Aside),
        1 => Just(Act::Replay),
    ]
}

/// What was confirmed, and what the bucket has.
#[derive(Default)]
struct Ledger {
    confirmed: [u64; 4],
    bucket: [Vec<(u64, u64)>; 4],
}

impl Ledger {
    async fn act(&mut self, disk: &Disk, number: u8, act: Act) {
        let spool = disk.spool();
        match act {
            Act::Arrive(place, records) => {
                let kept = disk
                    .keep(vec![arrival(Stream::ALL[place], number, records)])
                    .await;
                if kept == [Ok(Kept::Now)] {
                    self.confirmed[place] += u64::try_from(records).unwrap();
                }
            }
            Act::Seal(place) => {
                let stream = Stream::ALL[place];
                let waits = spool.waiting(stream).await.unwrap().is_some();
                if spool.resumed(stream).await.unwrap().is_none() && waits {
                    disk.seal(stream, 1_500).await;
                }
            }
            Act::Forget(place) => {
                if let Some(sealed) = spool.sealed(Stream::ALL[place]).await.unwrap() {
                    self.bucket[place].push((sealed.first.value(), sealed.last.value()));
                    spool.forget(sealed).await.unwrap();
                }
            }
            Act::Aside(place) => {
                if let Some(sealed) = spool.sealed(Stream::ALL[place]).await.unwrap() {
                    let aside = spool.set_aside(sealed, "because".to_owned(), 1.into());
                    aside.await.unwrap();
                }
            }
            Act::Replay => drop(spool.replay(None).await.unwrap()),
        }
    }

    /// Every place that was confirmed is in the bucket once, or still here, or spoken for.
    async fn settle(&self, disk: &Disk) {
        for (place, stream) in Stream::ALL.iter().enumerate() {
            let verified = disk.spool().verify(*stream).await.unwrap();
            assert_eq!(verified.faults, Vec::<String>::new(), "{stream}");
            let spans = verified.spans.iter();
            let here = spans.map(|span| (span.first.value(), span.last.value()));
            let mut all: Vec<_> = here.chain(self.bucket[place].iter().copied()).collect();
            all.sort_unstable();
            assert!(
                are_gapless(&all, 1, self.confirmed[place]),
                "{stream}: {all:?}"
            );
            let totals = disk.totals(*stream).await;
            assert_eq!(totals.arrived_through(), self.confirmed[place], "{stream}");
            if matches!(stream, Stream::P0 | Stream::P1) {
                assert_eq!(totals.dropped_records, 0, "{stream}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    // uplink-1.9, uplink-4.1, uplink-11.1
    #[test]
    fn every_confirmed_place_is_in_the_bucket_once_or_here_or_spoken_for(
        acts in prop::collection::vec(any_act(), 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (disk, mut ledger) = (Disk::with(SMALL).await, Ledger::default());
            for (number, act) in acts.into_iter().enumerate() {
                ledger.act(&disk, u8::try_from(number).unwrap(), act).await;
            }
            ledger.settle(&disk).await;
        });
    }
}
