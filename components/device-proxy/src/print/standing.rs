//! How a printer stands, as far as jobs are concerned.

use wire::print::{Held, Printer as Shown};
use wire::{Integer, Word};

use super::Token;

/// What a printer was last heard to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    /// What keeps it from printing.
    pub(crate) held: Option<Held>,
    /// Whether its paper comes to an end.
    pub(crate) paper_low: bool,
}

/// One printer.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Absent before the first contact.
    condition: Option<(Condition, Integer)>,
    /// Since when it is held without a break.
    held_since: Option<Integer>,
    pub(super) line: Line,
    /// Whether its link was told that there is work.
    pub(super) wanted: bool,
}

/// What is under way to a printer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    #[default]
    Free,
    /// An attempt, none of whose bytes the printer has taken.
    Begun(u64, Token),
    /// An attempt.
    Printing(u64, Token),
    /// An attempt whose proof is late; it may come as long as the link is open.
    Late(u64, Token),
}

impl Line {
    /// The attempt under way.
    pub(super) fn attempt(self) -> Option<(u64, Token)> {
        match self {
            Self::Free => None,
            Self::Begun(number, token)
            | Self::Printing(number, token)
            | Self::Late(number, token) => Some((number, token)),
        }
    }
}

impl Standing {
    pub(super) fn hear(&mut self, now: Integer, condition: Condition) {
        self.held_since = condition.held.map(|_| self.held_since.unwrap_or(now));
        self.condition = Some((condition, now));
    }

    /// Whether an attempt may begin now.
    pub(super) fn is_free(&self) -> bool {
        self.line == Line::Free && self.condition.is_some_and(|(is, _)| is.held.is_none())
    }

    /// How long it has been held without a break, in milliseconds.
    pub(super) fn held_ms(&self, now: Integer) -> u64 {
        let since = self.held_since.unwrap_or(now);
        now.value().saturating_sub(since.value())
    }

    /// What a job waits for that is to be printed here.
    pub(super) fn keeps_waiting(&self) -> Option<Held> {
        let held = self.condition.and_then(|(is, _)| is.held);
        held.or(match self.line {
            Line::Free => None,
            Line::Begun(..) | Line::Printing(..) => Some(Held::Queue),
            Line::Late(..) => Some(Held::Unconfirmed),
        })
    }

    pub(super) fn shown(&self, printer: &Word, waiting: u32) -> Shown {
        Shown {
            printer: printer.clone(),
            held: self.condition.and_then(|(is, _)| is.held),
            paper_low: self.condition.is_some_and(|(is, _)| is.paper_low),
            waiting,
            at: self.condition.map(|(_, at)| at),
        }
    }
}
