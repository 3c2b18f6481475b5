//! What becomes of a message.

use wire::Integer;

use super::Range;

/// Where a message stands in its device's outbox, as the message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The outbox store.
    pub boot: Integer,
    /// The place in it.
    pub seq: Integer,
    /// The lowest place still held, when the device gave lower ones up; never above `seq`.
    pub oldest_seq: Option<Integer>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is new: store it.
    Accepted,
    /// It was accepted before, or is declared lost: answer, do not store.
    Duplicate,
    /// Its place holds another message: do not store.
    Conflict,
    /// It belongs to an outbox store that the device has replaced.
    Stale,
    /// Taking it would leave more gaps than can be remembered: the device must send it again.
    Untaken,
}

/// Places of one outbox store that will never be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The outbox store.
    pub boot: Integer,
    /// The places.
    pub places: Range,
}

/// What a message means for the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What to do with the message.
    pub verdict: Verdict,
    /// What is lost from now on, whatever the verdict.
    pub lost: Vec<Lost>,
}
