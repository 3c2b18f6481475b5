//! The upload of one stream, batch after batch.
//!
//! ```text
//! Resume ─▶ Look ──not due──▶ Wait ─▶ Look
//!             └──due──▶ Seal ─▶ Send ──stored──▶ Forget ─▶ Look
//!                                │ ▲ ╲
//!                         failed │ │  name taken
//!                                ▼ │   ▼
//!                               Rest  Compare ──same──▶ Forget
//!                                      └──different──▶ Rename ─▶ Rest ─▶ Send
//!      Send ──never to be taken──▶ SetAside ─▶ Look
//!      Send ──"later", with a time──▶ Hold ─▶ Rest ─▶ Send
//! ```
//!
//! A step is an act that the service carries out; what came of it decides the next. There is
//! always exactly one, so a stream has at most one batch under way and its order is kept. Any
//! step may fail; then it is taken again after a rest. Invariant: a place leaves the spool only
//! after an object that holds it is in the bucket, or for the shelf of batches that are set aside;
//! and every attempt for it has the same name, unless that name was found to belong to something
//! else.

use std::time::Duration;

use wire::Integer;

use crate::batch::{Due, Limits, Waiting};
use crate::object::Sealed;

/// What the words of a failure hold when there was no connection.
const NO_CONNECTION: &str = "(Connect)";
/// Longest time that the bucket is left alone because it said so: somebody who says a year is
/// mistaken.
pub(crate) const HOLD_MAX: Duration = Duration::from_mins(15);

/// What is done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Find the batch that was sealed before the program ended.
    Resume,
    /// See what waits.
    Look,
    /// Wait for records or a drain, at most so long; without end when nothing waits.
    Wait(Option<Duration>),
    /// Make a batch of the oldest records and put it on the disk.
    Seal,
    /// Upload the batch unless its name is taken.
    Send(Sealed),
    /// See whether the object of that name is the batch.
    Compare(Sealed),
    /// Give the batch another body and with it another name.
    Rename(Sealed),
    /// Forget the batch and its records.
    Forget(Sealed),
    /// Keep the batch where it holds up nothing, because the bucket will never take it.
    SetAside(Sealed, String),
    /// Leave the cloud alone for as long as it said, whatever else happens, then go on.
    Hold(Duration, Box<Self>),
    /// Leave the cloud or the disk alone for a while, then go on.
    Rest(Box<Self>),
}

/// What the bucket said to an upload or a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The object is stored.
    Stored,
    /// The name is taken.
    Taken,
    /// The object of that name is the batch.
    Same,
    /// The object of that name is something else.
    Different,
    /// There is no object of that name any more.
    Gone,
    /// Somebody else wrote at the same time.
    Raced,
    /// It cannot work now: throttled, or out of order.
    Busy(String),
    /// Likewise, and it said for how long.
    Throttled(String, Duration),
    /// Our clock is too far from its own; what is signed from now on bears its time.
    Skewed(String),
    /// It will never take this batch, whatever happens elsewhere.
    Rejected(String),
    /// It does not want to: no permission, no such bucket.
    Refused(String),
    /// There was none, or none that makes sense.
    Unreachable(String),
}

/// Whether anybody has to care about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concern {
    /// It went well.
    None,
    /// It will pass.
    Watch,
    /// Somebody has to act.
    Act,
}

impl Step {
    /// After looking for a batch that was sealed before.
    pub(crate) fn resumed(sealed: Option<Sealed>) -> Self {
        sealed.map_or(Self::Look, Self::Send)
    }

    /// After looking at what waits.
    pub(crate) fn looked(
        limits: &Limits,
        now: Integer,
        waiting: Option<&Waiting>,
        drain_through: u64,
    ) -> Self {
        match waiting.map(|waiting| limits.due(now, waiting, drain_through)) {
            None => Self::Wait(None),
            Some(Due::In(wait)) => Self::Wait(Some(wait)),
            Some(Due::Now) => Self::Seal,
        }
    }

    /// After the bucket answered about a batch: the one place that decides what is tried again.
    pub(crate) fn answered(sealed: Sealed, answer: &Answer) -> Self {
        match answer {
            Answer::Stored | Answer::Same => Self::Forget(sealed),
            Answer::Taken => Self::Compare(sealed),
            Answer::Different => Self::Rename(sealed),
            Answer::Gone
            | Answer::Raced
            | Answer::Busy(_)
            | Answer::Skewed(_)
            | Answer::Refused(_)
            | Answer::Unreachable(_) => Self::Send(sealed).later(),
            Answer::Throttled(_, wait) => {
                Self::Hold((*wait).min(HOLD_MAX), Box::new(Self::Send(sealed).later()))
            }
            Answer::Rejected(why) => Self::SetAside(sealed, why.clone()),
        }
    }

    /// The same after a rest.
    pub(crate) fn later(self) -> Self {
        Self::Rest(Box::new(self))
    }
}

impl Answer {
    /// The answer as a metric's label.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Taken => "taken",
            Self::Same => "same",
            Self::Different => "different",
            Self::Gone => "gone",
            Self::Raced => "raced",
            Self::Busy(_) => "busy",
            Self::Throttled(..) => "throttled",
            Self::Skewed(_) => "skewed",
            Self::Rejected(_) => "rejected",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
        }
    }

    /// Who has to do something about it.
    pub(crate) fn concern(&self) -> Concern {
        match self {
            Self::Stored | Self::Same | Self::Taken => Concern::None,
            Self::Unreachable(_)
            | Self::Busy(_)
            | Self::Throttled(..)
            | Self::Skewed(_)
            | Self::Raced
            | Self::Gone => Concern::Watch,
            Self::Refused(_) | Self::Rejected(_) | Self::Different => Concern::Act,
        }
    }

    /// Whether it came from the cloud.
    pub(crate) fn is_from_the_cloud(&self) -> bool {
        !matches!(self, Self::Unreachable(_))
    }

    /// How many bytes of a body of so many were sent before this came back, at most: none when there
    /// was not even a connection.
    pub(crate) fn sent_bytes(&self, body: u64) -> u64 {
        match self {
            Self::Unreachable(why) if why.contains(NO_CONNECTION) => 0,
            _ => body,
        }
    }

    /// Why the batch is not there yet; empty when it is.
    pub(crate) fn complaint(&self) -> &str {
        match self {
            Self::Stored | Self::Same | Self::Taken => "",
            Self::Gone => "the object vanished while it was looked at",
            Self::Different => "another object has the name of a batch",
            Self::Raced => "somebody else writes the same object",
            Self::Busy(why)
            | Self::Throttled(why, _)
            | Self::Skewed(why)
            | Self::Rejected(why)
            | Self::Refused(why)
            | Self::Unreachable(why) => why,
        }
    }
}

#[cfg(test)]
mod tests;
