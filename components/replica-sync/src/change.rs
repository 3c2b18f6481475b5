//! What edge and hub send each other: batches of row states, as lines of JSON.
//!
//! ```text
//! {"v":1,"batch":…,"epoch":…,"xid":…,"seq":…}      where the sender will have got with this batch
//! {"relation":"rooms","id":…,"image":{…}}          one line a row
//! ```
//!
//! Pure.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::{BatchId, Code, Problem, Version};

use crate::image::Image;
use crate::place::Checkpoint;

/// Most lines of one batch.
pub(crate) const ROWS_MAX: usize = 5_000;
/// Largest batch before compression, in bytes.
pub(crate) const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The first line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Version of the form.
    pub(crate) v: Version<1>,
    /// The same again is the same batch.
    pub(crate) batch: BatchId,
    /// Everything of the sender up to here is in this batch or in one before.
    #[serde(flatten)]
    pub(crate) through: Checkpoint,
    /// Whether there is more to be had at once.
    #[serde(default)]
    pub(crate) more: bool,
}

/// The state of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Name of the table.
    pub(crate) relation: String,
    /// Key of the row.
    pub(crate) id: String,
    /// Whose row it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// What it is.
    pub(crate) image: Image,
}

/// A batch that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub(crate) header: Header,
    pub(crate) changes: Vec<Change>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Applied {
    /// Rows that are now as they were sent, or newer values of them.
    pub(crate) written: u64,
    /// Rows of which nothing was newer.
    pub(crate) superseded: u64,
    /// Rows that wait for a row they refer to.
    pub(crate) pending: u64,
    /// Rows that the database refused, by table and key.
    #[serde(default)]
    pub(crate) rejected: Vec<Rejected>,
    /// Rows whose stamps lay too far in the future, as they are now: the sender adopts them.
    #[serde(default)]
    pub(crate) restamped: Vec<Change>,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) relation: String,
    pub(crate) id: String,
    pub(crate) problem: Problem,
}

impl Batch {
    /// The batch as lines.
    pub(crate) fn lines(&self) -> Vec<u8> {
        let mut text = wire::encode(&self.header);
        text.push(b'\n');
        for change in &self.changes {
            text.extend(wire::encode(change));
            text.push(b'\n');
        }
        text
    }

    /// Reads lines; a problem names the line at fault, the header being line 1.
    pub(crate) fn read(text: &[u8]) -> Result<Self, Problem> {
        let mut lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let header = read_line(1, lines.next().unwrap_or_default())?;
        let changes = lines
            .enumerate()
            .map(|(number, text)| read_line(number + 2, text));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        if changes.len() > ROWS_MAX {
            let detail = format!("a batch has at most {ROWS_MAX} rows");
            return Err(Problem::new(Code::TooLarge, detail));
        }
        Ok(Self { header, changes })
    }
}

/// Reads a line. What a hotel keeps in a column is its own business: the batch is bounded, and a
/// line only by it.
fn read_line<T: DeserializeOwned>(number: usize, text: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(text).map_err(|error| {
        let problem = Problem::new(Code::Malformed, error.to_string());
        problem.at(format!("line {number}"))
    })
}

#[cfg(test)]
mod tests;
