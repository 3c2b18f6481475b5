use kit::audit::verify;
use kit::ca::files::{write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::credential::Verifier;
use kit::identity::{CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, Realm};
use wire::Component;
use wire::audit::{Fact, PAGE_MAX, Refusal};

use super::*;
use crate::doors::turn::{State as Course, Turn};

fn refused(number: u32) -> Change {
    let device = if number.is_multiple_of(2) {
        "l-1"
    } else {
        "l-2"
    };
    Change::Audit(
        n(number),
        Fact::Refused(Refusal {
            execution: format!("01941f29-7c00-7000-8000-{number:012}")
                .parse()
                .unwrap(),
            device: id(device),
            room: None,
            operation: "unlock".parse().unwrap(),
            asker: "device-proxy".parse().unwrap(),
            actor: None,
            problem: Problem::new(Code::Forbidden, "no"),
        }),
    )
}

fn gateway() -> Identity {
    let realm = Realm {
        trust_domain: "hotel.internal".parse().unwrap(),
        tenant: "acme".parse().unwrap(),
        property: "seaside".parse().unwrap(),
    };
    let seconds = Clock::system().wall().value() / 1_000;
    let today = time::OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
    let ca = PropertyCa::create(realm, Key::generate(), today).unwrap();
    let (dir, key) = (tempfile::tempdir().unwrap(), Key::generate());
    let holder = Holder::Component(Component::IotGateway);
    let leaf = ca.issue(&holder, &ServerNames::default(), &key, today);
    write_open(&dir.path().join(CA_FILE), ca.certificate().as_bytes()).unwrap();
    write_secret(&dir.path().join(KEY_FILE), key.secret_pem().as_bytes()).unwrap();
    write_open(&dir.path().join(CERT_FILE), leaf.unwrap().as_bytes()).unwrap();
    Identity::load(dir.path()).unwrap()
}

async fn sealed(journal: &Journal, identity: &Arc<Identity>) -> bool {
    let (identity, now) = (Arc::clone(identity), Clock::system().wall());
    let write = journal
        .write(move |connection| Box::pin(async move { seal(connection, now, &identity).await }));
    write.await.unwrap()
}

// iot-gateway-9.1
#[tokio::test]
async fn the_trail_is_linked_as_it_is_written_and_signed_once() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db")).await;
    let identity = Arc::new(gateway());
    assert!(!sealed(&journal, &identity).await);
    let entries = PAGE_MAX + 7;
    for number in 0..entries {
        write(&journal, vec![refused(number)]).await;
    }
    assert!(sealed(&journal, &identity).await);
    assert!(!sealed(&journal, &identity).await);
    let first = page(journal.readers(), Integer::default()).await.unwrap();
    assert_eq!(first.next, Some(n(PAGE_MAX)));
    let second = page(journal.readers(), n(PAGE_MAX)).await.unwrap();
    assert_eq!((second.entries.len(), second.next), (7, None));
    let all = [first.entries, second.entries].concat();
    let verifier = Verifier::of(&identity);
    let property = &identity.spiffe.property;
    let sound = verify(property, &verifier, &all, &second.heads, &[]).unwrap();
    assert_eq!(
        (sound.entries, sound.heads, sound.unsigned),
        (u64::from(entries), 1, 0)
    );
    let trail = newest(journal.readers(), &id("l-1")).await.unwrap();
    let seqs = trail.entries.iter().map(|entry| entry.read().unwrap().seq);
    assert!(seqs.is_sorted_by(|a, b| a > b));
    assert!(
        trail
            .entries
            .iter()
            .all(|entry| entry.read().unwrap().fact.device() == &id("l-1"))
    );
}

// iot-gateway-9.2
#[tokio::test]
async fn the_table_of_the_trail_refuses_to_be_changed_or_shortened() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db")).await;
    write(&journal, vec![refused(1)]).await;
    for sql in ["DELETE FROM audit", "UPDATE audit SET body = '{}'"] {
        let changed = journal
            .write(move |connection| {
                Box::pin(async move { sqlx::query(sql).execute(connection).await.map(drop) })
            })
            .await;
        assert!(changed.is_err(), "{sql}");
    }
}

// iot-gateway-8.8
#[tokio::test]
async fn turns_are_remembered_as_they_are() {
    let turn = |number: u32, state| Turn {
        execution: format!("01941f29-7c00-7000-8000-{number:012}")
            .parse()
            .unwrap(),
        asker: "device-proxy".parse().unwrap(),
        actor: "front-desk-1".parse().unwrap(),
        device: id("l-1"),
        room: (number > 1).then(|| "101".to_owned()),
        operation: "unlock".parse().unwrap(),
        arguments: Settings::default(),
        boot: n(3),
        at: n(number),
        expires_at: n(number + 7),
        state,
    };
    let turns = [
        turn(1, Course::Asking),
        turn(2, Course::Sent),
        turn(
            3,
            Course::Ended {
                outcome: Outcome::Failed,
                problem: Some(Problem::new(Code::Unavailable, "no")),
            },
        ),
        turn(4, Course::TimedOut { late: None }),
        turn(
            5,
            Course::TimedOut {
                late: Some(Outcome::Succeeded),
            },
        ),
    ];
    let changes = turns.iter().cloned().map(Change::Turn).collect();
    let mut kept = remembered(changes).await.turns;
    kept.sort_by_key(|turn| turn.execution);
    assert_eq!(kept, turns);
}
