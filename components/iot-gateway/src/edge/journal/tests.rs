use std::path::Path;
use std::sync::Arc;

use kit::journal::Journal;
use kit::lifecycle::Tasks;
use serde_json::json;
use wire::device::State as Settings;
use wire::gateway::Outcome;
use wire::{Code, DeviceId, Integer, Problem, Sha256};

use super::*;
use crate::command::{Execution, State};
use crate::desired::{Desired, Report};
use crate::effect::{Asker, Change};
use crate::gateway::Memory;
use crate::presence::Birth;
use crate::stream::{Mark, Range};

mod recovery;
mod trail;

fn n(value: u32) -> Integer {
    value.into()
}

fn id(name: &str) -> DeviceId {
    name.parse().unwrap()
}

fn settings() -> Settings {
    serde_json::from_value(json!({ "target_celsius": 19.5, "mode": null })).unwrap()
}

fn mark(boot: u32) -> Mark {
    let gap = |first, last| Range { first, last };
    Mark {
        boot: n(boot),
        next: 12,
        gaps: [gap(2, 3), gap(7, 7)].into_iter().collect(),
    }
}

fn digest(boot: u32, seq: u32, byte: u8) -> Change {
    Change::Digest(id("t-1"), n(boot), n(seq), Sha256([byte; 32]))
}

fn execution(number: u32, state: State) -> Execution {
    Execution {
        id: format!("01941f29-7c00-7000-8000-{number:012}")
            .parse()
            .unwrap(),
        principal: "night-porter".parse().unwrap(),
        device: id("t-1"),
        boot: n(3),
        operation: "identify".parse().unwrap(),
        arguments: settings(),
        expires_at: n(number),
        state,
    }
}

async fn open(path: &Path) -> (Journal, Tasks) {
    let tasks = Tasks::new();
    let journal = Journal::open(path, MIGRATIONS, &tasks).await.unwrap();
    (journal, tasks)
}

async fn write(journal: &Journal, changes: Vec<Change>) {
    let changes = Arc::new(changes);
    let written = journal.write(move |connection| Box::pin(apply(connection, changes)));
    written.await.unwrap();
}

/// Writes changes, opens the journal again and hands over what it holds.
async fn remembered(changes: Vec<Change>) -> Memory {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let (journal, tasks) = open(&path).await;
    write(&journal, changes).await;
    drop(journal);
    tasks.drain().await.unwrap();
    let (journal, _tasks) = open(&path).await;
    load(journal.readers()).await.unwrap()
}

// iot-gateway-7.1
#[tokio::test]
async fn everything_of_a_device_is_there_after_reopening() {
    let birth = Birth {
        boot: n(3),
        capabilities: ["battery", "mode"].map(|name| name.parse().unwrap()).into(),
        firmware: "1.2 ß".to_owned(),
    };
    let report = Report {
        boot: n(3),
        seq: n(11),
        at: n(5),
        version: n(1),
        state: settings(),
    };
    let desired = Desired {
        version: n(2),
        state: settings(),
    };
    let memory = remembered(vec![
        Change::Birth(id("t-1"), birth.clone()),
        Change::Mark(id("t-1"), mark(3)),
        digest(3, 11, 7),
        Change::Lost(id("t-1"), 5),
        Change::Report(id("t-1"), report.clone()),
        Change::Desired(id("t-1"), desired.clone()),
    ])
    .await;
    let kept = &memory.devices[&id("t-1")];
    assert_eq!(
        (kept.birth.as_ref(), kept.mark.as_ref()),
        (Some(&birth), Some(&mark(3)))
    );
    assert_eq!(
        (kept.report.as_ref(), &kept.desired),
        (Some(&report), &desired)
    );
    assert_eq!(
        (kept.recent.matches(11, Sha256([7; 32])), kept.lost),
        (Some(true), 5)
    );
}

// iot-gateway-7.1
#[tokio::test]
async fn every_state_of_an_execution_is_there_after_reopening() {
    let problem = Some(Problem::new(Code::Busy, "not now"));
    let states = [
        State::Sent,
        State::Accepted,
        State::InProgress,
        State::Ended {
            outcome: Outcome::Rejected,
            problem,
        },
        State::TimedOut { late: None },
        State::TimedOut {
            late: Some(Outcome::Succeeded),
        },
    ];
    let executions: Vec<_> = (0..)
        .zip(states)
        .map(|(number, state)| execution(number, state))
        .collect();
    let changes = executions.iter().cloned().map(Change::Execution).collect();
    let mut kept = remembered(changes).await.executions;
    kept.sort_by_key(|execution| execution.expires_at);
    assert_eq!(kept, executions);
}

// iot-gateway-3.6
#[tokio::test]
async fn digests_of_an_earlier_boot_are_not_taken_for_the_current_one() {
    let changes = vec![
        digest(2, 5, 1),
        digest(3, 6, 2),
        Change::Mark(id("t-1"), mark(3)),
    ];
    let memory = remembered(changes).await;
    let recent = &memory.devices[&id("t-1")].recent;
    assert_eq!(
        (recent.remembers(5), recent.matches(6, Sha256([2; 32]))),
        (false, Some(true))
    );
}

// iot-gateway-1.4
#[tokio::test]
async fn nothing_but_its_numbers_is_left_of_a_forgotten_device() {
    let desired = Desired {
        version: n(2),
        state: settings(),
    };
    let changes = vec![
        Change::Mark(id("t-1"), mark(3)),
        digest(3, 6, 2),
        Change::Desired(id("t-1"), desired),
        Change::Forget(id("t-1")),
    ];
    let memory = remembered(changes).await;
    let kept = &memory.devices[&id("t-1")];
    assert_eq!(
        (&kept.numbers(), kept.mark.as_ref()),
        (kept, Some(&mark(3)))
    );
}

#[tokio::test]
async fn what_nobody_asks_for_after_a_day_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db")).await;
    let asker = Asker {
        principal: "night-porter".parse().unwrap(),
        id: "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
    };
    let day = n(24 * 60 * 60 * 1_000);
    write(
        &journal,
        vec![
            Change::Answer(asker.clone(), n(1), vec![1]),
            Change::Execution(execution(1, State::TimedOut { late: None })),
            Change::Execution(execution(2, State::TimedOut { late: None })),
        ],
    )
    .await;
    let purge = |now| journal.write(move |connection| Box::pin(purge(connection, now)));
    purge(day.next()).await.unwrap();
    assert!(answer(&journal, &asker).await.is_some());
    purge(day.next().next()).await.unwrap();
    assert!(answer(&journal, &asker).await.is_none());
    let left = load(journal.readers()).await.unwrap().executions;
    assert_eq!(left, [execution(2, State::TimedOut { late: None })]);
}

async fn answer(journal: &Journal, asker: &Asker) -> Option<Vec<u8>> {
    answers::recall(journal.readers(), &asker.principal, asker.id)
        .await
        .unwrap()
}
