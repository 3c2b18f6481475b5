//! Values as SQLite stores them.

use wire::Integer;

/// A count of bytes or records; far below 2^63 on any disk.
pub(super) fn of_count(count: u64) -> i64 {
    i64::try_from(count).expect("no disk holds 2^63 bytes")
}

/// An integer of the bus.
pub(super) fn of(integer: Integer) -> i64 {
    of_count(integer.value())
}

/// A count that was stored by [`of_count`].
pub(super) fn count(column: i64) -> u64 {
    column.unsigned_abs()
}

/// An integer that was stored by [`of`].
pub(super) fn integer(column: i64) -> Result<Integer, sqlx::Error> {
    Integer::new(count(column)).ok_or_else(|| damaged(format_args!("{column} is out of bounds")))
}

/// What the file holds is not what was put there.
pub(super) fn damaged(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}
