//! What a backup says of itself, what its file is called, and when the next one is due.
//!
//! Pure. A backup is one file: the rows of the schemas `hotel` and `sync` at one moment, and before
//! them one line that says what they are, [`Contents`]. All of it is compressed and then sealed for
//! a key that the box does not hold.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::{BoxId, Integer, PropertyId, Sha256, TenantId, Version};

/// How every backup's name ends: a dump of PostgreSQL, compressed, sealed.
pub const SUFFIX: &str = ".dump.zst.age";
/// Hexadecimal digits of the digest in a name.
const DIGEST_DIGITS: usize = 16;
/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// What a backup says of itself: its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Version of this form.
    pub v: Version<1>,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// The moment whose rows these are, in Unix milliseconds.
    pub at: Integer,
    /// Version of PostgreSQL that they come from: `15.14`.
    pub postgres: String,
    /// Release of the suite that they come from.
    pub release: String,
    /// Every table, by name.
    pub tables: Vec<TableSum>,
}

/// A table as it was: what a restored one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// Its name with its schema, as SQL writes it: `hotel.rooms`.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over its rows in the order of their key, each as `COPY` writes it.
    pub sha256: Sha256,
}

impl Contents {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// What is not equal between the tables that were told and those that were found, one line each.
pub fn differences(told: &[TableSum], found: &[TableSum]) -> Vec<String> {
    let of =
        |tables: &[TableSum], name: &str| tables.iter().find(|table| table.table == name).cloned();
    let lost = told.iter().filter_map(|told| {
        let name = &told.table;
        match of(found, name) {
            None => Some(format!("{name} is not there")),
            Some(found) if found.rows != told.rows => Some(format!(
                "{name} has {} rows instead of {}",
                found.rows, told.rows
            )),
            Some(found) if found.sha256 != told.sha256 => {
                Some(format!("{name} has other rows: {} of them", found.rows))
            }
            Some(_) => None,
        }
    });
    let strange = found
        .iter()
        .filter(|found| of(told, &found.table).is_none())
        .map(|found| format!("{} was not there before", found.table));
    lost.chain(strange).collect()
}

/// The name of a backup: names sort by time.
pub fn name(at: Integer, sha256: &Sha256) -> String {
    let digest = &sha256.to_string()[..DIGEST_DIGITS];
    format!("{}-{digest}{SUFFIX}", stamp(at))
}

/// Whether a file of this digest may have this name.
pub fn fits(name: &str, sha256: &Sha256) -> bool {
    let digest = &sha256.to_string()[..DIGEST_DIGITS];
    name.split_once('-')
        .is_some_and(|(_, rest)| rest.starts_with(digest))
}

/// Date and time in UTC, as a part of a name: `20261121t033000z`.
pub(crate) fn stamp(at: Integer) -> String {
    let ms = i64::try_from(at.value()).unwrap_or_default();
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    moment.strftime("%Y%m%dt%H%M%Sz").to_string()
}

/// Which of these files make place, so that `keep` stay: the newest, which was just made, and the
/// latest before it. Names sort by time; what is named later than the newest is of a clock that was
/// ahead, and goes first.
pub(crate) fn surplus(mut names: Vec<String>, newest: &str, keep: usize) -> Vec<String> {
    names.sort_unstable();
    let surplus = names.len().saturating_sub(keep);
    let (ahead, before): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name.as_str() > newest);
    ahead.into_iter().chain(before).take(surplus).collect()
}

/// Whether a backup is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// A night has begun since the last one.
    Now,
    /// In a night to come.
    Later,
    /// The last one was made by a clock that was ahead: nights are counted from now on.
    Anew,
}

/// Whether a backup is due now, when the last one was at `last`: both are minutes since 1970 on the
/// clock of the wall.
pub(crate) fn due(last: i64, now: i64, at: u16) -> Due {
    if last > now + DAY {
        Due::Anew
    } else if night(now, at) > night(last, at) {
        Due::Now
    } else {
        Due::Later
    }
}

/// The latest night whose backup is due at this local time; nights are counted, and a night begins
/// at the minute `at` of a day.
///
/// `local` is minutes since 1970 on the clock of the wall, so it may jump by an hour or be set back;
/// a night is never counted twice when only larger ones are taken.
fn night(local: i64, at: u16) -> i64 {
    (local - i64::from(at)).div_euclid(DAY)
}

#[cfg(test)]
mod tests;
