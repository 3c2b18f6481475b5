//! Print jobs through the disk and back.

use kit::journal::Journal;
use kit::lifecycle::Tasks;
use wire::Sha256;

use super::*;

fn entry(number: u64, stage: Stage) -> Entry {
    let document = serde_json::json!({ "kind": "raw", "octets": "AAEC" });
    let has_ended = matches!(stage, Stage::Ended { .. });
    let document: Document = serde_json::from_value(document).unwrap();
    let bytes = wire::encode(&document).len() as u64;
    Entry {
        number,
        key: Key {
            principal: "pos-1".parse().unwrap(),
            job: format!("01941f29-7c00-7000-8000-{number:012x}")
                .parse()
                .unwrap(),
        },
        route: "kitchen".parse().unwrap(),
        content: Sha256([7; 32]),
        document: (!has_ended).then(|| Arc::new(document)),
        bytes: if has_ended { 0 } else { bytes },
        copies: 3,
        printed: 1,
        accepted_at: 1_000.into(),
        expires_at: 2_000.into(),
        at: 1_500.into(),
        attempts: 4,
        doubts: 2,
        bound_to: Some("bar".parse().unwrap()),
        marked: true,
        stage,
    }
}

fn attempt() -> Attempt {
    Attempt {
        printer: "pass".parse().unwrap(),
        token: (*b"aB3+").into(),
    }
}

async fn open() -> (tempfile::TempDir, Journal, Tasks) {
    let directory = tempfile::tempdir().unwrap();
    let tasks = Tasks::new();
    let path = directory.path().join("journal.db");
    let journal = Journal::open(&path, MIGRATIONS, &tasks).await.unwrap();
    (directory, journal, tasks)
}

async fn write(journal: &Journal, entry: &Entry) {
    let entry = entry.clone();
    journal
        .write(move |connection| Box::pin(async move { keep(connection, &entry).await }))
        .await
        .unwrap();
}

// device-proxy-1.2
#[tokio::test]
async fn every_stage_comes_back_as_it_was() {
    let (_directory, journal, _tasks) = open().await;
    let ended = |end| Stage::Ended {
        end,
        printer: Some("pass".parse().unwrap()),
    };
    let stages = [
        Stage::Attempt(attempt()),
        Stage::Unconfirmed(attempt()),
        ended(End::Done),
        ended(End::SentUnverified),
        ended(End::Failed(Problem::new(Code::TimedOut, "why").at("x"))),
        ended(End::Expired),
        ended(End::Cancelled),
    ];
    let entries: Vec<_> = (1..)
        .zip(stages)
        .map(|(at, stage)| entry(at, stage))
        .collect();
    for entry in &entries {
        write(&journal, entry).await;
    }
    assert_eq!(load(journal.readers()).await.unwrap(), entries);
}

// device-proxy-1.2
#[tokio::test]
async fn a_job_keeps_its_document_until_it_ends() {
    let (_directory, journal, _tasks) = open().await;
    for stage in [Stage::Waiting, Stage::Attempt(attempt()), Stage::Waiting] {
        write(&journal, &entry(1, stage.clone())).await;
        let mut kept = load(journal.readers()).await.unwrap();
        let kept = kept.remove(0);
        assert!(kept.document.is_some() && kept.stage == stage);
    }
    let end = Stage::Ended {
        end: End::Done,
        printer: None,
    };
    write(&journal, &entry(1, end)).await;
    assert_eq!(load(journal.readers()).await.unwrap()[0].document, None);
}

// device-proxy-1.1
#[tokio::test]
async fn what_is_forgotten_is_gone() {
    let (_directory, journal, _tasks) = open().await;
    write(&journal, &entry(1, Stage::Waiting)).await;
    journal
        .write(|connection| Box::pin(async move { forget(connection, 1).await }))
        .await
        .unwrap();
    assert_eq!(load(journal.readers()).await.unwrap(), []);
}

// device-proxy-1.2
#[tokio::test]
async fn a_row_that_is_no_job_is_named() {
    let (_directory, journal, _tasks) = open().await;
    write(&journal, &entry(1, Stage::Attempt(attempt()))).await;
    journal
        .write(|connection| {
            Box::pin(async move {
                sqlx::query("UPDATE print_job SET token = 'no'")
                    .execute(connection)
                    .await
            })
        })
        .await
        .unwrap();
    let error = load(journal.readers()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot understand token of print job 1");
}
