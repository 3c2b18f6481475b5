//! A file that was handed over: what is accepted, what it is called in the bucket, and what follows
//! from each answer of S3.
//!
//! ```text
//! Look ──none──▶ Wait ─▶ Look
//!   └──one──▶ Send, or Begin ─▶ Parts ──stored──▶ Forget ─▶ Look
//!              │   ▲     ▲        │  ╲
//!              │   Rest ◀┴─failed─┤   name taken ─▶ Compare ──same──▶ Forget
//!              │                  └─refused──▶ Pass ─▶ the next in line, or Rest
//!              └──────── vanished or changed ──────────┘  └──different──▶ Rename, or Drop
//! ```
//!
//! Pure. One file at a time, the oldest first; one that somebody has to look at lets those behind it
//! pass, and is tried again when all of them were. Invariant: a file is removed only after an object
//! with its bytes is in the bucket, and every attempt for it has the same name, unless that name
//! was found to belong to something else. A file that is no longer what was handed over, and not in
//! the bucket either, is given up.

use std::time::Duration;

use wire::uplink::{FILE_MAX, FILE_NAME_MAX, File};
use wire::{Code, Integer, Principal, Problem, Sha256};

use crate::object::{Origin, day};
use crate::upload::{Answer, HOLD_MAX};

/// Bytes of one part: more than S3's least (5 MiB), little enough to be held in memory, and to be
/// begun anew where the line is bad.
pub(crate) const PART: u64 = 8 * 1024 * 1024;
/// Most files that wait: more than two months of nights.
pub(crate) const WAITING_MAX: u64 = 64;

/// A file that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handed {
    /// Who handed it over.
    pub(crate) principal: Principal,
    /// Where it is.
    pub(crate) path: String,
    /// Its digest, by which it is known.
    pub(crate) sha256: Sha256,
    /// Its size.
    pub(crate) bytes: u64,
    /// The object's name.
    pub(crate) key: String,
    /// When it was handed over.
    pub(crate) at: Integer,
    /// The upload in parts that was begun for it, if any.
    pub(crate) upload: Option<String>,
}

impl Handed {
    /// The file with its name in the bucket, which follows from the day.
    pub(crate) fn new(file: &File, principal: Principal, origin: &Origin, at: Integer) -> Self {
        Self {
            principal,
            path: file.path.clone(),
            sha256: file.sha256,
            bytes: file.bytes.value(),
            key: origin.file_name(at, &file.name),
            at,
            upload: None,
        }
    }

    /// The same under another name.
    pub(crate) fn renamed(self) -> Self {
        Self {
            key: format!("{}{AGAIN}", self.key),
            upload: None,
            ..self
        }
    }

    /// How many parts it has.
    pub(crate) fn parts(&self) -> u64 {
        self.bytes.div_ceil(PART)
    }

    /// Place and size of a part; parts count from 1, as in S3.
    pub(crate) fn part(&self, number: u64) -> (u64, u64) {
        let from = (number - 1) * PART;
        (from, PART.min(self.bytes - from))
    }

    /// Whether it goes as one.
    pub(crate) fn is_small(&self) -> bool {
        self.bytes <= PART
    }
}

/// What the name of a file gets whose own name belongs to something else.
const AGAIN: &str = ".again";

impl Origin {
    /// The name of an object that is a file.
    pub(crate) fn file_name(&self, at: Integer, name: &str) -> String {
        let Self { property, box_id } = self;
        let day = day(at);
        format!("v1/backup/property={property}/box={box_id}/{day}/{name}")
    }
}

/// Refuses a file that nobody can upload, by its field.
pub(crate) fn accept(file: &File) -> Result<(), Problem> {
    let size = file.bytes.value();
    if !(1..=FILE_MAX).contains(&size) {
        let detail = format!("{size} is not one of 1 to {FILE_MAX}");
        return Err(refused("bytes", detail));
    }
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    let begins = file
        .name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !begins || file.name.len() > FILE_NAME_MAX || !file.name.bytes().all(allowed) {
        let detail = format!(
            "is not 1 to {FILE_NAME_MAX} characters a-z, 0-9, dot or dash, a letter or digit first"
        );
        return Err(refused("name", detail));
    }
    Ok(())
}

/// A problem with a field of the request.
pub(crate) fn refused(field: &str, detail: impl Into<String>) -> Problem {
    Problem::new(Code::Invalid, detail).at(format!("body.{field}"))
}

/// What is done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// See what waits.
    Look,
    /// Wait for a file.
    Wait,
    /// End the upload in parts that an earlier run began.
    Abort(Handed),
    /// Upload the file as one.
    Send(Handed),
    /// Begin an upload in parts.
    Begin(Handed),
    /// Upload the parts that are missing, and put them together.
    Parts(Handed),
    /// See whether the object of that name is the file.
    Compare(Handed, Lost),
    /// Let those behind the file go first: somebody has to look at it.
    Pass(Handed),
    /// Give the file another name.
    Rename(Handed),
    /// Remember that it is uploaded, and remove it.
    Forget(Handed),
    /// Give it up.
    Drop(Handed),
    /// Leave the cloud alone for as long as it said, then go on.
    Hold(Duration, Box<Self>),
    /// Leave the cloud or the disk alone for a while, then go on.
    Rest(Box<Self>),
}

/// Whether the file itself is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It is.
    No,
    /// It vanished, or is something else.
    Yes,
}

/// Who waits beside a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The next one behind it.
    pub(crate) behind: Option<Handed>,
    /// Whether anybody waits before it.
    pub(crate) is_last_of_many: bool,
}

/// What came of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The bucket said so.
    Answered(Answer),
    /// The file is not what was handed over any more, and why.
    Unfit(String),
}

impl Sent {
    /// How many bytes of so many were sent.
    pub(crate) fn sent_bytes(&self, bytes: u64) -> u64 {
        match self {
            Self::Answered(answer) => answer.sent_bytes(bytes),
            Self::Unfit(_) => 0,
        }
    }
}

impl Step {
    /// After looking at what waits.
    pub(crate) fn found(oldest: Option<Handed>) -> Self {
        match oldest {
            None => Self::Wait,
            Some(file) if file.upload.is_some() => Self::Abort(file),
            Some(file) => Self::fresh(file),
        }
    }

    /// The first act for a file of which nothing is in the bucket.
    pub(crate) fn fresh(file: Handed) -> Self {
        let file = Handed {
            upload: None,
            ..file
        };
        if file.is_small() {
            Self::Send(file)
        } else {
            Self::Begin(file)
        }
    }

    /// After an upload: the one place that decides what is tried again.
    pub(crate) fn sent(file: Handed, sent: &Sent) -> Self {
        let answer = match sent {
            Sent::Unfit(_) => return Self::Compare(file, Lost::Yes),
            Sent::Answered(answer) => answer,
        };
        match answer {
            Answer::Stored | Answer::Same => Self::Forget(file),
            Answer::Taken => Self::Compare(file, Lost::No),
            Answer::Different => Self::Rename(file),
            // The upload in parts is not known any more.
            Answer::Gone => Self::fresh(file).later(),
            Answer::Throttled(_, wait) => {
                Self::Hold((*wait).min(HOLD_MAX), Box::new(Self::on(file).later()))
            }
            // Somebody has to look: a file that was promised is not given up for words.
            Answer::Rejected(_) | Answer::Refused(_) => Self::Pass(file),
            Answer::Raced | Answer::Busy(_) | Answer::Skewed(_) | Answer::Unreachable(_) => {
                Self::on(file).later()
            }
        }
    }

    /// After a comparison.
    pub(crate) fn compared(file: Handed, lost: Lost, answer: &Answer) -> Self {
        match (answer, lost) {
            (Answer::Stored | Answer::Same | Answer::Taken, _) => Self::Forget(file),
            (Answer::Different | Answer::Gone, Lost::Yes) => Self::Drop(file),
            (Answer::Different, Lost::No) => Self::Rename(file),
            (Answer::Gone, Lost::No) => Self::fresh(file).later(),
            (Answer::Rejected(_) | Answer::Refused(_), _) => Self::Pass(file),
            (
                Answer::Raced
                | Answer::Busy(_)
                | Answer::Throttled(..)
                | Answer::Skewed(_)
                | Answer::Unreachable(_),
                lost,
            ) => Self::Compare(file, lost).later(),
        }
    }

    /// After seeing who waits beside a file that somebody has to look at. At the end of the line there is
    /// a rest, however many were refused.
    pub(crate) fn passed(file: Handed, line: Line) -> Self {
        match (line.behind, line.is_last_of_many) {
            (Some(next), _) => Self::found(Some(next)),
            (None, true) => Self::Look.later(),
            (None, false) => Self::on(file).later(),
        }
    }

    /// The upload as far as it has come.
    fn on(file: Handed) -> Self {
        if file.upload.is_some() {
            Self::Parts(file)
        } else {
            Self::fresh(file)
        }
    }

    /// The same after a rest.
    pub(crate) fn later(self) -> Self {
        Self::Rest(Box::new(self))
    }
}

#[cfg(test)]
mod tests;
