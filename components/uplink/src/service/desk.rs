//! The questions that are being answered.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wire::{Principal, RequestId};

/// Most questions that are answered at the same time; others are refused as `busy`, because whoever
/// let them wait would in the end hold back everything else on the bus.
pub(super) const AT_ONCE: usize = 16;

/// Who asked, and the question's id.
pub(super) type Question = (Principal, RequestId);

/// The questions that are being answered.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<HashSet<Question>>);

/// What is done with a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is answered.
    Now,
    /// It is being answered already; that answer is for both.
    Already,
    /// It is refused: there are too many.
    Never,
}

impl Desk {
    /// Begins with a question, unless it is being answered or there are too many.
    pub(super) fn take(&self, question: &Question) -> Turn {
        let mut questions = self.lock();
        if questions.contains(question) {
            Turn::Already
        } else if questions.len() == AT_ONCE {
            Turn::Never
        } else {
            questions.insert(question.clone());
            Turn::Now
        }
    }

    /// Ends with a question.
    pub(super) fn clear(&self, question: &Question) {
        self.lock().remove(question);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Question>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
