//! Questions as they come from the bus.

use kit::ca::files::write_open;
use serde::Serialize;
use wire::authority::{INVITE, MINT_GUEST, OPEN_SITTING, PRINCIPALS, REVOKE, SITTINGS};
use wire::credential::{Credential, Revocations};
use wire::request::{Nothing, Request};

use super::*;
use crate::act::Asker;
use crate::service::requests::Question;

fn question(asker: &str, operation: &str) -> Question {
    Question {
        operation: operation.parse().unwrap(),
        principal: asker.parse().unwrap(),
        id: kit::ids::new(Clock::system().wall()),
    }
}

impl House {
    pub(super) async fn invite(&self, name: &str, role: Role) -> Nonce {
        let body = json!({ "principal": name, "role": role, "name": "Pass" });
        let invitation = self.question(&question("edgectl", INVITE), &body).await;
        serde_json::from_value(invitation.unwrap()["code"].clone()).unwrap()
    }

    /// Asks as the bus does, but for the reply's way back.
    async fn question<T: Serialize>(&self, question: &Question, body: &T) -> Result<Value, Value> {
        let body = Request {
            v: Version,
            deadline: kit::clock::later(self.clock.wall(), std::time::Duration::from_secs(10)),
            body,
        };
        let act = question.read(&wire::encode(&body), self.clock.wall());
        let asker = Asker::Holder(question.principal.clone());
        let answer = match act.unwrap() {
            Ok(act) => self.running.desk.ask(asker, act).await,
            Err(problem) => Err(problem),
        };
        match answer {
            Ok(answer) => Ok(serde_json::to_value(answer).unwrap()),
            Err(problem) => Err(serde_json::to_value(problem).unwrap()),
        }
    }

    pub(super) async fn operator(&self, operation: &str, body: &Value) -> Result<Value, Value> {
        self.question(&question("edgectl", operation), body).await
    }

    pub(super) async fn seat(&self, asker: &str, table: &str, page: &Key) -> Result<Value, Value> {
        let key = page.public_key();
        let signed = proof(label::GUEST, &[table.as_bytes(), &key.0]);
        let body = json!({ "table": table, "key": key, "proof": page.sign(&signed) });
        self.question(&question(asker, MINT_GUEST), &body).await
    }
}

// authority-4.2, authority-4.4
#[tokio::test]
async fn a_guest_is_seated_and_refused_when_the_sitting_is_closed() {
    let house = House::start().await;
    let opened = house
        .operator(OPEN_SITTING, &json!({ "table": "t-4" }))
        .await;
    let sitting = opened.unwrap()["sitting"].clone();
    let page = Key::generate();
    let minted = house.seat("console", "t-4", &page).await.unwrap();
    assert_eq!(minted["table"], "t-4");
    let token = minted["token"].as_str().unwrap().to_owned();
    let caller = Verifier::of(&house.identity)
        .credential(&Credential::Token(token), house.clock.wall())
        .unwrap();
    assert!(caller.proves(b"message", &page.sign(b"message")));
    assert!(!house.running.refusals.refuses(&caller));
    let close = json!({ "sitting": sitting });
    house.operator("close-sitting", &close).await.unwrap();
    assert!(house.running.refusals.refuses(&caller));
    let refused = house.seat("console", "t-4", &page).await.unwrap_err();
    assert_eq!(refused["field"], "table");
}

// authority-6.1
#[tokio::test]
async fn only_the_console_speaks_for_guests_and_only_with_a_proof() {
    let house = House::start().await;
    let table = json!({ "table": "t-4" });
    house.operator(OPEN_SITTING, &table).await.unwrap();
    let page = Key::generate();
    let refused = house.seat("authority", "t-4", &page).await.unwrap_err();
    assert_eq!(refused["field"], "principal");
    let body = json!({
        "table": "t-4",
        "key": page.public_key(),
        "proof": page.sign(b"something else"),
    });
    let refused = house.operator(MINT_GUEST, &body).await.unwrap_err();
    assert_eq!(refused["field"], "proof");
    let refused = house
        .question(&question("console", SITTINGS), &Nothing {})
        .await;
    assert_eq!(refused.unwrap_err()["code"], "forbidden");
}

// authority-5.1, authority-1.3
#[tokio::test]
async fn what_was_revoked_stays_revoked_after_a_restart() {
    let house = House::start().await;
    let tablet = house.staff("kitchen-1", Role::Kitchen).await;
    house.bearer_of(&tablet).await;
    let number = house.running.refusals.changed().borrow().number;
    let principal = json!({ "principal": "kitchen-1" });
    house.operator(REVOKE, &principal).await.unwrap();
    check_refused(house.bearer(&tablet).await, "forbidden", "token");
    let house = house.restart().await;
    check_refused(house.bearer(&tablet).await, "forbidden", "token");
    assert!(house.running.refusals.changed().borrow().number > number);
    let listed = house.operator(PRINCIPALS, &json!({})).await.unwrap();
    let listed = listed["principals"].as_array().unwrap().clone();
    let tablet = listed.iter().find(|one| one["principal"] == "kitchen-1");
    assert_eq!(tablet.unwrap()["revoked"], true);
}

// authority-5.8
#[tokio::test]
async fn whom_another_box_refused_is_on_the_first_list() {
    let estate = Estate::found("seaside");
    let theirs = Revocations {
        principals: vec!["kitchen-1".parse().unwrap()],
        ..Revocations::default()
    };
    let file = estate.dir.path().join(INHERITED);
    write_open(&file, &wire::encode(&theirs)).unwrap();
    let house = House::of(estate).await;
    let first = house.running.refusals.changed().borrow().clone();
    assert_eq!(first.principals, theirs.principals);
    let house = house.restart().await;
    assert_eq!(*house.running.refusals.changed().borrow(), first);
}

// authority-6.2
#[tokio::test]
async fn a_question_that_cannot_be_read_or_comes_too_late_is_not_decided() {
    let question = question("edgectl", OPEN_SITTING);
    let now = Clock::system().wall();
    let late = json!({ "v": 1, "deadline": 1, "body": { "table": "t-4" } });
    assert_eq!(question.read(late.to_string().as_bytes(), now), None);
    let wrong = json!({ "v": 1, "deadline": now, "body": { "table": "T 4" } });
    let problem = question.read(wrong.to_string().as_bytes(), now).unwrap();
    assert_eq!(problem.unwrap_err().field.unwrap(), "body.table");
    let unknown = super::bus::question("edgectl", "sing");
    let problem = unknown.read(b"{}", now).unwrap().unwrap_err();
    assert_eq!(problem.field.unwrap(), "operation");
}

/// An office that nobody runs, to see one reply after the other.
async fn office(house: &House, tasks: &Tasks) -> Office {
    let path = house.disk.path().join("other.db");
    let journal = Journal::open(&path, MIGRATIONS, tasks).await.unwrap();
    let (_, identity) = watch::channel(Arc::clone(&house.identity));
    let mut office = Office {
        books: journal::load(journal.readers()).await.unwrap(),
        retention: Retention::of(&journal, &house.clock),
        journal,
        provisioned: Provisioned::new(house.estate.dir.path(), Health::new().need("x")),
        roll: watch::channel(None).0,
        scribe: Scribe {
            ca: Arc::new(house.estate.load()),
            identity: identity.clone(),
            console_url: "https://greengrass.local".to_owned(),
        },
        refusals: Refusals::default(),
        outbound: Outbound::start(&silent_bus(&identity, tasks), tasks),
        clock: house.clock.clone(),
        probe: Health::new().need("x"),
    };
    office.attend(Vec::new()).await.unwrap();
    office
}

// authority-6.2
#[tokio::test]
async fn a_repeated_question_gets_the_first_answer_also_after_a_restart() {
    let house = House::start().await;
    let question = question("edgectl", OPEN_SITTING);
    let deadline = kit::clock::later(house.clock.wall(), std::time::Duration::from_secs(10));
    let body = json!({ "v": 1, "deadline": deadline, "body": { "table": "t-4" } }).to_string();
    let mut replies = Vec::new();
    for again in [false, true, false] {
        let tasks = Tasks::new();
        let mut office = office(&house, &tasks).await;
        for _ in 0..=u8::from(again) {
            let mut work = journal::Work::default();
            let reply = office.reply(&mut work, question.clone(), body.as_bytes());
            let office::Telling::Replied(_, reply) = reply.await.unwrap() else {
                panic!("a question is replied to");
            };
            replies.push(reply);
            office.keep(work).await.unwrap();
        }
        drop(office);
        tasks.drain().await.unwrap();
    }
    assert!(replies.iter().all(|reply| *reply == replies[0]));
    let first: Value = serde_json::from_slice(&replies[0]).unwrap();
    assert_eq!(first["body"]["table"], "t-4");
}
