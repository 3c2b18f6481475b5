use tempfile::TempDir;

use super::*;
use crate::ids;
use crate::journal::Journal;
use crate::lifecycle::Tasks;

async fn journal(directory: &TempDir) -> Journal {
    let path = directory.path().join("journal.db");
    Journal::open(&path, &[MIGRATION], &Tasks::new())
        .await
        .unwrap()
}

fn asker() -> Principal {
    "edgectl".parse().unwrap()
}

async fn answer(journal: &Journal, id: RequestId, at: u32, body: &'static str) {
    journal
        .write(move |connection| {
            Box::pin(
                async move { remember(connection, &asker(), id, at.into(), body.as_bytes()).await },
            )
        })
        .await
        .unwrap();
}

async fn recalled(journal: &Journal, asker: &Principal, id: RequestId) -> Option<String> {
    let body = recall(journal.readers(), asker, id).await.unwrap();
    body.map(|body| String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn the_first_answer_stands_and_belongs_to_its_asker() {
    let directory = TempDir::new().unwrap();
    let journal = journal(&directory).await;
    let id = ids::new(0.into());
    answer(&journal, id, 1, "first").await;
    answer(&journal, id, 2, "second").await;
    assert_eq!(
        recalled(&journal, &asker(), id).await.as_deref(),
        Some("first")
    );
    assert_eq!(
        recalled(&journal, &"alice".parse().unwrap(), id).await,
        None
    );
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day() {
    let directory = TempDir::new().unwrap();
    let journal = journal(&directory).await;
    let (old, new) = (ids::new(0.into()), ids::new(0.into()));
    answer(&journal, old, 0, "old").await;
    answer(&journal, new, 1, "new").await;
    let day_ms = u64::try_from(KEPT.as_millis()).unwrap();
    let now = Integer::new(day_ms + 1).unwrap();
    journal
        .write(move |connection| Box::pin(async move { forget(connection, now).await }))
        .await
        .unwrap();
    assert_eq!(recalled(&journal, &asker(), old).await, None);
    assert_eq!(
        recalled(&journal, &asker(), new).await.as_deref(),
        Some("new")
    );
}
