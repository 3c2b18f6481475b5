use std::path::PathBuf;

use tempfile::TempDir;
use wire::device::Scalar;

use super::*;
use crate::sim::device::Memory;
use crate::sim::outbox::{Letter, Place, Saying, Stored};

fn letter(seq: u32) -> Letter {
    let place = Place {
        boot: 1_u32.into(),
        seq: seq.into(),
        oldest_seq: None,
        at: 5_u32.into(),
    };
    Letter::write(
        place,
        Saying::Telemetry("temperature".parse().unwrap(), Scalar::Number(20.5)),
    )
}

fn device() -> DeviceId {
    "room-101-thermostat".parse().unwrap()
}

fn said(letters: std::ops::Range<u32>) -> Entry {
    Entry {
        letters: letters.map(letter).collect(),
        ..Entry::new(device())
    }
}

/// A directory with a ledger that holds these entries; it was closed properly.
async fn kept(entries: impl IntoIterator<Item = Entry>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let tasks = Tasks::new();
    let ledger = Ledger::open(&path, 1_u32.into(), &tasks).await.unwrap();
    for entry in entries {
        ledger.commit(entry).await.unwrap();
    }
    drop(ledger);
    tasks.drain().await.unwrap();
    (directory, path)
}

/// Compares what a device goes on from after these entries: next, through, dropped, held.
async fn check(
    entries: impl IntoIterator<Item = Entry>,
    expected: (u64, Option<u64>, Option<u64>, &[u32]),
) {
    let (_directory, path) = kept(entries).await;
    let ledger = Ledger::open(&path, 2_u32.into(), &Tasks::new())
        .await
        .unwrap();
    let (next, through, dropped, held) = expected;
    let held = held.iter().copied().map(letter).collect();
    let outbox = Stored {
        next,
        through,
        dropped,
        held,
    };
    let resumed = ledger.resume(&device()).await.unwrap();
    assert_eq!(
        resumed,
        Resumed {
            boot: 1_u32.into(),
            outbox,
            memory: Memory::default()
        }
    );
}

#[tokio::test]
async fn a_new_device_starts_at_the_first_place() {
    check([], (0, None, None, &[])).await;
}

#[tokio::test]
async fn what_was_said_is_held_with_every_byte() {
    check([said(0..3)], (3, None, None, &[0, 1, 2])).await;
}

#[tokio::test]
async fn what_was_received_is_not_held_and_its_places_stay_used() {
    let through = |through| Entry {
        through: Some(through),
        ..Entry::new(device())
    };
    check([said(0..3), through(1)], (3, Some(1), None, &[2])).await;
    check(
        [said(0..3), through(0), through(2)],
        (3, Some(2), None, &[]),
    )
    .await;
}

#[tokio::test]
async fn what_was_given_up_is_not_held_and_remembered_until_the_gateway_is_past_it() {
    let dropped = Entry {
        dropped: vec![0],
        ..said(1..3)
    };
    check([said(0..1), dropped.clone()], (3, None, Some(0), &[1, 2])).await;
    let through = Entry {
        through: Some(1),
        ..Entry::new(device())
    };
    check([said(0..1), dropped, through], (3, Some(1), None, &[2])).await;
}

#[tokio::test]
async fn a_device_that_lost_its_outbox_begins_anew_and_what_it_held_is_given_up() {
    let through = Entry {
        through: Some(0),
        ..Entry::new(device())
    };
    let (_directory, path) = kept([said(0..3), through]).await;
    let tasks = Tasks::new();
    let ledger = Ledger::open(&path, 2_u32.into(), &tasks).await.unwrap();
    ledger.renew(&device(), 9_u32.into()).await.unwrap();
    let resumed = ledger.resume(&device()).await.unwrap();
    assert_eq!(
        (resumed.boot, resumed.outbox),
        (9_u32.into(), Stored::default())
    );
    let again = Entry {
        boot: Some(9_u32.into()),
        ..said(0..1)
    };
    ledger.commit(again).await.unwrap();
    let lines = read(&path).await.unwrap();
    let fates: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.boot.value(),
                line.seq.value(),
                line.received,
                line.dropped,
            )
        })
        .collect();
    let expected = [
        (1, 0, true, false),
        (1, 1, false, true),
        (1, 2, false, true),
        (9, 0, false, false),
    ];
    assert_eq!(fates, expected);
    assert_eq!(ledger.resume(&device()).await.unwrap().outbox.next, 1);
}

#[tokio::test]
async fn a_ledger_keeps_its_boot_and_a_new_one_is_a_new_boot() {
    let (_directory, path) = kept([]).await;
    let again = Ledger::open(&path, 2_u32.into(), &Tasks::new())
        .await
        .unwrap();
    assert_eq!(again.boot(), 1_u32.into());
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("ledger.db");
    let other = Ledger::open(&other, 2_u32.into(), &Tasks::new())
        .await
        .unwrap();
    assert_eq!(other.boot(), 2_u32.into());
}

#[tokio::test]
async fn every_line_stays_with_its_fate() {
    let settle = Entry {
        through: Some(1),
        dropped: vec![0],
        ..Entry::new(device())
    };
    let (_directory, path) = kept([said(0..3), settle]).await;
    let lines = read(&path).await.unwrap();
    let fates: Vec<_> = lines
        .iter()
        .map(|line| (line.received, line.dropped))
        .collect();
    assert_eq!(fates, [(false, true), (true, false), (false, false)]);
    assert_eq!(lines[2].sha256, letter(2).sha256());
    let kinds = [("telemetry".to_owned(), 3)].into();
    let totals = Totals {
        devices: 1,
        total: 3,
        received: 1,
        held: 1,
        dropped: 1,
        kinds,
    };
    assert_eq!(Totals::of(&lines), totals);
}
