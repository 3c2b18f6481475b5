//! What components hand to `replica-sync`: rows of the hotel's database.
//!
//! A record of the stream [`rows`] is a row: its kind names the table, its body holds columns by
//! name, with the key. A row that is there gets the columns that are given; a column that is not
//! given stays as it is. The same row again changes nothing.

use serde_json::{Map, Value};

use crate::body::Integer;
use crate::id::Word;
use crate::record::Record;

/// The stream of records that are rows.
pub fn rows() -> Word {
    "rows".parse().expect("the name is a word")
}

/// The record of a row.
///
/// # Panics
///
/// When the table's name has other characters than `a-z`, `0-9` and `_`: tables have names of
/// their own, never of somebody else.
pub fn row(at: Integer, table: &str, columns: Map<String, Value>) -> Record {
    let kind = table.replace('_', "-").parse();
    Record {
        at,
        kind: kind.expect("names of tables are words"),
        body: columns,
    }
}

/// The table of a record.
pub fn table(record: &Record) -> String {
    record.kind.as_str().replace('-', "_")
}
