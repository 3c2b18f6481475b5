//! What is accepted from components that hand rows over.
//!
//! Pure: a batch comes in as topic words and bytes, rows go out.

use serde_json::Value;
use wire::bound::BATCH_RECORDS_MAX;
use wire::record::{Record, Records};
use wire::replica::DELETED;
use wire::{Code, Problem, Word, replica};

use crate::image::Columns;
use crate::relation::Relation;

/// What a record makes of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wish {
    /// The row shall have these columns.
    Put(Columns),
    /// The row with this key shall not be.
    Delete(String),
}

/// Reads a batch; the problem names the field at fault.
pub(crate) fn read(stream: &Word, body: &[u8]) -> Result<Vec<Record>, Problem> {
    if *stream != replica::rows() {
        let detail = "the stream is not \"rows\"";
        return Err(Problem::new(Code::NotFound, detail).at("stream"));
    }
    let Records { v: _, records } = wire::decode(body)?;
    if (1..=BATCH_RECORDS_MAX).contains(&records.len()) {
        return Ok(records);
    }
    let detail = format!("a batch holds 1 to {BATCH_RECORDS_MAX} records");
    Err(Problem::new(Code::Invalid, detail).at("records"))
}

/// The row of a record, and the table it belongs to; or why it cannot be one.
pub(crate) fn wish(relations: &[Relation], record: Record) -> Result<(&Relation, Wish), String> {
    let table = replica::table(&record);
    let relation = relations.iter().find(|relation| relation.name() == table);
    let relation = relation.ok_or_else(|| format!("there is no table {table}"))?;
    let mut columns = record.body;
    let deleted = columns.remove(DELETED) == Some(Value::Bool(true));
    let key = columns.get(&relation.key).and_then(Value::as_str);
    let key = key.ok_or_else(|| format!("{} is missing", relation.key))?;
    if deleted {
        return Ok((relation, Wish::Delete(key.to_owned())));
    }
    for (name, value) in &columns {
        let column = relation
            .column(name)
            .ok_or_else(|| format!("{table} has no column {name}"))?;
        if let Some(reason) = column.kind.refuses(value) {
            return Err(format!("{name} {reason}"));
        }
    }
    Ok((relation, Wish::Put(columns)))
}

#[cfg(test)]
mod tests;
