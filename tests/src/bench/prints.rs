//! Tickets on one machine: from the wish on the channel to the first byte at the printer, durable
//! on the way.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kit::clock::Clock;
use kit::ids;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use wire::channel::about;
use wire::credential::Role;
use wire::print::Job;
use wire::{JobId, Word};

use super::samples::Samples;
use super::{Figure, told};
use crate::hotel::repository;
use crate::page::Page;
use crate::vprinter::{Printer, Settings as Paper};
use crate::{Hotel, Plan};

/// Tickets that are printed.
const TICKETS: usize = 200;
/// Between two tickets: none waits for the one before.
const APART: Duration = Duration::from_millis(50);
/// Records that are written to the disk for the floor.
const WRITES: usize = 500;
/// Octets of one record, about as many as a job has in the journal.
const RECORD: usize = 512;
/// The fewest octets at once that are a ticket; questions to the printer, and proofs, are shorter.
const TICKET_MIN: usize = 64;
/// Where the counter stands; the port is fixed in `receiptio`.
const ADDRESS: (&str, u16) = ("127.0.91.0", 9_100);
/// The longest wait for a ticket.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let mut counter = Counter::open(Printer::start(Paper::default())).await;
        let hotel = hotel(counter.address).await;
        let ours = ours(&hotel, &mut counter).await;
        let data = hotel.dir().join("bench");
        let floor = spawn_blocking(move || writes(&data));
        let floor = floor.await.expect("it does not panic");
        // A printer serves one at a time, and the box keeps it for a while.
        drop(hotel);
        let address = counter.address;
        let peer = spawn_blocking(move || receiptio(address)).await;
        let peer = firsts(&mut counter, peer.expect("it does not panic")).await;
        [("first_byte_p50_ms", 0.50), ("first_byte_p99_ms", 0.99)]
            .into_iter()
            .map(|(name, share)| {
                Figure::latency("print", name, ours.quantile_ms(share))
                    .peer("receiptio, not durable", peer.quantile_ms(share))
                    .floor("fdatasync", floor.quantile_ms(share))
            })
            .collect()
    })
}

/// A hotel whose kitchen prints through the counter.
async fn hotel(printer: SocketAddr) -> Hotel {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "signaling", "device-proxy"],
    });
    let path = &hotel.places.configurations["device-proxy"];
    let text = fs::read(path).expect("it is configured");
    let mut own: Value = serde_json::from_slice(&text).expect("it is JSON");
    own["print"] = json!({
        "printers": { "pass": { "address": printer.to_string() } },
        "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked" } },
    });
    own["print_routes"] = json!({ "pos": ["kitchen"] });
    fs::write(path, own.to_string()).expect("it can be configured");
    hotel.kill_and_wait("device-proxy").await;
    hotel
}

/// From the request to the first byte.
async fn ours(hotel: &Hotel, counter: &mut Counter) -> Samples {
    let mut page = Page::open(hotel, "pos-1", Role::Pos, None).await;
    page.ignore_news();
    let mut samples = Samples::default();
    for _ in 0..=TICKETS {
        let job: JobId = ids::new(Clock::system().wall());
        let begun = now();
        let asked: Result<Job, _> = page.ask(about::PRINT, &ticket(job)).await;
        asked.expect("the job is taken");
        samples.add(counter.first_after(begun).await);
        tokio::time::sleep(APART).await;
    }
    page.close().await;
    // The first made the connection to the printer.
    samples.skip(1)
}

fn ticket(job: JobId) -> Value {
    let route: Word = "kitchen".parse().expect("it is a word");
    json!({ "v": 1, "job": job, "route": route, "document": { "kind": "receipt", "lines": [
        { "kind": "text", "text": "Table 7", "height": 2, "width": 2 },
        { "kind": "columns", "cells": [
            { "text": "2 x", "width": 5 }, { "text": "Tomato soup" },
            { "text": "13.00", "width": 9, "align": "right" },
        ] },
        { "kind": "rule" },
        { "kind": "text", "text": "no hurry" },
    ] } })
}

/// When `receiptio` was asked to print each of its tickets, in milliseconds of Unix time.
fn receiptio(printer: SocketAddr) -> Vec<f64> {
    #[derive(Deserialize)]
    struct Told {
        asked_ms: Vec<f64>,
    }
    let mut script = Command::new("node");
    script
        .arg(repository().join("tests/peers/print.mjs"))
        .args([printer.to_string(), TICKETS.to_string()]);
    let told: Told = told(&mut script);
    told.asked_ms
}

/// What passed between each asking and the first byte that came of it.
async fn firsts(counter: &mut Counter, asked_ms: Vec<f64>) -> Samples {
    let mut samples = Samples::default();
    for asked in asked_ms {
        let asked = UNIX_EPOCH + Duration::from_secs_f64(asked / 1_000.0);
        samples.add(counter.first_after(asked).await);
    }
    samples
}

/// How long one record takes to the disk.
fn writes(path: &Path) -> Samples {
    let clock = Clock::system();
    let mut file = File::create(path).expect("a file can be made");
    let record = [7; RECORD];
    (0..WRITES)
        .map(|_| {
            let begun = clock.now().monotonic;
            file.write_all(&record).expect("there is room");
            file.sync_data().expect("the disk is sound");
            clock.now().monotonic - begun
        })
        .collect()
}

/// As exact as the other program's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "what two programs note is compared, to the microsecond"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Stands before a printer and notes when each ticket begins.
struct Counter {
    address: SocketAddr,
    firsts: mpsc::UnboundedReceiver<SystemTime>,
    _printer: Printer,
}

impl Counter {
    async fn open(printer: Printer) -> Self {
        let listener = TcpListener::bind(ADDRESS).await;
        let listener = listener.expect("the address is free");
        let address = listener.local_addr().expect("it has an address");
        let (note, firsts) = mpsc::unbounded_channel();
        let to = printer.address();
        tokio::spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                passing.spawn(pass(client, to, note.clone()));
            }
        });
        Self {
            address,
            firsts,
            _printer: printer,
        }
    }

    /// How long after `asked` the first octets of a ticket came.
    async fn first_after(&mut self, asked: SystemTime) -> Duration {
        let first = async {
            loop {
                let came = self.firsts.recv().await.expect("it is open");
                // A ticket may come in several parts; those of the one before are over.
                if let Ok(passed) = came.duration_since(asked) {
                    return passed;
                }
            }
        };
        let first = tokio::time::timeout(LIMIT, first).await;
        first.expect("it comes in time")
    }
}

async fn pass(client: TcpStream, to: SocketAddr, note: mpsc::UnboundedSender<SystemTime>) {
    let Ok(printer) = TcpStream::connect(to).await else {
        return;
    };
    for stream in [&client, &printer] {
        stream.set_nodelay(true).expect("it is open");
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_printer, mut to_printer) = printer.into_split();
    let answers = tokio::io::copy(&mut from_printer, &mut to_client);
    let orders = async {
        let mut chunk = [0; 4_096];
        while let Ok(length @ 1..) = from_client.read(&mut chunk).await {
            let came = now();
            if length >= TICKET_MIN {
                note.send(came).expect("the measurement goes on");
            }
            if to_printer.write_all(&chunk[..length]).await.is_err() {
                return;
            }
        }
        drop(to_printer.shutdown().await);
    };
    drop(tokio::join!(answers, orders));
}
