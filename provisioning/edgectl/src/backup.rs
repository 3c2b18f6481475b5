//! Backups of the hotel's database: their keys, what is in the cloud, and proof that it can be
//! restored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use kit::ca::files::{WriteError, write_secret};
use replica_sync::archive::{NotAnIdentity, Recipient, Secret};
use wire::Component;
use wire::replica::{BACKUP, Backup};
use wire::request::Nothing;

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

mod cloud;
mod drill;
mod scratch;

use cloud::{Cloud, CloudError, Stored};
use drill::DrillError;

/// Makes keys for backups, makes backups, and restores them.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum BackupCommand {
    /// The key that opens backups.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Make a backup now, beside those of the nights.
    Now(Now),
    /// Show the backups in the cloud.
    List(List),
    /// Fetch a backup, sealed as it is.
    Fetch(Fetch),
    /// Restore a backup into a cluster of its own, and compare every row.
    Restore(Restore),
    /// Restore the newest backup into a scratch cluster, compare every row, and remove it again.
    Drill(Drill),
}

/// What can be done with keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key; prints its public half, for `backup.recipient`.
    New {
        /// The file to be made; keep it, and a copy, away from the box.
        file: PathBuf,
    },
}

/// Arguments of `backup now`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Now {
    #[command(flatten)]
    access: Access,
    /// Longest wait, in seconds.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `backup list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct List {
    #[command(flatten)]
    cloud: Cloud,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `backup fetch`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Fetch {
    #[command(flatten)]
    cloud: Cloud,
    /// A name that `backup list` shows; the newest when not said.
    name: Option<String>,
    /// The file to be made.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Which backup, and what opens it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Chosen {
    #[command(flatten)]
    cloud: Cloud,
    /// A name that `backup list` shows; the newest when not said.
    name: Option<String>,
    /// The file of the key; in a local hotel its own.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// A backup that was fetched before, instead of one in the cloud.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    from: Option<PathBuf>,
}

/// Arguments of `backup restore`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    chosen: Chosen,
    /// The directory to be made: a cluster as the recipe of `postgres` makes it. Nothing else
    /// connects to it, so it is never synchronised.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

/// Arguments of `backup drill`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Drill {
    #[command(flatten)]
    chosen: Chosen,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl BackupCommand {
    /// Does it; 1 when something is not equal.
    pub(crate) fn run(self) -> Result<ExitCode, BackupError> {
        match self {
            Self::Key(KeyCommand::New { file }) => say(make_key(&file)?),
            Self::Now(now) => now.run()?,
            Self::List(List {
                cloud,
                json: as_json,
            }) => {
                let stored = block_on(async { cloud.open().await?.list().await })?;
                if as_json {
                    json(&stored);
                } else {
                    stored.iter().for_each(show);
                }
            }
            Self::Fetch(Fetch { cloud, name, to }) => {
                let stored = block_on(async {
                    let bucket = cloud.open().await?;
                    let stored = bucket.choose(name.as_deref()).await?;
                    bucket.fetch(&stored, &to).await?;
                    Ok::<_, CloudError>(stored)
                })?;
                show(&stored);
            }
            Self::Restore(Restore { chosen, into }) => return drill::restore(&chosen, &into),
            Self::Drill(Drill { chosen, json }) => return drill::drill(&chosen, json),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Now {
    fn run(&self) -> Result<(), BackupError> {
        let wait = Duration::from_secs(self.wait);
        let made: Backup = self.access.act(async |operator| {
            let component = Component::ReplicaSync;
            operator.ask(component, BACKUP, Nothing {}, wait).await
        })?;
        if self.json {
            json(&made);
        } else {
            let Backup {
                name,
                bytes,
                rows,
                tables,
                took_ms,
                ..
            } = made;
            say(format_args!(
                "{name}: {bytes} bytes, {rows} rows of {tables} tables, in {took_ms} ms"
            ));
        }
        Ok(())
    }
}

fn show(stored: &Stored) {
    say(format_args!(
        "{}  {:>12}  {}",
        stored.name, stored.bytes, stored.key
    ));
}

/// Makes a key in a file that only its owner reads; one that is there is left alone.
pub(crate) fn make_key(file: &Path) -> Result<Recipient, BackupError> {
    if file.exists() {
        // Whoever loses a key loses every backup that was sealed for it.
        let file = file.to_owned();
        return Err(BackupError::KeyExists { file });
    }
    let key = Secret::generate();
    write_secret(file, key.text().as_bytes()).map_err(BackupError::Write)?;
    Ok(key.recipient())
}

/// Reads a key.
pub(crate) fn read_key(file: &Path) -> Result<Secret, BackupError> {
    let text = std::fs::read_to_string(file).map_err(|source| BackupError::Read {
        file: file.to_owned(),
        source,
    })?;
    Ok(Secret::read(&text)?)
}

/// Waits for something in the cloud or in a database.
fn block_on<T, E: Into<BackupError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, BackupError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(BackupError::Runtime)?;
    runtime.block_on(work).map_err(Into::into)
}

/// A backup cannot be made, found or restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The file is there already.
    #[error("{} is there already; a key is not replaced", file.display())]
    KeyExists {
        /// The file.
        file: PathBuf,
    },
    /// The key is none.
    #[error(transparent)]
    Key(#[from] NotAnIdentity),
    /// The key cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The key cannot be written.
    #[error(transparent)]
    Write(WriteError),
    /// Nothing says which key opens the backup.
    #[error("name the file of the key with --identity FILE")]
    NoIdentity,
    /// The cloud does not give it.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// It cannot be restored.
    #[error(transparent)]
    Drill(#[from] DrillError),
    /// The box does not answer.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// This program cannot run.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
}

#[cfg(test)]
mod tests;
