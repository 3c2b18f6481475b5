//! `pg_dump` as a child: in the background, of a given snapshot, within bounds.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

use crate::config;
use crate::edge::archive::Sealing;

/// Longest dump: a hotel's rows take seconds.
const LONGEST: Duration = Duration::from_hours(1);
/// Bytes that are sealed at a time.
const PIECE: usize = 256 * 1024;
/// Most of what the child complains of that is told.
const COMPLAINT_MAX: u64 = 2_000;
/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Dumps the schemas `hotel` and `sync` as a snapshot sees them.
pub(super) async fn run(
    database: &config::Database,
    snapshot: &str,
    sealing: Sealing,
) -> Result<Sealing, DumpError> {
    let mut child = command(database, snapshot)
        .spawn()
        .map_err(DumpError::Start)?;
    let dumping = timeout(LONGEST, follow(&mut child, sealing)).await;
    dumping.map_err(|_| DumpError::Late)?
}

fn command(database: &config::Database, snapshot: &str) -> Command {
    // Everybody else of the house comes first.
    let mut command = Command::new("nice");
    command.arg("-n").arg("10").arg(program());
    command.args(["--format=custom", "--compress=0", "--no-password"]);
    // Whoever changes the schema is not waited for, and so holds up nobody behind this.
    command.args(["--schema=hotel", "--schema=sync", "--lock-wait-timeout=5s"]);
    command.arg(format!("--snapshot={snapshot}"));
    command.arg(format!("--host={}", database.host));
    command.arg(format!("--port={}", database.port));
    command.arg(format!("--username={}", database.owner));
    command.arg(format!("--dbname={}", database.name));
    command.env_clear().env("LC_ALL", "C");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    if let Some(password) = &database.password {
        command.env("PGPASSWORD", password.expose());
    }
    if !database.host.starts_with('/') {
        command
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", "system");
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

/// The newest `pg_dump` that is installed: it reads every older server.
fn program() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let program = entry.path().join("bin/pg_dump");
            program.is_file().then_some((version, program))
        })
        .max();
    newest.map_or_else(|| "pg_dump".into(), |(_, program)| program)
}

async fn follow(child: &mut Child, sealing: Sealing) -> Result<Sealing, DumpError> {
    let stdout = child.stdout.take().expect("the output is piped");
    let stderr = child.stderr.take().expect("complaints are piped");
    let mut complaint = String::new();
    let mut complaints = stderr.take(COMPLAINT_MAX);
    let listening = complaints.read_to_string(&mut complaint);
    let (sealed, heard) = tokio::join!(seal(stdout, sealing), listening);
    // Complaints that cannot be read are only missing in the words of an error.
    heard.ok();
    let sealing = sealed?;
    let status = child.wait().await.map_err(DumpError::Read)?;
    if status.success() {
        Ok(sealing)
    } else {
        let complaint = complaint.trim().replace('\n', "; ");
        Err(DumpError::Failed { status, complaint })
    }
}

/// Seals what comes, piece by piece; when it cannot be written, the child loses its reader.
async fn seal(
    mut from: impl AsyncRead + Unpin,
    mut sealing: Sealing,
) -> Result<Sealing, DumpError> {
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        piece.clear();
        let mut limited = (&mut from).take(PIECE as u64);
        let read = limited.read_to_end(&mut piece).await;
        if read.map_err(DumpError::Read)? == 0 {
            return Ok(sealing);
        }
        // One buffer goes to and fro.
        let adding = spawn_blocking(move || {
            let added = sealing.add(&piece);
            added.map(|()| (sealing, piece))
        });
        (sealing, piece) = adding.await?.map_err(DumpError::Write)?;
    }
}

/// There is no dump.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DumpError {
    /// The program is not there.
    #[error("cannot start pg_dump; it comes with postgresql-client")]
    Start(#[source] io::Error),
    /// Its output cannot be read.
    #[error("cannot read from pg_dump")]
    Read(#[source] io::Error),
    /// What it says cannot be written.
    #[error("cannot write the backup")]
    Write(#[source] io::Error),
    /// It failed.
    #[error("pg_dump ended with {status}: {complaint}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        complaint: String,
    },
    /// It takes too long.
    #[error("pg_dump did not end within {LONGEST:?}")]
    Late,
    /// A worker of this program failed.
    #[error("a worker failed")]
    Worker(#[from] JoinError),
}
