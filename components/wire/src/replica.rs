//! What components hand to `replica-sync`: rows of the hotel's database.
//!
//! A record of the stream [`rows`] has the name of a table as its kind, and the row as its body:
//! columns by name, with the key. A row that is there gets the columns that are given; a column
//! that is not given stays as it is.

use crate::id::Word;

/// The stream of records that are rows.
pub fn rows() -> Word {
    "rows".parse().expect("the name is a word")
}
