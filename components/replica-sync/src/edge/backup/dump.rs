//! `pg_dump` as a child: in the background, of a given snapshot, within bounds.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::{JoinError, spawn_blocking};

use crate::config;
use crate::edge::archive::{Sealing, newest};

/// Bytes that are sealed at a time.
const PIECE: usize = 256 * 1024;
/// Most of what the child complains of that is told.
const COMPLAINT_MAX: u64 = 2_000;
/// The authorities that Debian trusts; `system` means them to libpq only from version 16 on.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Dumps the schemas `hotel` and `sync` as a snapshot sees them.
pub(super) async fn run(
    database: &config::Database,
    snapshot: &str,
    sealing: Sealing,
) -> Result<Sealing, DumpError> {
    let mut child = command(database, snapshot)
        .spawn()
        .map_err(DumpError::Start)?;
    follow(&mut child, sealing).await
}

fn command(database: &config::Database, snapshot: &str) -> Command {
    // Everybody else of the house comes first.
    let mut command = Command::new("nice");
    // The newest reads every older server.
    let program = newest("pg_dump").unwrap_or_else(|| "pg_dump".into());
    command.arg("-n").arg("10").arg(program);
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
            .env("PGSSLROOTCERT", AUTHORITIES);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
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
    /// A worker of this program failed.
    #[error("a worker failed")]
    Worker(#[from] JoinError),
}

#[cfg(test)]
mod tests;
