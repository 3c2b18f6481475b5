//! What one peer says to another through the server.

use wire::signaling::{Candidate, Sdp, ServerMessage};
use wire::{ConnectionId, Integer, Principal};

/// Room for the names and numbers around a description or candidate, in bytes.
const ENVELOPE: usize = 256;

/// A message from one peer to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Proposes a connection.
    Offer(Sdp),
    /// Accepts one.
    Answer(Sdp),
    /// A way to be reached.
    Candidate(Candidate),
}

impl Signal {
    /// For whom it is.
    pub(crate) fn to(&self) -> Option<&Principal> {
        match self {
            Self::Offer(sdp) | Self::Answer(sdp) => sdp.to.as_ref(),
            Self::Candidate(candidate) => candidate.to.as_ref(),
        }
    }

    /// Which attempt it belongs to.
    pub(crate) fn connection(&self) -> ConnectionId {
        match self {
            Self::Offer(sdp) | Self::Answer(sdp) => sdp.connection,
            Self::Candidate(candidate) => candidate.connection,
        }
    }

    /// Which negotiation of it.
    pub(crate) fn negotiation(&self) -> Integer {
        match self {
            Self::Offer(sdp) | Self::Answer(sdp) => sdp.negotiation,
            Self::Candidate(candidate) => candidate.negotiation,
        }
    }

    /// The same with its sender's name, whatever the sender wrote there.
    pub(crate) fn sent_by(mut self, principal: &Principal) -> Self {
        match &mut self {
            Self::Offer(sdp) | Self::Answer(sdp) => {
                sdp.from = Some(principal.clone());
                sdp.queued_ms = None;
            }
            Self::Candidate(candidate) => candidate.from = Some(principal.clone()),
        }
        self
    }

    /// The same after it waited; a candidate does not say for how long.
    pub(crate) fn after(mut self, queued_ms: Integer) -> Self {
        match &mut self {
            Self::Offer(sdp) | Self::Answer(sdp) => sdp.queued_ms = Some(queued_ms),
            Self::Candidate(_) => {}
        }
        self
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let said = match self {
            Self::Offer(sdp) | Self::Answer(sdp) => sdp.sdp.len(),
            Self::Candidate(candidate) => candidate
                .candidate
                .as_ref()
                .map_or(0, |candidate| candidate.candidate.len()),
        };
        said + ENVELOPE
    }

    /// What sort it is, for metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Offer(_) => "offer",
            Self::Answer(_) => "answer",
            Self::Candidate(_) => "candidate",
        }
    }
}

impl From<Signal> for ServerMessage {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Offer(sdp) => Self::Offer(sdp),
            Signal::Answer(sdp) => Self::Answer(sdp),
            Signal::Candidate(candidate) => Self::IceCandidate(candidate),
        }
    }
}
