use tempfile::TempDir;

use super::*;
use crate::clock::Clock;
use crate::ids;
use crate::journal::Journal;
use crate::lifecycle::Tasks;
use crate::outbox;

/// An outbox without a carrier.
struct Shelf {
    journal: Journal,
    _tasks: Tasks,
    _directory: TempDir,
}

impl Shelf {
    async fn with(records: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let path = directory.path().join("journal.db");
        let migrations = [outbox::MIGRATION, outbox::LETTERS];
        let journal = Journal::open(&path, &migrations, &tasks).await.unwrap();
        let shelf = Self {
            journal,
            _tasks: tasks,
            _directory: directory,
        };
        for number in 0..records {
            let record = Record {
                at: number.into(),
                kind: "telemetry".parse().unwrap(),
                body: serde_json::Map::new(),
            };
            let put = shelf.journal.write(move |connection| {
                Box::pin(async move { outbox::put(connection, [(stream(), &record)]).await })
            });
            put.await.unwrap();
        }
        shelf
    }

    /// What a disk does.
    async fn damage(&self, sql: &'static str) {
        let damaged = self.journal.write(move |connection| {
            Box::pin(async move { sqlx::query(sql).execute(connection).await.map(|_| ()) })
        });
        damaged.await.unwrap();
    }

    /// The next batch, and when its records were.
    async fn next(&self) -> Option<(BatchId, Vec<u64>)> {
        let readers = self.journal.readers();
        let batch = match under_way(readers, &stream()).await.unwrap() {
            Some(batch) => batch,
            None => self.form().await?,
        };
        let records: Records = wire::decode(&batch.body).unwrap();
        let moments = records.records.iter().map(|record| record.at.value());
        Some((batch.id, moments.collect()))
    }

    async fn form(&self) -> Option<Batch> {
        let id = ids::new(Clock::system().wall());
        let formed = self.journal.write(move |connection| {
            Box::pin(async move { form(connection, &stream(), id).await })
        });
        formed.await.unwrap()
    }

    async fn forget(&self) {
        let forgotten = self
            .journal
            .write(|connection| Box::pin(async move { forget(connection, &stream()).await }));
        forgotten.await.unwrap();
    }

    async fn letters(&self) -> Vec<(Vec<u8>, String)> {
        sqlx::query_as("SELECT body, reason FROM outbox_letter ORDER BY id")
            .fetch_all(self.journal.readers())
            .await
            .unwrap()
    }
}

fn stream() -> Word {
    "p1".parse().unwrap()
}

// bus-5.3
#[tokio::test]
async fn at_most_a_thousand_records_are_kept_aside_and_they_are_the_last() {
    let shelf = Shelf::with(1).await;
    shelf
        .damage(
            "WITH RECURSIVE damaged(id) AS
             (SELECT 2 UNION ALL SELECT id + 1 FROM damaged WHERE id < 1101)
             INSERT INTO outbox_record (id, stream, body)
             SELECT id, 'p1', CAST(id AS BLOB) FROM damaged",
        )
        .await;
    while shelf.next().await.is_some() {
        shelf.forget().await;
    }
    assert_eq!(backlog(shelf.journal.readers()).await.unwrap(), 0);
    let letters = shelf.letters().await;
    assert_eq!((letters.len(), &letters[0].0[..]), (1_000, &b"102"[..]));
}

// bus-5.3
#[tokio::test]
async fn a_record_that_cannot_be_read_is_set_aside_and_the_others_go() {
    let shelf = Shelf::with(4).await;
    shelf
        .damage("UPDATE outbox_record SET body = x'7b' WHERE id IN (2, 4)")
        .await;
    assert_eq!(shelf.next().await.unwrap().1, [0, 2]);
    shelf.forget().await;
    assert_eq!(shelf.next().await, None);
    let letters = shelf.letters().await;
    assert_eq!(letters.len(), 2);
    assert!(
        letters
            .iter()
            .all(|(body, reason)| body == b"{" && !reason.is_empty())
    );
    assert_eq!(backlog(shelf.journal.readers()).await.unwrap(), 0);
}

// bus-5.3
#[tokio::test]
async fn an_outbox_of_nothing_but_rubbish_is_emptied() {
    let shelf = Shelf::with(600).await;
    shelf
        .damage("UPDATE outbox_record SET body = x'ff' WHERE id < 600")
        .await;
    assert_eq!(shelf.next().await.unwrap().1, [599]);
    assert_eq!(shelf.letters().await.len(), 599);
}

// bus-5.3
#[tokio::test]
async fn a_batch_whose_name_cannot_be_read_goes_under_another() {
    let shelf = Shelf::with(2).await;
    let (first, _) = shelf.next().await.unwrap();
    shelf.damage("UPDATE outbox_batch SET batch = 'x'").await;
    let (second, records) = shelf.next().await.unwrap();
    assert!(second != first && records == [0, 1]);
    shelf.forget().await;
    assert_eq!(shelf.next().await, None);
}
