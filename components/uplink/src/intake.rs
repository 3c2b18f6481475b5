//! What is accepted from those who hand records over, and what is said about the rest.
//!
//! Pure: a batch comes in as topic words and bytes, a verdict goes out. Whether a batch was there
//! before is the spool's knowledge.

use wire::bound::{BATCH_RECORDS_MAX, BODY_MAX};
use wire::record::{Record, Records, Stream};
use wire::uplink::Line;
use wire::{BatchId, Code, Integer, Principal, Problem, Version, Word};

/// A batch that may be kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    /// Where it goes.
    pub(crate) stream: Stream,
    /// Who hands it over; the broker vouches for this word of the topic.
    pub(crate) principal: Principal,
    /// Its id.
    pub(crate) id: BatchId,
    /// 1 to [`BATCH_RECORDS_MAX`] records.
    pub(crate) records: Vec<Record>,
}

/// A batch that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Since now.
    Now,
    /// Since earlier: this is a repetition.
    Before,
}

impl Batch {
    /// Reads a batch; the problem names the field at fault.
    pub(crate) fn read(
        stream: &Word,
        principal: Principal,
        id: BatchId,
        body: &[u8],
    ) -> Result<Self, Problem> {
        let stream = stream
            .as_str()
            .parse()
            .map_err(|error| problem(Code::NotFound, "stream", error))?;
        let Records { v: _, records } = wire::decode(body)?;
        match records.len() {
            1..=BATCH_RECORDS_MAX => Ok(Self {
                stream,
                principal,
                id,
                records,
            }),
            0 => Err(problem(Code::Invalid, "records", "a batch holds a record")),
            count => Err(problem(
                Code::TooLarge,
                "records",
                format_args!("{count} records are more than {BATCH_RECORDS_MAX}"),
            )),
        }
    }

    /// The lines that the records become when the first of them gets the place `first`.
    ///
    /// A line is itself a body of the bus and must stay within its bound, so that whoever reads
    /// the object can read every line.
    pub(crate) fn lines(self, first: Integer) -> Result<Vec<Vec<u8>>, Problem> {
        let Self {
            principal,
            id,
            records,
            ..
        } = self;
        let mut lines = Vec::with_capacity(records.len());
        let mut place = first;
        for record in records {
            let line = wire::encode(&Line {
                v: Version,
                place,
                principal: principal.clone(),
                batch: id,
                record,
            });
            if line.len() > BODY_MAX {
                let field = format!("records[{}]", lines.len());
                let detail = format!("a line of {} bytes is larger than {BODY_MAX}", line.len());
                return Err(problem(Code::TooLarge, &field, detail));
            }
            lines.push(line);
            place = place.next();
        }
        Ok(lines)
    }
}

/// The batch's id was used before, for other bytes or another stream.
pub(crate) fn conflict() -> Problem {
    let detail = "the id belongs to a batch with other bytes or of another stream";
    problem(Code::Conflict, "batch", detail)
}

/// A stream has no room for so many bytes more.
pub(crate) fn full(stream: Stream, bytes: u64, quota: u64) -> Problem {
    let detail = format!("{bytes} bytes more do not fit what {stream} may hold, {quota}");
    Problem::new(Code::StorageFull, detail)
}

/// The disk has no room for so many bytes of a stream.
pub(crate) fn disk_full(stream: Stream, bytes: u64) -> Problem {
    let detail = format!("the disk has no room for {bytes} bytes more of {stream}");
    Problem::new(Code::StorageFull, detail)
}

fn problem(code: Code, field: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(code, detail.to_string()).at(field)
}

#[cfg(test)]
mod tests;
