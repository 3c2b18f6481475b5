use super::*;

const SCHEMA: &[Migration] = &[Migration {
    name: "note-1",
    sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
}];

async fn open(path: &Path, migrations: &[Migration]) -> (Journal, Tasks) {
    let tasks = Tasks::new();
    (
        Journal::open(path, migrations, &tasks).await.unwrap(),
        tasks,
    )
}

async fn note(journal: &Journal, text: &'static str) -> Result<i64, JournalError> {
    journal
        .write(move |connection| {
            Box::pin(async move {
                let query = sqlx::query("INSERT INTO note (text) VALUES (?)").bind(text);
                Ok(query.execute(connection).await?.last_insert_rowid())
            })
        })
        .await
}

async fn notes(journal: &Journal) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM note")
        .fetch_one(journal.readers())
        .await
        .unwrap()
}

// bus-6.1
#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/journal.db");
    let (journal, tasks) = open(&path, SCHEMA).await;
    note(&journal, "kept").await.unwrap();
    drop(journal);
    tasks.drain().await.unwrap();
    let (journal, _tasks) = open(&path, SCHEMA).await;
    assert_eq!(notes(&journal).await, 1);
}

#[tokio::test]
async fn a_failed_write_undoes_only_itself() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db"), SCHEMA).await;
    let (first, twin, second) = tokio::join!(
        note(&journal, "first"),
        note(&journal, "first"),
        note(&journal, "second")
    );
    assert!(first.is_ok() && second.is_ok());
    assert!(matches!(twin, Err(JournalError::Write { .. })));
    assert_eq!(notes(&journal).await, 2);
}

#[track_caller]
fn check_log(disk: u64, pages: u64) {
    assert_eq!(log_pages(disk), pages, "{disk}");
}

// bus-6.3
#[test]
fn the_log_takes_a_small_share_of_a_small_disk() {
    const MIB: u64 = 1_024 * 1_024;
    check_log(0, 16);
    check_log(4 * MIB, 16);
    check_log(64 * MIB, 256);
    check_log(250 * MIB, 1_000);
    check_log(u64::MAX, 1_000);
}

// bus-6.3
#[tokio::test]
async fn the_log_of_a_journal_does_not_grow_with_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let (journal, _tasks) = open(&path, SCHEMA).await;
    for _ in 0..40 {
        let written = journal.write(move |connection| {
            Box::pin(async move {
                sqlx::query("INSERT INTO note (text) VALUES (hex(randomblob(200000)))")
                    .execute(connection)
                    .await
                    .map(|_| ())
            })
        });
        written.await.unwrap();
    }
    let log = std::fs::metadata(directory.path().join("journal.db-wal"));
    // 16 MB were written: at most twice the bound is left, and a commit that began there.
    assert!(log.unwrap().len() < 9_000_000);
}

// bus-6.2
#[tokio::test]
async fn a_file_of_a_newer_release_opens() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let newer = Migration {
        name: "note-2",
        sql: "ALTER TABLE note ADD COLUMN seen INTEGER",
    };
    let (journal, tasks) = open(&path, &[SCHEMA[0], newer]).await;
    note(&journal, "newer").await.unwrap();
    drop(journal);
    tasks.drain().await.unwrap();
    let (journal, _tasks) = open(&path, SCHEMA).await;
    note(&journal, "older").await.unwrap();
    assert_eq!(notes(&journal).await, 2);
}
