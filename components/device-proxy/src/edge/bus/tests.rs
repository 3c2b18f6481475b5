//! Printing over the bus, without the bus: requests go in as bytes.

use kit::clock::later;
use wire::Version;
use wire::print::Jobs;

use super::*;
use crate::service::tests::House;

const ID: &str = "01941f29-7c00-7000-8000-000000000001";

struct Asked {
    house: House,
    answers: Answers,
}

impl Asked {
    async fn new() -> Self {
        let house = House::start().await;
        let running = &house.running;
        let answers = Answers::new(
            Arc::clone(&running.desk),
            running.journal.clone(),
            running.host.clock.clone(),
        );
        Self { house, answers }
    }

    async fn end(self) {
        drop(self.answers);
        self.house.end().await;
    }

    async fn ask(&self, id: u8, operation: &str, body: serde_json::Value) -> serde_json::Value {
        let request = wire::encode(&Request {
            v: Version,
            deadline: later(self.answers.clock.wall(), EVENT),
            body,
        });
        let answer = self.say(id, operation, &request).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    async fn say(&self, id: u8, operation: &str, body: &[u8]) -> Option<Vec<u8>> {
        let id = format!("01941f29-7c00-7000-8000-0000000001{id:02x}");
        let question = ("edgectl".parse().unwrap(), id.parse().unwrap());
        let operation = operation.parse().unwrap();
        self.answers.first_answer(&operation, &question, body).await
    }
}

fn submit(text: &str) -> serde_json::Value {
    let line = serde_json::json!({ "kind": "text", "text": text });
    serde_json::json!({
        "v": 1, "job": ID, "route": "kitchen",
        "document": { "kind": "receipt", "lines": [line] },
    })
}

// device-proxy-7.6
#[tokio::test]
async fn a_repeated_submit_gets_the_first_answer_and_a_repeated_look_a_new_one() {
    let asked = Asked::new().await;
    let jobs = |answer: serde_json::Value| {
        let jobs: Jobs = serde_json::from_value(answer["body"].clone()).unwrap();
        jobs.jobs.len()
    };
    let nothing = || serde_json::json!({});
    assert_eq!(jobs(asked.ask(1, JOBS, nothing()).await), 0);
    let first = asked.ask(2, SUBMIT, submit("one")).await;
    assert_eq!(first["body"]["principal"], "edgectl", "{first}");
    assert_eq!(asked.ask(2, SUBMIT, submit("another")).await, first);
    assert_eq!(jobs(asked.ask(1, JOBS, nothing()).await), 1);
    let conflict = asked.ask(3, SUBMIT, submit("another")).await;
    assert_eq!(conflict["problem"]["code"], "conflict");
    asked.end().await;
}

// device-proxy-7.6
#[tokio::test]
async fn a_job_is_seen_called_off_and_gone() {
    let asked = Asked::new().await;
    asked.ask(1, SUBMIT, submit("one")).await;
    let job = || serde_json::json!({ "job": ID });
    assert_eq!(asked.ask(2, super::JOB, job()).await["body"]["job"], ID);
    assert_eq!(
        asked.ask(3, CANCEL, job()).await["body"]["state"],
        "cancelled"
    );
    let printers = asked.ask(4, PRINTERS, serde_json::json!({})).await;
    assert_eq!(printers["body"]["printers"][0]["printer"], "pass");
    asked.end().await;
}

// device-proxy-7.6
#[tokio::test]
async fn what_nobody_waits_for_is_not_answered_and_what_nobody_understands_is_refused() {
    let asked = Asked::new().await;
    let late = br#"{"v":1,"deadline":1,"body":{}}"#;
    assert_eq!(asked.say(1, JOBS, late).await, None);
    let code = |answer: Option<Vec<u8>>| {
        let reply: Reply<Nothing> = wire::decode(&answer.unwrap()).unwrap();
        reply.problem.unwrap().code
    };
    assert_eq!(code(asked.say(2, "explode", b"{}").await), Code::NotFound);
    assert_eq!(code(asked.say(3, SUBMIT, b"{").await), Code::Malformed);
    asked.end().await;
}

#[test]
fn the_broker_vouches_for_names_and_names_tell_programs_from_people() {
    let standing = |name: &str| asker(&name.parse().unwrap()).standing;
    assert_eq!(standing("console"), Standing::Component);
    assert_eq!(standing("edgectl"), Standing::Operator);
}
