//! Tickets through crashes: a real box on a real broker, killed at any moment, and the virtual
//! printer, dead at any byte.

use std::fs;
use std::future::pending;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use hotel_tests::client::Client;
use hotel_tests::faults::{Chance, long, seeds};
use hotel_tests::hotel::{LIMIT, artifacts};
use hotel_tests::vprinter::{Answers, Paper, Printer, Settings, Ticket};
use hotel_tests::{Hotel, Plan, eventually};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use wire::Component;
use wire::print::{Decision, Held, JOB, Job, JobState, RESOLVE, SUBMIT};

mod points;

/// Tells printed copies of which somebody was warned from others.
const MARK: &str = "*** POSSIBLE DUPLICATE ***";
/// Questions, ticket and proof together, and a little more.
const TICKET_BYTES: u64 = 260;
/// How long the box may take to answer on the bus.
const WAIT: Duration = Duration::from_secs(5);

/// Where points of the box are armed, in its home.
const POINTS: &str = "points";

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker"],
};

/// A box that prints, apart from the hotel's other parts so that it can be killed without a rest.
struct Shop {
    hotel: Hotel,
    operator: Client,
    printer: Printer,
    program: Child,
    home: TempDir,
}

impl Shop {
    async fn open(paper: Settings, barrier: &str, unconfirmed: &str) -> Self {
        let (hotel, printer) = (Hotel::up(PARTS), Printer::start(paper));
        let home = tempfile::tempdir().unwrap();
        let own = configuration(&hotel, &printer, &home, barrier, unconfirmed);
        fs::write(path(&home), own.to_string()).unwrap();
        let operator = hotel.client("edgectl").await;
        let program = start(&home);
        Self {
            hotel,
            operator,
            printer,
            program,
            home,
        }
    }

    async fn ask<Q: Serialize, A: DeserializeOwned>(&self, operation: &str, body: Q) -> Option<A> {
        let operation = operation.parse().unwrap();
        let bus = &self.operator.bus;
        let asked = bus.request(Component::DeviceProxy, &operation, body, WAIT);
        asked.await.ok()
    }

    /// Submits until it is told that the job is taken.
    async fn submit(&self, number: u32) -> Job {
        eventually("the job is taken", LIMIT, || {
            self.ask(SUBMIT, receipt(number))
        })
        .await
    }

    /// Waits until a job has come to a state that satisfies.
    async fn comes_to(&self, number: u32, satisfies: impl Fn(&JobState) -> bool) -> Job {
        let job = json!({ "job": id(number) });
        eventually("the job comes so far", LIMIT, || async {
            let found: Job = self.ask(JOB, job.clone()).await?;
            satisfies(&found.state).then_some(found)
        })
        .await
    }

    async fn done(&self, number: u32) -> Job {
        self.comes_to(number, |state| *state == JobState::Done)
            .await
    }

    /// Waits until a ticket is done; one that was doubted too often is printed once more by a person's
    /// decision.
    async fn ends(&self, number: u32) -> Job {
        let over = |state: &JobState| matches!(state, JobState::Done | JobState::Unconfirmed);
        let job = self.comes_to(number, over).await;
        if job.state == JobState::Done {
            return job;
        }
        let decision = json!({ "job": id(number), "decision": Decision::Reprint });
        let decided: Option<Job> = self.ask(RESOLVE, decision).await;
        assert!(decided.is_some());
        self.done(number).await
    }

    /// Waits until the paper has ended amid a ticket.
    async fn paper_ran_out(&self) {
        eventually("the paper is out", LIMIT, || async {
            (!self.printer.unfinished().is_empty()).then_some(())
        })
        .await;
    }

    /// Ends the box without warning, and starts it again.
    async fn kill(&mut self) {
        self.program.kill().await.unwrap();
        self.program = start(&self.home);
    }

    /// Everything that was printed of a job: each piece of paper that shows its first line.
    fn papers(&self, number: u32) -> Vec<Ticket> {
        let first = format!("Ticket {number}.");
        let mut tickets = self.printer.tickets();
        tickets.retain(|ticket| ticket.lines().iter().any(|line| line.trim() == first));
        tickets
    }

    /// Nothing is lost, and nothing is there twice without its mark.
    #[track_caller]
    fn judge(&self, number: u32) {
        let papers: Vec<String> = self.papers(number).iter().map(Ticket::text).collect();
        let last = format!("End of {number}.");
        assert!(
            papers.iter().any(|paper| paper.contains(&last)),
            "ticket {number} is lost: {papers:?}"
        );
        let unmarked = papers.iter().filter(|paper| !paper.contains(MARK));
        assert!(unmarked.count() <= 1, "ticket {number} twice: {papers:?}");
    }

    async fn close(mut self) {
        self.program.kill().await.unwrap();
        self.operator.end().await;
        drop(self.hotel);
    }
}

fn path(home: &TempDir) -> PathBuf {
    home.path().join("configuration.json")
}

fn start(home: &TempDir) -> Child {
    Command::new(artifacts().join("device-proxy"))
        .env("HOTEL_CONFIG", path(home))
        .env(kit::fault::VARIABLE, home.path().join(POINTS))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn configuration(
    hotel: &Hotel,
    printer: &Printer,
    home: &TempDir,
    barrier: &str,
    unconfirmed: &str,
) -> Value {
    let places = &hotel.places;
    let anywhere = json!({ "host": "127.0.0.1", "port": "0" });
    json!({
        "tenant": places.tenant, "property": places.property, "box": places.box_id,
        "trust_domain": "hotel.internal",
        "identity_dir": hotel.identity_dir("device-proxy"), "data_dir": home.path(),
        "broker": { "host": places.broker.host, "port": places.broker.port.to_string() },
        "admin": anywhere, "tls_listener": anywhere,
        "print": {
            "printers": { "pass": {
                "address": printer.address().to_string(), "profile": { "barrier": barrier },
            } },
            "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": unconfirmed } },
        },
    })
}

fn id(number: u32) -> String {
    format!("01941f29-7c00-7000-8000-{number:012x}")
}

fn receipt(number: u32) -> Value {
    let text = |text: String| json!({ "kind": "text", "text": text });
    json!({
        "v": 1, "job": id(number), "route": "kitchen",
        "document": { "kind": "receipt", "lines": [
            text(format!("Ticket {number}.")),
            { "kind": "columns", "cells": [
                { "text": "2 x", "width": 5 }, { "text": "Crème brûlée" },
                { "text": "13.00 €", "width": 9, "align": "right" },
            ] },
            { "kind": "rule" },
            { "kind": "qr", "text": id(number) },
            text(format!("End of {number}.")),
        ] },
    })
}

/// Another document under the id of a receipt.
fn another_receipt(number: u32) -> Value {
    let mut receipt = receipt(number);
    receipt["document"]["lines"] = json!([{ "kind": "rule" }]);
    receipt
}

/// What is wrong with the printer while the box is killed.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Nothing,
    NoPaper,
    Dies,
}

impl Fault {
    fn of(chance: &mut Chance) -> Self {
        match chance.below(10) {
            0 => Self::NoPaper,
            1 => Self::Dies,
            _ => Self::Nothing,
        }
    }

    fn comes(self, shop: &Shop, chance: &mut Chance) {
        match self {
            Self::Nothing => {}
            Self::NoPaper => shop.printer.set_paper(Paper::Out),
            Self::Dies => {
                let bytes = u64::from(chance.below(400)) + 1;
                shop.printer.die_after_bytes(bytes);
            }
        }
    }

    async fn goes(self, shop: &Shop) {
        match self {
            Self::Nothing => {}
            Self::NoPaper => shop.printer.set_paper(Paper::Enough),
            Self::Dies => shop.printer.revive().await,
        }
    }
}

// device-proxy-2.2, device-proxy-4.1, device-proxy-4.2
#[tokio::test]
async fn a_ticket_is_printed_as_it_was_meant() {
    for (answers, barrier) in [
        (Answers::All, "process-id"),
        (Answers::NoProcessId, "gs-r"),
        (Answers::OnlyStatus, "gs-r"),
    ] {
        let paper = Settings {
            answers,
            ..Settings::default()
        };
        let shop = Shop::open(paper, barrier, "ask").await;
        shop.submit(1).await;
        shop.done(1).await;
        let papers = shop.papers(1);
        assert_eq!(papers.len(), 1);
        let lines = papers[0].lines();
        let dish = "2 x  Crème brûlée                        13.00 €";
        assert!(lines.iter().any(|line| line == dish), "{lines:?}");
        assert_eq!(papers[0].qr_codes(), [id(1)]);
        shop.close().await;
    }
}

// device-proxy-2.2
#[tokio::test]
async fn a_printer_that_proves_nothing_prints_all_the_same() {
    let paper = Settings {
        answers: Answers::Nothing,
        ..Settings::default()
    };
    let shop = Shop::open(paper, "none", "ask").await;
    for number in 1..=3 {
        shop.submit(number).await;
        shop.comes_to(number, |state| *state == JobState::SentUnverified)
            .await;
    }
    shop.printer.printed(3).await;
    for number in 1..=3 {
        assert_eq!(shop.papers(number).len(), 1);
    }
    shop.close().await;
}

// device-proxy-2.3, device-proxy-3.3
#[tokio::test]
async fn paper_that_runs_out_amid_a_ticket_is_waited_for_and_nothing_comes_twice() {
    let shop = Shop::open(Settings::default(), "process-id", "reprint-marked").await;
    shop.submit(1).await;
    shop.done(1).await;
    shop.printer.load_lines(1);
    shop.submit(2).await;
    shop.paper_ran_out().await;
    shop.submit(3).await;
    shop.comes_to(3, |state| matches!(state, JobState::Held { .. }))
        .await;
    shop.printer.set_paper(Paper::Enough);
    for number in [2, 3] {
        assert!(!shop.done(number).await.marked);
        assert_eq!(shop.papers(number).len(), 1);
    }
    shop.close().await;
}

// device-proxy-1.2, device-proxy-2.3, device-proxy-3.6
#[tokio::test]
async fn paper_that_is_pulled_and_a_box_that_is_killed_meanwhile_end_with_one_ticket() {
    let mut shop = Shop::open(Settings::default(), "process-id", "reprint-marked").await;
    shop.submit(1).await;
    shop.done(1).await;
    shop.printer.set_paper(Paper::Out);
    shop.submit(2).await;
    let waits_for_paper = |state: &JobState| {
        let reason = Held::Paper;
        *state == JobState::Held { reason }
    };
    for _ in 0..3 {
        let held = shop.comes_to(2, waits_for_paper).await;
        // Nothing was sent, and nothing is said to have been.
        assert_eq!((held.attempts, held.marked), (0, false));
        shop.kill().await;
    }
    shop.comes_to(2, waits_for_paper).await;
    assert!(shop.papers(2).is_empty());
    shop.printer.set_paper(Paper::Enough);
    let done = shop.done(2).await;
    assert_eq!((done.attempts, done.marked), (1, false));
    assert_eq!(shop.papers(2).len(), 1);
    shop.close().await;
}

// device-proxy-1.2, device-proxy-3.1, device-proxy-3.6
#[tokio::test]
async fn a_box_that_is_killed_while_its_ticket_waits_half_printed_does_not_say_it_is_done() {
    let mut shop = Shop::open(Settings::default(), "process-id", "ask").await;
    shop.submit(1).await;
    shop.done(1).await;
    shop.printer.load_lines(1);
    shop.submit(2).await;
    shop.paper_ran_out().await;
    shop.comes_to(2, |state| *state == JobState::Printing).await;
    shop.kill().await;
    // Whether the printer goes on with it only a person can see.
    shop.comes_to(2, |state| *state == JobState::Unconfirmed)
        .await;
    shop.printer.set_paper(Paper::Enough);
    eventually("the printer goes on", LIMIT, || async {
        (shop.papers(2).len() == 1).then_some(())
    })
    .await;
    let decision = json!({ "job": id(2), "decision": Decision::Printed });
    let decided: Option<Job> = shop.ask(RESOLVE, decision).await;
    assert_eq!(decided.unwrap().state, JobState::Done);
    shop.submit(3).await;
    assert!(!shop.done(3).await.marked);
    assert_eq!((shop.papers(2).len(), shop.papers(3).len()), (1, 1));
    shop.close().await;
}

// device-proxy-3.1, device-proxy-3.5, device-proxy-3.7
#[tokio::test]
async fn a_printer_that_dies_at_any_byte_loses_nothing_and_repeats_nothing_without_its_mark() {
    let shop = Shop::open(Settings::default(), "process-id", "reprint-marked").await;
    // Every 25th byte of questions, ticket and proof, or each of them.
    let apart = if long() { 1 } else { 25 };
    let deaths: Vec<u64> = (1..=TICKET_BYTES).step_by(apart).collect();
    let numbers = (1..).zip(deaths);
    let (mut last, mut marked) = (0, 0);
    for (number, bytes) in numbers {
        shop.printer.die_after_bytes(bytes);
        shop.submit(number).await;
        let ended = |state: &JobState| matches!(state, JobState::Done | JobState::Held { .. });
        shop.comes_to(number, ended).await;
        shop.printer.revive().await;
        marked += u32::from(shop.done(number).await.marked);
        last = number;
    }
    for number in 1..=last {
        shop.judge(number);
    }
    // It died before, amid and behind tickets.
    assert!((1..last).contains(&marked), "{marked} of {last} are marked");
    shop.close().await;
}

// device-proxy-3.1, device-proxy-3.5
#[tokio::test]
async fn a_person_looks_and_decides_what_may_have_printed() {
    let shop = Shop::open(Settings::default(), "process-id", "ask").await;
    shop.submit(1).await;
    shop.done(1).await;
    // The questions before an attempt, and some of the ticket.
    shop.printer.die_after_bytes(40);
    shop.submit(2).await;
    shop.comes_to(2, |state| *state == JobState::Unconfirmed)
        .await;
    shop.printer.revive().await;
    shop.submit(3).await;
    shop.done(3).await;
    let decision = json!({ "job": id(2), "decision": Decision::Reprint });
    let decided: Option<Job> = shop.ask(RESOLVE, decision).await;
    assert!(decided.is_some());
    assert!(shop.done(2).await.marked);
    shop.judge(2);
    shop.close().await;
}

// device-proxy-2.2, device-proxy-3.1
#[tokio::test]
async fn a_printer_that_does_not_prove_what_it_was_said_to_leaves_a_person_to_look() {
    let paper = Settings {
        answers: Answers::NoBarrier,
        ..Settings::default()
    };
    let shop = Shop::open(paper, "process-id", "ask").await;
    shop.submit(1).await;
    shop.comes_to(1, |state| *state == JobState::Unconfirmed)
        .await;
    assert_eq!(shop.papers(1).len(), 1);
    let decision = json!({ "job": id(1), "decision": Decision::Printed });
    let decided: Option<Job> = shop.ask(RESOLVE, decision).await;
    assert_eq!(decided.unwrap().state, JobState::Done);
    shop.close().await;
}

// device-proxy-1.2, device-proxy-3.6, device-proxy-3.7
#[tokio::test]
async fn a_box_that_is_killed_at_any_moment_loses_nothing_and_repeats_nothing_without_its_mark() {
    let mut shop = Shop::open(Settings::default(), "process-id", "reprint-marked").await;
    let seeds = seeds(50, 1_000);
    let mut known = Vec::new();
    for seed in seeds {
        let mut chance = Chance::of(seed);
        let (first, second) = (2 * seed, 2 * seed + 1);
        known.extend([first, second]);
        let fault = Fault::of(&mut chance);
        fault.comes(&shop, &mut chance);
        // Ready enough to be killed at work, and not only while it starts.
        shop.submit(first).await;
        let working = async {
            shop.ask::<_, Job>(SUBMIT, receipt(second)).await;
            pending::<()>().await;
        };
        let moment = Duration::from_micros(chance.below(40_000).into());
        // The moment has come; what was going on is the point.
        drop(timeout(moment, working).await);
        shop.kill().await;
        fault.goes(&shop).await;
        // Whoever did not hear an answer asks again, and the same is the same.
        for number in [first, second, first] {
            shop.submit(number).await;
        }
        let changed: Option<Job> = shop.ask(SUBMIT, another_receipt(first)).await;
        assert!(changed.is_none(), "seed {seed}: {changed:?}");
    }
    for number in known {
        shop.ends(number).await;
        shop.judge(number);
    }
    shop.close().await;
}
