//! What components hand to `replica-sync`, rows of the hotel's database, and what can be asked of it.
//!
//! A record of the stream [`rows`] is a row: its kind names the table, its body holds columns by
//! name, with the key. A row that is there gets the columns that are given; a column that is not
//! given stays as it is. A body that says [`DELETED`] beside the key ends the row. The same again
//! changes nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::Integer;
use crate::digest::Sha256;
use crate::id::Word;
use crate::record::Record;

/// Operation: back the database up, now.
pub const BACKUP: &str = "backup";
/// The member that says of a row, with `true`, that it is no more.
pub const DELETED: &str = "_deleted";
/// Every operation of `replica-sync`.
pub const OPERATIONS: &[&str] = &[BACKUP];

/// Reply to [`BACKUP`]: the backup that was made, sealed on the disk and on its way to the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// Name of its file.
    pub name: String,
    /// The moment whose rows it holds, in Unix milliseconds.
    pub at: Integer,
    /// Digest of the file.
    pub sha256: Sha256,
    /// Size of the file.
    pub bytes: Integer,
    /// Tables in it.
    pub tables: Integer,
    /// Rows of all of them.
    pub rows: Integer,
    /// How long it took, in milliseconds.
    pub took_ms: Integer,
}

/// The stream of records that are rows.
pub fn rows() -> Word {
    "rows".parse().expect("the name is a word")
}

/// Columns by name, as the record of a row holds them.
pub fn columns<const N: usize>(columns: [(&str, Value); N]) -> Map<String, Value> {
    let named = columns.map(|(name, value)| (name.to_owned(), value));
    named.into_iter().collect()
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
