//! Printing with a disk and a printer.

use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::time::timeout;
use wire::print::{DRAWER_WAIT_MS, JobState};

use super::*;
use crate::edge::printer::tests::stub::Stub;

/// Longest wait for anything on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

struct Shop {
    disk: TempDir,
    stub: Stub,
    has_drawer: bool,
    running: Running,
}

struct Running {
    printing: Printing,
    journal: Journal,
    clock: Clock,
    tasks: Tasks,
}

impl Shop {
    async fn open() -> Self {
        Self::furnished(false).await
    }

    async fn furnished(has_drawer: bool) -> Self {
        let (disk, stub) = (tempfile::tempdir().unwrap(), Stub::start().await);
        let running = Running::start(&disk, &stub, has_drawer).await;
        Self {
            disk,
            stub,
            has_drawer,
            running,
        }
    }

    /// Ends the program in good order and starts it again.
    async fn restart(self) -> Self {
        let Self {
            disk,
            stub,
            has_drawer,
            running,
        } = self;
        running.end().await;
        let running = Running::start(&disk, &stub, has_drawer).await;
        Self {
            disk,
            stub,
            has_drawer,
            running,
        }
    }

    async fn end(self) {
        self.running.end().await;
    }

    fn printing(&self) -> &Printing {
        &self.running.printing
    }

    async fn submit(&self, number: u32) -> Result<Job, Problem> {
        self.printing().submit(&pos(), submit(number, "Soup")).await
    }

    /// Renames a table: what is written to it is refused as long as it has another name.
    async fn rename(&self, table: &str, to: &str) {
        let sql = AssertSqlSafe(format!("ALTER TABLE {table} RENAME TO {to}"));
        let renamed = self.running.journal.write(move |connection| {
            Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
        });
        renamed.await.unwrap();
    }
}

impl Running {
    async fn start(disk: &TempDir, stub: &Stub, has_drawer: bool) -> Self {
        let tasks = Tasks::new();
        let path = disk.path().join("journal.db");
        let journal = Journal::open(&path, journal::MIGRATIONS, &tasks)
            .await
            .unwrap();
        let config = serde_json::from_value(serde_json::json!({
            "printers": { "pass": { "address": stub.address().to_string(), "drawer": has_drawer } },
            "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked" } },
        }));
        let (clock, health) = (Clock::manual(Clock::system().wall()), Health::new());
        let printing = Printing::start(config.unwrap(), &journal, &clock, &health, &tasks);
        let printing = printing.await.unwrap();
        Self {
            printing,
            journal,
            clock,
            tasks,
        }
    }

    async fn end(self) {
        let Self {
            printing,
            journal,
            clock: _,
            tasks,
        } = self;
        drop((printing, journal));
        tasks.drain().await.unwrap();
    }
}

fn pos() -> Principal {
    "pos-1".parse().unwrap()
}

fn submit(number: u32, text: &str) -> Submit {
    serde_json::from_value(serde_json::json!({
        "v": 1, "job": format!("01941f29-7c00-7000-8000-{number:012x}"), "route": "kitchen",
        "document": { "kind": "receipt", "lines": [{ "kind": "text", "text": text }] },
    }))
    .unwrap()
}

fn drawer(number: u32) -> Submit {
    let document = serde_json::json!({ "kind": "drawer" });
    Submit {
        document: serde_json::from_value(document).unwrap(),
        ..submit(number, "")
    }
}

fn of(number: u32) -> JobOf {
    JobOf {
        job: submit(number, "").job,
        principal: None,
    }
}

/// Waits until a job comes to a state.
async fn comes_to(changes: &mut broadcast::Receiver<Job>, number: u32, state: &JobState) -> Job {
    let coming = async {
        loop {
            let job = changes.recv().await.unwrap();
            if job.job == of(number).job && job.state == *state {
                return job;
            }
        }
    };
    timeout(LIMIT, coming).await.expect("the job comes so far")
}

fn tickets(stub: &Stub) -> usize {
    let received = stub.received();
    received
        .windows(4)
        .filter(|window| window == b"Soup")
        .count()
}

// device-proxy-1.1, device-proxy-2.2
#[tokio::test]
async fn a_job_is_printed_once_however_often_it_is_submitted() {
    let shop = Shop::open().await;
    let mut changes = shop.printing().changes();
    let first = shop.submit(1).await.unwrap();
    comes_to(&mut changes, 1, &JobState::Done).await;
    assert_eq!(shop.submit(1).await.unwrap().content, first.content);
    let shop = shop.restart().await;
    assert_eq!(shop.submit(1).await.unwrap().state, JobState::Done);
    let other = shop.printing().submit(&pos(), submit(1, "Salad")).await;
    assert_eq!(other.unwrap_err().code, Code::Conflict);
    assert_eq!(tickets(&shop.stub), 1);
    shop.end().await;
}

// device-proxy-1.2
#[tokio::test]
async fn a_job_that_waits_is_there_after_a_restart_and_printed() {
    let shop = Shop::open().await;
    shop.stub.set_paper(false);
    let mut changes = shop.printing().changes();
    shop.submit(1).await.unwrap();
    let reason = wire::print::Held::Paper;
    comes_to(&mut changes, 1, &JobState::Held { reason }).await;
    let shop = shop.restart().await;
    let mut changes = shop.printing().changes();
    shop.stub.set_paper(true);
    let job = comes_to(&mut changes, 1, &JobState::Done).await;
    assert!(!job.marked);
    assert_eq!(tickets(&shop.stub), 1);
    shop.end().await;
}

// device-proxy-1.2
#[tokio::test]
async fn a_job_is_committed_with_somebody_elses_rows_or_not_at_all() {
    let shop = Shop::open().await;
    shop.stub.set_paper(false);
    let printing = shop.printing();
    let prepared = printing.prepare(&pos(), submit(1, "Soup")).await.unwrap();
    let row = prepared.row();
    let failed: Result<(), _> = shop
        .running
        .journal
        .write(move |connection| {
            Box::pin(async move {
                row.keep(connection).await?;
                Err(sqlx::Error::RowNotFound)
            })
        })
        .await;
    assert!(failed.is_err());
    drop(prepared);
    assert_eq!(
        printing.job(&pos(), of(1)).await.unwrap_err().code,
        Code::NotFound
    );
    let prepared = printing.prepare(&pos(), submit(1, "Soup")).await.unwrap();
    let row = prepared.row();
    shop.running
        .journal
        .write(move |connection| Box::pin(async move { row.keep(connection).await }))
        .await
        .unwrap();
    prepared.kept().await;
    printing.job(&pos(), of(1)).await.unwrap();
    let shop = shop.restart().await;
    shop.stub.set_paper(true);
    let again = shop.printing().prepare(&pos(), submit(1, "Soup")).await;
    again.unwrap().kept().await;
    let mut changes = shop.printing().changes();
    let job = shop.printing().job(&pos(), of(1)).await.unwrap();
    if job.state != JobState::Done {
        comes_to(&mut changes, 1, &JobState::Done).await;
    }
    assert_eq!(tickets(&shop.stub), 1);
    shop.end().await;
}

// device-proxy-3.2
#[tokio::test]
async fn a_ticket_whose_printer_died_comes_again_with_its_mark() {
    let shop = Shop::open().await;
    let mut changes = shop.printing().changes();
    shop.submit(1).await.unwrap();
    comes_to(&mut changes, 1, &JobState::Done).await;
    // The questions before an attempt, and half of a ticket.
    shop.stub.die_after(15 + 8);
    shop.submit(2).await.unwrap();
    let reason = wire::print::Held::Offline;
    comes_to(&mut changes, 2, &JobState::Held { reason }).await;
    shop.stub.revive();
    let job = comes_to(&mut changes, 2, &JobState::Done).await;
    assert!(job.marked);
    let received = shop.stub.received();
    let mark = escpos::MARK.as_bytes();
    assert!(received.windows(mark.len()).any(|window| window == mark));
    shop.end().await;
}

// device-proxy-1.3
#[tokio::test]
async fn what_cannot_be_printed_is_not_taken() {
    let shop = Shop::open().await;
    let refused = |wrong: Submit| async {
        let refused = shop.printing().submit(&pos(), wrong).await.unwrap_err();
        refused.field
    };
    let copies = Submit {
        copies: 6,
        ..submit(1, "x")
    };
    assert_eq!(refused(copies).await.as_deref(), Some("copies"));
    let route = Submit {
        route: "nowhere".parse().unwrap(),
        ..submit(1, "x")
    };
    assert_eq!(refused(route).await.as_deref(), Some("route"));
    let document = |json| serde_json::from_value(json).unwrap();
    let raw = Submit {
        document: document(serde_json::json!({ "kind": "raw", "octets": "G3AAGfo" })),
        ..submit(1, "x")
    };
    assert_eq!(refused(raw).await.as_deref(), Some("document.octets"));
    assert_eq!(refused(drawer(1)).await.as_deref(), Some("route"));
    let twice = Submit {
        copies: 2,
        ..drawer(1)
    };
    assert_eq!(refused(twice).await.as_deref(), Some("copies"));
    assert!(shop.printing().jobs(None).await.unwrap().jobs.is_empty());
    shop.end().await;
}

// device-proxy-4.6
#[tokio::test]
async fn printers_and_previews_are_shown() {
    let shop = Shop::open().await;
    let printers = shop.printing().printers().printers;
    assert_eq!(printers[0].printer.as_str(), "pass");
    let preview = Preview {
        route: "kitchen".parse().unwrap(),
        document: submit(1, "Soup").document,
    };
    let picture = shop.printing().preview(preview).unwrap();
    assert!(picture.png.as_slice().starts_with(b"\x89PNG"));
    shop.end().await;
}

// device-proxy-3.8
#[tokio::test]
async fn a_drawer_that_was_refused_does_not_open_when_the_disk_is_back() {
    let shop = Shop::furnished(true).await;
    let mut changes = shop.printing().changes();
    shop.submit(1).await.unwrap();
    comes_to(&mut changes, 1, &JobState::Done).await;
    shop.rename("print_job", "elsewhere").await;
    let refused = shop.printing().submit(&pos(), drawer(2)).await;
    assert_eq!(refused.unwrap_err().code, Code::Unavailable);
    let wait = Duration::from_millis(DRAWER_WAIT_MS);
    shop.running.clock.advance(wait);
    shop.rename("elsewhere", "print_job").await;
    comes_to(&mut changes, 2, &JobState::Expired).await;
    // The printer is free, and was sent nothing for the drawer.
    shop.submit(3).await.unwrap();
    comes_to(&mut changes, 3, &JobState::Done).await;
    let received = shop.stub.received();
    assert!(!received.windows(2).any(|window| window == b"\x1bp"));
    shop.end().await;
}
