//! Restoring: fetch, open, restore into a scratch cluster, compare every row.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kit::clock::Clock;
use replica_sync::archive::{OpenError, Secret, SumsError, open, sums};
use replica_sync::backup::{Contents, differences};
use serde::Serialize;
use sqlx::Connection as _;

use super::scratch::{Scratch, ScratchError, own_dir};
use super::{BackupError, Chosen, block_on, read_key};
use crate::local;
use crate::output::{json, say};

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    /// The backup.
    name: String,
    /// What it says of itself.
    contents: Contents,
    /// Bytes of its file.
    bytes: u64,
    /// Rows in all tables.
    rows: u64,
    /// What is not equal; nothing when all is well.
    differences: Vec<String>,
    /// How long each part took, in milliseconds.
    fetch_ms: u64,
    start_ms: u64,
    restore_ms: u64,
    compare_ms: u64,
}

/// Restores a backup and leaves the cluster there.
pub(super) fn restore(chosen: &Chosen, into: &Path) -> Result<ExitCode, BackupError> {
    let report = prove(chosen, into)?;
    let said = show(&report);
    say(format_args!("restored into {}", into.display()));
    Ok(said)
}

/// Restores a backup and leaves nothing.
pub(super) fn drill(chosen: &Chosen, as_json: bool) -> Result<ExitCode, BackupError> {
    let clock = Clock::system();
    let id = std::process::id();
    let place = std::env::temp_dir().join(format!("edgectl-drill-{id}-{}", clock.wall()));
    // Of its own, and for nobody else.
    let made = DirBuilder::new().mode(0o700).create(&place);
    made.map_err(|source| DrillError::Place {
        path: place.clone(),
        source,
    })?;
    let proved = prove(chosen, &place);
    // Guests' rows are in there.
    let removed = std::fs::remove_dir_all(&place);
    let report = proved?;
    removed.map_err(|source| DrillError::Place {
        path: place,
        source,
    })?;
    if as_json {
        json(&report);
        return Ok(verdict(&report));
    }
    Ok(show(&report))
}

fn prove(chosen: &Chosen, into: &Path) -> Result<Report, BackupError> {
    let local = || local::hotel(&chosen.cloud.dir).map(|hotel| hotel.backup_key);
    let identity = chosen.identity.clone().or_else(local);
    let key = read_key(&identity.ok_or(BackupError::NoIdentity)?)?;
    let mut watch = Watch::start();
    let fetched = fetch(chosen, into)?;
    let fetch_ms = watch.lap();
    let proved = block_on(examine(&fetched, &key, into, watch));
    if chosen.from.is_none() {
        std::fs::remove_file(&fetched.path).ok();
    }
    let (contents, differences, [start_ms, restore_ms, compare_ms]) = proved?;
    Ok(Report {
        name: fetched.name,
        bytes: fetched.bytes,
        rows: contents.rows(),
        contents,
        differences,
        fetch_ms,
        start_ms,
        restore_ms,
        compare_ms,
    })
}

/// A backup on this machine.
struct Fetched {
    path: PathBuf,
    name: String,
    bytes: u64,
}

fn fetch(chosen: &Chosen, into: &Path) -> Result<Fetched, BackupError> {
    if let Some(path) = &chosen.from {
        let found = std::fs::metadata(path).map_err(|source| BackupError::Read {
            file: path.clone(),
            source,
        })?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        return Ok(Fetched {
            path: path.clone(),
            name,
            bytes: found.len(),
        });
    }
    own_dir(into).map_err(|source| DrillError::Place {
        path: into.to_owned(),
        source,
    })?;
    let path = into.join("backup.age");
    block_on(async {
        let bucket = chosen.cloud.open().await?;
        let stored = bucket.choose(chosen.name.as_deref()).await?;
        let fetched = bucket.fetch(&stored, &path).await;
        if fetched.is_err() {
            std::fs::remove_file(&path).ok();
        }
        fetched?;
        Ok::<_, BackupError>(Fetched {
            path,
            name: stored.name,
            bytes: stored.bytes,
        })
    })
}

/// Restores a file, and tells what it says of itself, what is not equal, and how long it took.
async fn examine(
    fetched: &Fetched,
    key: &Secret,
    into: &Path,
    mut watch: Watch,
) -> Result<(Contents, Vec<String>, [u64; 3]), DrillError> {
    let file = File::open(&fetched.path).map_err(DrillError::File)?;
    // Before a cluster is made: a wrong key is told at once.
    let mut opened = open(io::BufReader::new(file), key)?;
    let scratch = Scratch::start(into).await?;
    let start_ms = watch.lap();
    scratch.restore(&mut opened.dump())?;
    let restore_ms = watch.lap();
    let mut connection = scratch.connect().await?;
    let mut transaction = connection.begin().await.map_err(SumsError::from)?;
    let found = sums(&mut transaction).await?;
    drop(transaction);
    let differences = differences(&opened.contents.tables, &found);
    let laps = [start_ms, restore_ms, watch.lap()];
    tracing::debug!(directory = %scratch.directory().display(), "restored");
    Ok((opened.contents, differences, laps))
}

fn show(report: &Report) -> ExitCode {
    let Report {
        name,
        contents,
        bytes,
        rows,
        ..
    } = report;
    let Contents {
        property,
        box_id,
        postgres,
        release,
        tables,
        ..
    } = contents;
    say(format_args!(
        "{name}: {property}, {box_id}, release {release}, PostgreSQL {postgres}"
    ));
    for table in tables {
        say(format_args!("  {:30} {:>10} rows", table.table, table.rows));
    }
    say(format_args!(
        "{bytes} bytes fetched in {} ms, cluster in {} ms, restored in {} ms, compared in {} ms",
        report.fetch_ms, report.start_ms, report.restore_ms, report.compare_ms
    ));
    if report.differences.is_empty() {
        say(format_args!(
            "equal: {rows} rows of {} tables",
            tables.len()
        ));
    }
    for difference in &report.differences {
        say(format_args!("DIFFERENT: {difference}"));
    }
    verdict(report)
}

fn verdict(report: &Report) -> ExitCode {
    if report.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Measures one thing after the other.
struct Watch {
    clock: Clock,
    since: Instant,
}

impl Watch {
    fn start() -> Self {
        let clock = Clock::system();
        let since = clock.monotonic();
        Self { clock, since }
    }

    /// Milliseconds since the last lap.
    fn lap(&mut self) -> u64 {
        let now = self.clock.monotonic();
        let took: Duration = now.duration_since(self.since);
        self.since = now;
        u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A backup cannot be restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrillError {
    /// It is not for this key, or was changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The fetched file cannot be read.
    #[error("cannot read the backup that was fetched")]
    File(#[source] io::Error),
    /// The cluster does not work.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// What was restored cannot be read.
    #[error(transparent)]
    Sums(#[from] SumsError),
    /// The directory cannot be used.
    #[error("cannot use {}", path.display())]
    Place {
        /// The directory.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}
