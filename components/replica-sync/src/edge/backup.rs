//! Makes a backup: every row at one moment, summed and dumped, sealed, whole on the disk.
//!
//! Writers are not disturbed: the dump reads a snapshot and takes no lock that they wait for. What
//! is not finished has another name and is removed by the next start.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use kit::clock::Clock;
use kit::config::Common;
use sqlx::postgres::PgConnection;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;
use wire::replica::Backup;
use wire::{Code, Integer, Problem, Version};

use super::archive::{Sealing, SumsError, sums};
use super::database::connect_owner;
use crate::backup::{self, Contents};
use crate::config;

mod dump;
mod shelf;

pub(crate) use dump::DumpError;
pub(crate) use shelf::{Memory, Offer, Shelf};

/// Longest that a backup may take: a hotel's rows take seconds.
pub(crate) const LONGEST: Duration = Duration::from_hours(1);
/// Bytes on the disk that a backup leaves free for everybody else.
const RESERVE: u64 = 64 * 1024 * 1024;

/// Who makes backups.
#[derive(Debug)]
pub(crate) struct Maker {
    pub(crate) database: config::Database,
    pub(crate) backup: config::Backup,
    pub(crate) shelf: Shelf,
    pub(crate) common: Arc<Common>,
    pub(crate) clock: Clock,
    /// How long it may take, [`LONGEST`] on a box.
    pub(crate) longest: Duration,
}

impl Maker {
    /// Makes a backup of the rows as they are now. When the future is dropped, nothing is left.
    pub(crate) async fn make(&self) -> Result<Backup, MakeError> {
        let limit = self.longest;
        let made = timeout(limit, self.attempt()).await;
        made.map_err(|_| MakeError::Late { limit })?
    }

    async fn attempt(&self) -> Result<Backup, MakeError> {
        let begun = self.clock.now();
        let mut connection = connect_owner(&self.database)
            .await
            .map_err(MakeError::Read)?;
        self.find_room(&mut connection).await?;
        run(
            &mut connection,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )
        .await?;
        let contents = self.contents(&mut connection, begun.wall).await?;
        let (tables, rows) = (contents.tables.len() as u64, contents.rows());
        let snapshot: String = sqlx::query_scalar("SELECT pg_export_snapshot()")
            .fetch_one(&mut connection)
            .await
            .map_err(MakeError::Read)?;
        let draft = self.shelf.draft(begun.wall).map_err(MakeError::Write)?;
        let file = draft.file().map_err(MakeError::Write)?;
        let recipient = self.backup.recipient.clone();
        let sealing = spawn_blocking(move || Sealing::begin(file, &recipient, &contents)).await?;
        let sealing = sealing.map_err(MakeError::Write)?;
        let sealing = dump::run(&self.database, &snapshot, sealing).await?;
        let (sha256, bytes) = spawn_blocking(|| sealing.finish())
            .await?
            .map_err(MakeError::Write)?;
        let name = backup::name(begun.wall, &sha256);
        draft
            .keep(&name, &self.shelf, self.backup.keep)
            .map_err(MakeError::Write)?;
        let took = self.clock.monotonic().duration_since(begun.monotonic);
        let integer = |count| Integer::new(count).unwrap_or_default();
        Ok(Backup {
            name,
            at: begun.wall,
            sha256,
            bytes: integer(bytes),
            tables: integer(tables),
            rows: integer(rows),
            took_ms: integer(u64::try_from(took.as_millis()).unwrap_or_default()),
        })
    }

    async fn contents(
        &self,
        connection: &mut PgConnection,
        at: Integer,
    ) -> Result<Contents, MakeError> {
        let tables = sums(connection).await?;
        let postgres: String =
            sqlx::query_scalar("SELECT split_part(current_setting('server_version'), ' ', 1)")
                .fetch_one(connection)
                .await
                .map_err(MakeError::Read)?;
        Ok(Contents {
            v: Version,
            tenant: self.common.tenant.clone(),
            property: self.common.property.clone(),
            box_id: self.common.box_id.clone(),
            at,
            postgres,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            tables,
        })
    }

    /// Refuses to begin where a dump might fill the disk, which the database itself needs.
    async fn find_room(&self, connection: &mut PgConnection) -> Result<(), MakeError> {
        let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
            .fetch_one(connection)
            .await
            .map_err(MakeError::Read)?;
        let needed = size.unsigned_abs() + RESERVE;
        let free = self.shelf.free().map_err(MakeError::Write)?;
        if free < needed {
            return Err(MakeError::NoRoom { needed, free });
        }
        Ok(())
    }

    /// Minutes since 1970 on the clock of the hotel's wall.
    pub(crate) fn local(&self, wall: Integer) -> i64 {
        local(&self.backup.zone, wall)
    }
}

fn local(zone: &TimeZone, wall: Integer) -> i64 {
    let ms = i64::try_from(wall.value()).unwrap_or_default();
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let offset = i64::from(zone.to_offset(moment).seconds());
    (moment.as_second() + offset).div_euclid(60)
}

async fn run(connection: &mut PgConnection, statement: &'static str) -> Result<(), MakeError> {
    let done = sqlx::query(statement).execute(connection).await;
    done.map(|_| ()).map_err(MakeError::Read)
}

/// There is no backup; what was begun is removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    /// The database does not answer.
    #[error("cannot read the database")]
    Read(#[source] sqlx::Error),
    /// The rows cannot be summed.
    #[error(transparent)]
    Sums(#[from] SumsError),
    /// `pg_dump` failed.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The file cannot be written.
    #[error("cannot write the backup")]
    Write(#[source] io::Error),
    /// It might fill the disk.
    #[error("a backup needs {needed} bytes free on its disk, and there are {free}")]
    NoRoom {
        /// Bytes that it may need, and those that stay free.
        needed: u64,
        /// Bytes that there are.
        free: u64,
    },
    /// It takes too long.
    #[error("the backup was not made within {limit:?}")]
    Late {
        /// How long it may take.
        limit: Duration,
    },
    /// A worker of this program failed.
    #[error("a worker failed")]
    Worker(#[from] JoinError),
}

impl MakeError {
    /// What somebody who asked is told.
    pub(crate) fn problem(&self) -> Problem {
        let code = match self {
            Self::NoRoom { .. } => Code::StorageFull,
            Self::Write(error) | Self::Dump(DumpError::Write(error))
                if error.kind() == io::ErrorKind::StorageFull =>
            {
                Code::StorageFull
            }
            Self::Read(_)
            | Self::Sums(_)
            | Self::Dump(_)
            | Self::Write(_)
            | Self::Late { .. }
            | Self::Worker(_) => Code::Unavailable,
        };
        Problem::new(code, kit::error::Chain(self).to_string())
    }
}

#[cfg(test)]
mod tests;
