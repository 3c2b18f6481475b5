//! Batches that are set aside, what was sent by day, and what an operator chose.

use wire::uplink::{DROPPED_RECORD, DropReason, Dropped};

use super::*;
use crate::edge::spool::letter::SHELF;

const BECAUSE: &str = "400 EntityTooLarge: words";

impl Disk {
    async fn set_aside(&self, sealed: &Sealed) -> Shelf {
        let aside = self
            .spool()
            .set_aside(sealed.clone(), BECAUSE.to_owned(), 7.into());
        aside.await.unwrap()
    }
}

// uplink-4.7
#[tokio::test]
async fn a_batch_that_is_set_aside_makes_way_and_keeps_name_body_and_reason() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5)]).await;
    let (sealed, body) = disk.seal(Stream::P1, 400).await;
    assert_eq!(disk.set_aside(&sealed).await, Shelf::Aside);
    disk.restart().await;
    let letters = disk.spool().letters().await.unwrap();
    assert_eq!(
        (
            letters.len(),
            letters[0].key.as_str(),
            letters[0].reason.as_str()
        ),
        (1, sealed.key.as_str(), BECAUSE)
    );
    let opened = disk
        .spool()
        .letter(letters[0].number)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(opened.body, body);
    let waiting = disk.spool().waiting(Stream::P1).await.unwrap().unwrap();
    assert_eq!(waiting.first, sealed.last.next());
    assert_eq!(disk.totals(Stream::P1).await.letters, 1);
    assert_eq!(disk.faults(Stream::P1).await, Vec::<String>::new());
}

// uplink-4.7
#[tokio::test]
async fn a_batch_that_is_tried_again_has_the_same_name_and_is_counted_once() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5)]).await;
    let (sealed, body) = disk.seal(Stream::P1, 10_000).await;
    disk.set_aside(&sealed).await;
    assert_eq!(disk.spool().replay(None).await.unwrap(), [Stream::P1]);
    disk.restart().await;
    let again = disk.spool().resumed(Stream::P1).await.unwrap().unwrap();
    assert_eq!(
        (&again, disk.spool().body(&again).await.unwrap()),
        (&sealed, Some(body))
    );
    assert_eq!(disk.totals(Stream::P1).await.waiting_records, 5);
    assert_eq!(disk.faults(Stream::P1).await, Vec::<String>::new());
    disk.spool().forget(again).await.unwrap();
    let totals = disk.totals(Stream::P1).await;
    assert_eq!(
        (
            totals.uploaded_records,
            totals.waiting_records,
            totals.letters
        ),
        (5, 0, 0)
    );
}

// uplink-4.7
#[tokio::test]
async fn a_full_shelf_gives_the_oldest_measurements_up_and_says_so_and_keeps_orders_trying() {
    let disk = Disk::with(CAPACITY).await;
    for stream in [Stream::P1, Stream::P2] {
        for id in 0..=u8::try_from(SHELF).unwrap() {
            let id = id + if stream == Stream::P1 { 0 } else { 100 };
            disk.keep(vec![arrival(stream, id, 2)]).await;
            let (sealed, _) = disk.seal(stream, 10_000).await;
            let full = stream == Stream::P1 && u64::from(id) == SHELF;
            let expected = if full { Shelf::Full } else { Shelf::Aside };
            assert_eq!(disk.set_aside(&sealed).await, expected, "{stream} {id}");
        }
        let totals = disk.totals(stream).await;
        assert_eq!(totals.letters, SHELF);
        assert_eq!(disk.faults(stream).await, Vec::<String>::new());
    }
    assert_eq!(disk.totals(Stream::P1).await.dropped_records, 0);
    let rows = disk.spool().oldest(Stream::P2, 9).await.unwrap();
    let line: Line = wire::decode(&rows[0].line).unwrap();
    let told: Dropped = serde_json::from_value(line.record.body.into()).unwrap();
    assert_eq!(line.record.kind.as_str(), DROPPED_RECORD);
    assert_eq!(
        (told.first, told.last, told.reason),
        (1.into(), 2.into(), DropReason::Refused)
    );
    assert_eq!(rows.len(), 1);
}

// uplink-11.1
#[tokio::test]
async fn a_spool_that_was_tampered_with_is_told() {
    let disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5)]).await;
    disk.keep(vec![arrival(Stream::P2, 2, 5)]).await;
    disk.seal(Stream::P2, 10_000).await;
    let tampering = disk.spool().journal.write(|connection| {
        Box::pin(async move {
            sqlx::query("DELETE FROM spool_record WHERE stream = 'p1' AND place = 3")
                .execute(&mut *connection)
                .await?;
            sqlx::query("UPDATE spool_sealed SET body = x'00'")
                .execute(connection)
                .await
        })
    });
    tampering.await.unwrap();
    let p1 = disk.spool().verify(Stream::P1).await.unwrap();
    let spans: Vec<_> = p1
        .spans
        .iter()
        .map(|span| (span.first.value(), span.last.value()))
        .collect();
    assert_eq!(spans, [(1, 2), (4, 5)]);
    assert_eq!(p1.faults[0], "4 records wait, 5 are counted");
    let p2 = disk.faults(Stream::P2).await;
    assert!(p2[0].ends_with("has another digest"), "{p2:?}");
}

// uplink-10.1, uplink-10.3
#[tokio::test]
async fn what_was_sent_and_what_came_in_is_counted_by_day_through_restarts() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.keep(vec![arrival(Stream::P1, 1, 5), arrival(Stream::P2, 2, 3)])
        .await;
    for _ in 0..2 {
        let count = Count {
            day: "2026-11-21".to_owned(),
            of: "p1".to_owned(),
            requests: 1,
            bytes: 100,
        };
        disk.spool().spend(count).await.unwrap();
    }
    disk.restart().await;
    let told: Vec<_> = disk
        .spool()
        .spent("")
        .await
        .unwrap()
        .into_iter()
        .map(|count| (count.day, count.of, count.requests, count.bytes))
        .collect();
    let expected = [("1970-01-01", "local", 8, 0), ("2026-11-21", "p1", 2, 200)];
    assert!(
        told.iter()
            .map(|(day, of, n, bytes)| (day.as_str(), of.as_str(), *n, *bytes))
            .eq(expected),
        "{told:?}"
    );
    // Long after, the first day is forgotten.
    disk.spool()
        .sweep(1_795_219_200_000_u64.try_into().unwrap())
        .await
        .unwrap();
    assert_eq!(disk.spool().spent("").await.unwrap().len(), 1);
}

// uplink-8.4
#[tokio::test]
async fn what_an_operator_chose_holds_through_restarts() {
    let mut disk = Disk::with(CAPACITY).await;
    disk.spool().set("mode", Some("offline")).await.unwrap();
    disk.restart().await;
    assert_eq!(
        disk.spool().setting("mode").await.unwrap().as_deref(),
        Some("offline")
    );
    disk.spool().set("mode", None).await.unwrap();
    assert_eq!(disk.spool().setting("mode").await.unwrap(), None);
}
