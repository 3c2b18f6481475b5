//! How an active model does: its last runs, and when they say that it has gone bad.
//!
//! Invariant: a model is given up after [`FAILED_MAX`] failed or [`SLOW_MAX`] slow runs among the
//! last [`WINDOW`], and never for fewer.

use std::collections::VecDeque;

/// Runs that count: old failures are forgiven.
const WINDOW: usize = 64;
/// Failed runs among them that are too many: NaN, out of range, an error of the runtime.
const FAILED_MAX: usize = 4;
/// Slow runs among them that are too many: a busy machine makes some.
const SLOW_MAX: usize = 48;

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// It answered in its budget.
    Good,
    /// It answered, but took longer than its budget.
    Slow,
    /// It did not answer, or its answer is none.
    Failed,
}

/// Why a model is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    /// Too many runs failed.
    #[error("{FAILED_MAX} of its last {WINDOW} runs failed")]
    Failing,
    /// Too many runs were slow.
    #[error("{SLOW_MAX} of its last {WINDOW} runs were slower than its budget")]
    Slow,
}

/// The last runs of one version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vitals {
    runs: VecDeque<Run>,
    given_up: bool,
}

impl Vitals {
    /// Notes a run; says once that the model has gone bad.
    pub(crate) fn note(&mut self, run: Run) -> Option<Bad> {
        if self.runs.len() == WINDOW {
            self.runs.pop_front();
        }
        self.runs.push_back(run);
        let bad = self.bad().filter(|_| !self.given_up);
        self.given_up |= bad.is_some();
        bad
    }

    fn bad(&self) -> Option<Bad> {
        let count = |kind| self.runs.iter().filter(|run| **run == kind).count();
        if count(Run::Failed) >= FAILED_MAX {
            Some(Bad::Failing)
        } else if count(Run::Slow) >= SLOW_MAX {
            Some(Bad::Slow)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
