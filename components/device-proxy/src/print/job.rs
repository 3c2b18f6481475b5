//! One print job, as the disk holds it.

use std::sync::Arc;

use wire::print::{Document, Job, JobState};
use wire::{Code, Integer, JobId, Principal, Problem, Sha256, Version, Word};

use super::Token;

/// Names a job: ids are chosen by whoever prints, one name space each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) principal: Principal,
    pub(crate) job: JobId,
}

/// A job, as the disk holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Its place in the order of acceptance.
    pub(crate) number: u64,
    pub(crate) key: Key,
    pub(crate) route: Word,
    /// By which a conflict is told.
    pub(crate) content: Sha256,
    /// What is printed; absent when the job has ended.
    pub(crate) document: Option<Arc<Document>>,
    /// What it takes on the disk while it has not ended.
    pub(crate) bytes: u64,
    pub(crate) copies: u8,
    /// Copies that are done with.
    pub(crate) printed: u8,
    pub(crate) accepted_at: Integer,
    pub(crate) expires_at: Integer,
    /// When it came to its stage.
    pub(crate) at: Integer,
    pub(crate) attempts: u32,
    /// How often the copy in hand may have printed already.
    pub(crate) doubts: u32,
    /// The printer on which the copy in hand may lie already; it is printed nowhere else.
    pub(crate) bound_to: Option<Word>,
    /// Whether any of it was printed with the mark.
    pub(crate) marked: bool,
    pub(crate) stage: Stage,
}

/// How far a job is on the disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// Nothing of the copy in hand is under way.
    Waiting,
    /// Bytes may be on their way.
    Attempt(Attempt),
    /// Bytes were sent and no proof came.
    Unconfirmed(Attempt),
    /// Nothing more will happen.
    Ended {
        end: End,
        /// Where it was printed or tried last.
        printer: Option<Word>,
    },
}

/// One go at printing a copy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) printer: Word,
    pub(crate) token: Token,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    Done,
    SentUnverified,
    Failed(Problem),
    Expired,
    Cancelled,
}

impl Entry {
    /// Whether it opens a drawer, which nothing may do twice and nothing stands in for.
    pub(super) fn is_drawer(&self) -> bool {
        matches!(self.document.as_deref(), Some(Document::Drawer { .. }))
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }

    /// Where it is, was or was tried last.
    pub(crate) fn printer(&self) -> Option<&Word> {
        match &self.stage {
            Stage::Waiting => self.bound_to.as_ref(),
            Stage::Attempt(attempt) | Stage::Unconfirmed(attempt) => Some(&attempt.printer),
            Stage::Ended { printer, .. } => printer.as_ref(),
        }
    }

    /// The attempt whose outcome is not known.
    pub(crate) fn open_attempt(&self) -> Option<&Attempt> {
        match &self.stage {
            Stage::Attempt(attempt) | Stage::Unconfirmed(attempt) => Some(attempt),
            Stage::Waiting | Stage::Ended { .. } => None,
        }
    }

    /// Whether something of it lies on a printer, or may lie there.
    pub(super) fn may_have_printed(&self) -> bool {
        self.printed > 0 || self.doubts > 0 || self.open_attempt().is_some()
    }

    /// Ends it; what was to be printed is forgotten.
    pub(super) fn end(&mut self, now: Integer, end: End) {
        let printer = self.printer().cloned();
        self.document = None;
        self.bytes = 0;
        self.come_to(now, Stage::Ended { end, printer });
    }

    pub(super) fn come_to(&mut self, now: Integer, stage: Stage) {
        self.at = now;
        self.stage = stage;
    }

    /// As it is shown, in the state that it is shown in since `at`.
    pub(super) fn shown(&self, state: JobState, at: Integer) -> Job {
        Job {
            v: Version,
            job: self.key.job,
            principal: self.key.principal.clone(),
            route: self.route.clone(),
            printer: self.printer().cloned(),
            state,
            attempts: self.attempts,
            marked: self.marked,
            content: self.content,
            accepted_at: self.accepted_at,
            at,
        }
    }
}

impl End {
    pub(super) fn shown(&self) -> JobState {
        match self {
            Self::Done => JobState::Done,
            Self::SentUnverified => JobState::SentUnverified,
            Self::Failed(problem) => JobState::Failed {
                problem: problem.clone(),
            },
            Self::Expired => JobState::Expired,
            Self::Cancelled => JobState::Cancelled,
        }
    }

    /// The end of a job that was to be given up and may lie on a printer all the same.
    pub(super) fn given_up(code: Code, why: &str) -> Self {
        Self::Failed(Problem::new(
            code,
            format!("it may lie on the printer; {why}"),
        ))
    }
}
