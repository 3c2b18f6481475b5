//! By which time something is old enough to be forgotten.
//!
//! Under a clock that is ahead everything is old, and what is forgotten then is missing when the clock is
//! right again: a batch that is repeated would be stored twice, an order be gone, a revoked token be good.
//! So a clock is believed when the program has run by it for a day, without a jump; before that, the time that
//! counts goes on from what it was, twice as fast as the program runs. It is kept in the journal, beside what is
//! forgotten.

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

/// How long a clock has gone without a jump when it is believed.
const STEADY: Duration = Duration::from_hours(24);
/// What is a jump of the clock, in milliseconds; what corrects a clock moves it by less at a time.
const JUMP_MS: u64 = 60_000;
/// How much faster than the program runs the time goes on before that.
const CATCHING_UP: u32 = 2;

/// The time that counts for what is in one journal.
#[derive(Debug)]
pub struct Retention {
    journal: Journal,
    clock: Clock,
    asked: Instant,
    /// Since when the clock has not jumped.
    steady: Moment,
}

/// How far the clock is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Wherever it is.
    Whole,
    /// So much beyond the time that counted last.
    Further(Duration),
}

impl Retention {
    /// Of a journal, from now on.
    pub fn of(journal: &Journal, clock: &Clock) -> Self {
        let now = clock.now();
        Self {
            journal: journal.clone(),
            clock: clock.clone(),
            asked: now.monotonic,
            steady: now,
        }
    }

    /// The time by which things are old, in Unix milliseconds; never after the present.
    ///
    /// # Errors
    ///
    /// When it cannot be kept: nothing is to be forgotten then.
    pub async fn present(&mut self) -> Result<Integer, JournalError> {
        let now = self.clock.now();
        self.steady = steady(self.steady, now);
        let reach = if now
            .monotonic
            .saturating_duration_since(self.steady.monotonic)
            >= STEADY
        {
            Reach::Whole
        } else {
            Reach::Further(CATCHING_UP * now.monotonic.saturating_duration_since(self.asked))
        };
        let at = self
            .journal
            .write(move |connection| Box::pin(follow(connection, now.wall, reach)))
            .await?;
        self.asked = now.monotonic;
        Ok(at)
    }
}

/// Since when the clock has not jumped: as before, or from now on.
fn steady(before: Moment, now: Moment) -> Moment {
    let expected = later(
        before.wall,
        now.monotonic.saturating_duration_since(before.monotonic),
    );
    if expected.value().abs_diff(now.wall.value()) < JUMP_MS {
        before
    } else {
        now
    }
}

async fn follow(
    connection: &mut SqliteConnection,
    now: Integer,
    reach: Reach,
) -> Result<Integer, sqlx::Error> {
    let known: Option<i64> = sqlx::query_scalar("SELECT at FROM retention")
        .fetch_optional(&mut *connection)
        .await?;
    let known = known.and_then(|at| Integer::new(u64::try_from(at).ok()?));
    let at = match (known, reach) {
        // A journal of before there was this believes the clock once.
        (None, _) | (_, Reach::Whole) => now,
        // A clock that is behind for a while takes nothing of the way back.
        (Some(known), Reach::Further(by)) => known.max(now.min(later(known, by))),
    };
    sqlx::query("INSERT OR REPLACE INTO retention (one, at) VALUES (1, ?)")
        .bind(i64::try_from(at.value()).expect("integers of the bus are below 2^53"))
        .execute(connection)
        .await?;
    Ok(at.min(now))
}

#[cfg(test)]
mod tests;
