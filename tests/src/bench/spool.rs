//! The spool of `uplink`: how fast it takes records, how small they become, and whether it slows down
//! when much waits.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use kit::clock::Clock;
use tempfile::TempDir;
use uplink::Probe;
use wire::record::{Record, Stream};

use super::Figure;
use super::samples::Samples;
use crate::feeder::{Feeder, measurement};
use crate::{Hotel, Plan};

/// Records of a batch, and batches of a commit: as many as arrive together when a gateway catches up.
const GROUP: (u32, u32) = (500, 8);
/// Commits of a turn, of ours and of the log after each other, and turns; the middle one counts.
const GROUPS: u32 = 25;
const TURNS: u32 = 7;
/// Batches that are confirmed one by one.
const CONFIRMED: u32 = 400;
/// Records of each of these.
const FEW: u32 = 20;
/// Bytes of a batch for the cloud: that of the recipe.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
/// Commits between two looks at what a record costs.
const BETWEEN: u32 = 10;
/// Records that wait: a quiet spool, and one after weeks without the cloud.
const WAITING: (u32, u32) = (1_000, 1_000_000);
/// 2026-11-21T03:04:05Z.
const AT: u64 = 1_795_230_245_000;

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let disk = tempfile::tempdir().expect("a directory can be made");
        let mut figures = appended(&disk).await;
        figures.push(confirmed(&disk).await);
        figures.extend(carried(&disk).await);
        figures
    })
}

/// Records a second that are on the disk, beside a bare log.
async fn appended(disk: &TempDir) -> Vec<Figure> {
    let clock = Clock::system();
    let probe = probe(&disk.path().join("append/spool.db")).await;
    let mut log = File::create(disk.path().join("log")).expect("a file can be made");
    let (mut ours, mut floor) = (Samples::default(), Samples::default());
    for turn in 0..TURNS {
        let groups: Vec<_> = (turn * GROUPS..(turn + 1) * GROUPS).map(group).collect();
        let texts: Vec<Vec<u8>> = groups.iter().map(|group| lines(group)).collect();
        let begun = clock.monotonic();
        for group in groups {
            let kept = probe.append(group, clock.wall()).await;
            kept.expect("the disk is sound");
        }
        ours.add(clock.monotonic().duration_since(begun));
        let begun = clock.monotonic();
        for text in texts {
            log.write_all(&text).expect("there is room");
            log.sync_data().expect("the disk is sound");
        }
        floor.add(clock.monotonic().duration_since(begun));
    }
    probe.close().await;
    let records = f64::from(GROUPS * GROUP.0 * GROUP.1);
    let rate = |turns: &Samples| records * 1_000.0 / turns.quantile_ms(0.5);
    vec![
        Figure::rate("uplink", "append_per_s", "records/s", rate(&ours))
            .floor("append + fdatasync", rate(&floor)),
    ]
}

/// From the message on the bus to its confirmation, beside one `fdatasync`.
async fn confirmed(disk: &TempDir) -> Figure {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "uplink"],
    });
    let mut feeder = Feeder::of(&hotel).await;
    let clock = Clock::system();
    let mut samples = Samples::default();
    for _ in 0..=CONFIRMED {
        let begun = clock.monotonic();
        let recorded = feeder.hand(Stream::P2, FEW).await;
        assert_eq!(recorded.problem, None, "it is kept");
        samples.add(clock.monotonic().duration_since(begun));
    }
    feeder.end().await;
    let bytes = lines(&[(0..FEW).map(|number| measurement(AT, number)).collect()]);
    let mut file = File::create(disk.path().join("sync")).expect("a file can be made");
    let syncs: Samples = (0..CONFIRMED)
        .map(|_| {
            let begun = clock.monotonic();
            file.write_all(&bytes).expect("there is room");
            file.sync_data().expect("the disk is sound");
            clock.monotonic().duration_since(begun)
        })
        .collect();
    // The first waited for the component to be ready.
    let (ours, floor) = (samples.skip(1).quantile_ms(0.99), syncs.quantile_ms(0.99));
    Figure::latency("uplink", "ack_p99_over_fsync_ms", ours - floor).floor("fdatasync", floor)
}

/// How small records become, and what one costs to take in and out when little or much waits.
async fn carried(disk: &TempDir) -> [Figure; 2] {
    let probe = probe(&disk.path().join("carry/spool.db")).await;
    fill(&probe, 0, WAITING.0).await;
    let (few, ratio) = costs(&probe, WAITING.0).await;
    fill(&probe, WAITING.0, WAITING.1).await;
    let (many, _) = costs(&probe, WAITING.1).await;
    probe.close().await;
    [
        Figure {
            unit: "×",
            ..Figure::rate("uplink", "compression_ratio", "×", ratio)
        },
        Figure {
            unit: "×",
            ..Figure::latency("uplink", "cost_growth_1e6_over_1e3", many / few)
        },
    ]
}

async fn fill(probe: &Probe, from: u32, to: u32) {
    let clock = Clock::system();
    for number in (from..to).step_by(GROUP.0 as usize * 4) {
        let batches = (0..4).map(|batch| batch_at(number + batch * GROUP.0));
        let kept = probe.append(batches.collect(), clock.wall()).await;
        kept.expect("the disk is sound");
    }
}

/// What a record costs in the middle one of some turns, and by how much it was packed in the last.
async fn costs(probe: &Probe, from: u32) -> (f64, f64) {
    let (mut seconds, mut ratio) = (Vec::new(), 0.0);
    for turn in 0..TURNS {
        let (cost, packed) = cost(probe, from + turn * BETWEEN).await;
        seconds.push(cost);
        ratio = packed;
    }
    seconds.sort_by(f64::total_cmp);
    (seconds[seconds.len() / 2], ratio)
}

/// Seconds that a record costs, in and out; and by how much it was packed.
async fn cost(probe: &Probe, from: u32) -> (f64, f64) {
    let clock = Clock::system();
    let groups: Vec<_> = (0..BETWEEN).map(|number| group(from + number)).collect();
    let begun = clock.monotonic();
    for group in groups {
        let kept = probe.append(group, clock.wall()).await;
        kept.expect("the disk is sound");
    }
    let appended = clock.monotonic().duration_since(begun).as_secs_f64();
    let appended = appended / f64::from(BETWEEN * GROUP.0 * GROUP.1);
    let begun = clock.monotonic();
    let (mut lines, mut plain, mut packed) = (0, 0, 0);
    for _ in 0..3 {
        let carried = probe.carry().await.expect("the disk is sound");
        let carried = carried.expect("something waits");
        lines += carried.lines;
        plain += carried.bytes;
        packed += carried.packed;
    }
    let carried = clock.monotonic().duration_since(begun).as_secs_f64() / float(lines);
    (appended + carried, float(plain) / float(packed))
}

async fn probe(path: &Path) -> Probe {
    let probe = Probe::open(path, BATCH_BYTES).await;
    probe.expect("the disk is sound")
}

/// Batches that arrive together.
fn group(number: u32) -> Vec<Vec<Record>> {
    let first = number * GROUP.0 * GROUP.1;
    (0..GROUP.1)
        .map(|batch| batch_at(first + batch * GROUP.0))
        .collect()
}

fn batch_at(first: u32) -> Vec<Record> {
    (first..first + GROUP.0)
        .map(|number| measurement(AT + u64::from(number) * 300, number))
        .collect()
}

/// The same records as a log would hold them.
fn lines(batches: &[Vec<Record>]) -> Vec<u8> {
    let mut text = Vec::new();
    for record in batches.iter().flatten() {
        text.extend(wire::encode(record));
        text.push(b'\n');
    }
    text
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a measurement is no more exact than that"
)]
fn float(count: u64) -> f64 {
    count as f64
}
