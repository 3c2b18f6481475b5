use kit::journal::Journal;
use kit::lifecycle::Tasks;

use super::*;

fn message(number: i64, text: &str) -> GuestMessage {
    GuestMessage {
        v: wire::Version,
        message: format!("01890a5d-ac96-774b-8000-{number:012x}")
            .parse()
            .unwrap(),
        text: text.parse().unwrap(),
    }
}

async fn keep_in(journal: &Journal, at: u32, guest: &str, message: GuestMessage) -> Standing {
    let guest = guest.parse().unwrap();
    let kept = journal.write(move |connection| {
        Box::pin(async move { keep(connection, at.into(), &guest, &message).await })
    });
    kept.await.unwrap()
}

// device-proxy-10.4
#[tokio::test]
async fn a_message_that_comes_again_is_known_and_another_of_its_id_is_not_taken() {
    let (disk, tasks) = (tempfile::tempdir().unwrap(), Tasks::new());
    let path = disk.path().join("journal.db");
    let journal = Journal::open(&path, &[MIGRATION], &tasks).await.unwrap();
    for (at, guest, text, expected) in [
        (1, "ada", "It is cold", Standing::New),
        (
            2,
            "ada",
            "It is cold",
            Standing::Known(Integer::from(1_u32)),
        ),
        (3, "ada", "It is hot", Standing::Other),
        (4, "grace", "It is cold", Standing::Other),
    ] {
        let standing = keep_in(&journal, at, guest, message(1, text)).await;
        assert_eq!(standing, expected, "{guest}: {text}");
    }
    drop(journal);
    tasks.drain().await.unwrap();
}

// device-proxy-10.4
#[tokio::test]
async fn the_newest_ids_are_kept_and_no_more() {
    let (disk, tasks) = (tempfile::tempdir().unwrap(), Tasks::new());
    let path = disk.path().join("journal.db");
    let journal = Journal::open(&path, &[MIGRATION], &tasks).await.unwrap();
    let filled = journal.write(|connection| {
        Box::pin(async move {
            for number in 1..=KEPT + 1 {
                let guest = "ada".parse().expect("it is a name");
                keep(
                    connection,
                    Integer::default(),
                    &guest,
                    &message(number, "x"),
                )
                .await?;
            }
            let count = "SELECT count(*) FROM guest_message";
            sqlx::query_scalar::<_, i64>(count)
                .fetch_one(connection)
                .await
        })
    });
    assert_eq!(filled.await.unwrap(), KEPT);
    let again = keep_in(&journal, 1, "ada", message(KEPT + 1, "x")).await;
    assert_eq!(again, Standing::Known(Integer::default()));
    let forgotten = keep_in(&journal, 1, "ada", message(1, "x")).await;
    assert_eq!(forgotten, Standing::New);
    drop(journal);
    tasks.drain().await.unwrap();
}
