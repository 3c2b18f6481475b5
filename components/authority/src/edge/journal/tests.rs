use kit::journal::Journal;
use kit::lifecycle::Tasks;
use sqlx::Executor;
use tempfile::TempDir;
use wire::credential::Role;
use wire::{Integer, Nonce, PublicKey, Sha256, SittingId, TokenId};

use super::*;
use crate::act::Challenge;
use crate::books::{
    Books, Entry, Guest, Invitation, Person, Refusal, Sitting, Stale, Token, Uptake,
};

fn id(number: u32) -> String {
    format!("01941f29-7c00-7000-8000-{number:012x}")
}

fn token(number: u32) -> TokenId {
    id(number).parse().unwrap()
}

fn sitting(number: u32) -> SittingId {
    id(number).parse().unwrap()
}

fn at(ms: u32) -> Integer {
    ms.into()
}

fn entry(object: &str) -> Change {
    Change::Audit(Entry {
        at: at(5),
        actor: "edgectl".to_owned(),
        act: "invite",
        object: object.to_owned(),
    })
}

fn guest(number: u8) -> Guest {
    Guest {
        key: PublicKey([number; 65]),
        principal: format!("guest-{number}").parse().unwrap(),
        token: token(number.into()),
    }
}

/// One of everything.
fn changes() -> Vec<Change> {
    let (role, name) = (Role::FrontDesk, "Empfang & Bar".parse().unwrap());
    let invitation = Invitation {
        principal: "desk-1".parse().unwrap(),
        role,
        name,
        invited_by: None,
        expires_at: at(600_000),
        uptake: Uptake::Open,
    };
    let challenge = Challenge {
        nonce: Nonce([5; 32]),
        digits: "042 917".parse().unwrap(),
    };
    let taken = Invitation {
        invited_by: Some("edgectl".parse().unwrap()),
        uptake: Uptake::Taken(PublicKey([4; 65]), challenge),
        ..invitation.clone()
    };
    let used = Invitation {
        uptake: Uptake::Confirmed(PublicKey([4; 65])),
        ..invitation.clone()
    };
    let person = Person {
        role,
        name: invitation.name.clone(),
    };
    let given = Token {
        principal: "desk-1".parse().unwrap(),
        iat: at(1),
        exp: at(2),
    };
    let open = Sitting {
        table: "t-4".parse().unwrap(),
        opened_at: at(1),
        expires_at: at(2),
        opened_by: "desk-1".parse().unwrap(),
        closed_at: None,
    };
    let closed = Sitting {
        closed_at: Some(at(2)),
        ..open.clone()
    };
    vec![
        Change::Invitation(Sha256([1; 32]), invitation.clone()),
        Change::Invitation(Sha256([3; 32]), taken),
        Change::Invitation(Sha256([2; 32]), invitation),
        Change::Invitation(Sha256([1; 32]), used),
        Change::Person("desk-1".parse().unwrap(), person),
        Change::Token(token(1), given.clone()),
        Change::Token(token(2), given),
        entry("desk-1"),
        Change::Sitting(sitting(1), open.clone()),
        Change::Sitting(sitting(2), open),
        Change::Guest(sitting(1), guest(9)),
        Change::Guest(sitting(1), guest(3)),
        Change::Guest(sitting(2), guest(3)),
        Change::Sitting(sitting(1), closed),
        entry("desk-2"),
        Change::Refusal(Refusal::Principal("lock-1".parse().unwrap()), None),
        Change::Refusal(Refusal::Token(token(1)), Some(at(2_000))),
        Change::Refusal(Refusal::Sitting(sitting(1)), Some(at(2))),
        Change::Number(at(8)),
        Change::Forgotten(Stale::Invitation(Sha256([2; 32]))),
        Change::Forgotten(Stale::Token(token(2))),
        Change::Forgotten(Stale::Sitting(sitting(2))),
        Change::Forgotten(Stale::Refusal(Refusal::Token(token(1)))),
        Change::Number(at(9)),
    ]
}

async fn open(disk: &TempDir) -> (Journal, Tasks) {
    let tasks = Tasks::new();
    let path = disk.path().join("journal.db");
    let journal = Journal::open(&path, MIGRATIONS, &tasks).await.unwrap();
    (journal, tasks)
}

async fn write(journal: &Journal, changes: Vec<Change>) {
    let work = Work {
        changes,
        answers: Vec::new(),
    };
    let work = Arc::new(work);
    let write = journal.write(|connection| Box::pin(keep(connection, work)));
    write.await.unwrap();
}

// authority-1.3
#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let disk = tempfile::tempdir().unwrap();
    let mut books = Books::default();
    books.apply_all(&changes());
    let (journal, tasks) = open(&disk).await;
    write(&journal, changes()).await;
    drop(journal);
    tasks.drain().await.unwrap();
    let (journal, _tasks) = open(&disk).await;
    assert_eq!(load(journal.readers()).await.unwrap(), books);
    assert_eq!(verify(journal.readers()).await.unwrap(), Chain::Whole(2));
}

// authority-1.4
#[tokio::test]
async fn the_audit_journal_is_only_added_to() {
    let disk = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&disk).await;
    write(&journal, changes()).await;
    for statement in ["DELETE FROM audit", "UPDATE audit SET actor = 'somebody'"] {
        let write = journal.write(move |connection| {
            Box::pin(async move { connection.execute(statement).await.map(|_| ()) })
        });
        write.await.unwrap_err();
    }
    assert_eq!(verify(journal.readers()).await.unwrap(), Chain::Whole(2));
}

// authority-1.4
#[tokio::test]
async fn a_changed_line_of_the_audit_journal_is_found() {
    for (forgery, line) in [
        ("UPDATE audit SET object = 'desk-3' WHERE seq = 2", 2),
        ("UPDATE audit SET at = 6 WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 1", 2),
    ] {
        let disk = tempfile::tempdir().unwrap();
        let (journal, _tasks) = open(&disk).await;
        write(&journal, changes()).await;
        let write = journal.write(move |connection| {
            Box::pin(async move {
                connection.execute("DROP TRIGGER audit_stays").await?;
                connection
                    .execute("DROP TRIGGER audit_is_not_changed")
                    .await?;
                connection.execute(forgery).await.map(|_| ())
            })
        });
        write.await.unwrap();
        assert_eq!(
            verify(journal.readers()).await.unwrap(),
            Chain::Broken(line)
        );
    }
}
