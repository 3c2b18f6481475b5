//! By which time something is old enough to be forgotten.
//!
//! Under a clock that is ahead everything is old, and what is forgotten then is missing when the clock is
//! right again: a batch that is repeated would be stored twice, an order be gone, a revoked token be good.
//! So the time that counts for forgetting follows the clock no faster than the program runs; twice as fast, to
//! catch up after nights without power. It is kept in the journal, beside what is forgotten.

use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;
use wire::Integer;

use super::{Journal, JournalError, Migration};
use crate::clock::{Clock, Moment, later};

/// Where the time is kept; every journal has it.
pub(super) const MIGRATION: Migration = Migration {
    name: "retention-1",
    sql: "CREATE TABLE retention (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL) STRICT;",
};

/// How much faster than the program runs the time may follow the clock.
const CATCHING_UP: u32 = 2;

/// The time that counts for what is in one journal.
#[derive(Debug)]
pub struct Retention {
    journal: Journal,
    clock: Clock,
    asked: Instant,
}

impl Retention {
    /// Of a journal, from now on.
    pub fn of(journal: &Journal, clock: &Clock) -> Self {
        Self {
            journal: journal.clone(),
            clock: clock.clone(),
            asked: clock.monotonic(),
        }
    }

    /// The time by which things are old, in Unix milliseconds: the present, unless the clock has gone further
    /// than twice as long as the program has run since this was asked last.
    ///
    /// # Errors
    ///
    /// When it cannot be kept: nothing is to be forgotten then.
    pub async fn present(&mut self) -> Result<Integer, JournalError> {
        let Moment { wall, monotonic } = self.clock.now();
        let ran = monotonic.saturating_duration_since(self.asked);
        let at = self
            .journal
            .write(move |connection| Box::pin(follow(connection, wall, ran)))
            .await?;
        self.asked = monotonic;
        Ok(at)
    }
}

async fn follow(
    connection: &mut SqliteConnection,
    now: Integer,
    ran: Duration,
) -> Result<Integer, sqlx::Error> {
    let known: Option<i64> = sqlx::query_scalar("SELECT at FROM retention")
        .fetch_optional(&mut *connection)
        .await?;
    let known = known.and_then(|at| Integer::new(u64::try_from(at).ok()?));
    // A journal of before there was this believes the clock once.
    let at = known.map_or(now, |known| now.min(later(known, CATCHING_UP * ran)));
    sqlx::query("INSERT OR REPLACE INTO retention (one, at) VALUES (1, ?)")
        .bind(i64::try_from(at.value()).expect("integers of the bus are below 2^53"))
        .execute(connection)
        .await?;
    Ok(at)
}

#[cfg(test)]
mod tests;
