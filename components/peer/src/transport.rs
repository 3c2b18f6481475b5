//! A reliable, ordered channel of frames to one other peer, whatever carries it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::handshake::Fingerprints;

pub mod memory;
pub mod webrtc;

/// A channel that is open. Frames arrive whole, once and in order.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a frame; waits while the other side is behind.
    async fn send(&self, frame: Vec<u8>) -> Result<(), Closed>;

    /// The next frame; none when the channel has closed. For one task only.
    async fn recv(&self) -> Option<Bytes>;

    /// Closes it on both sides.
    async fn close(&self);

    /// The certificates that encrypt it.
    fn fingerprints(&self) -> Fingerprints;

    /// Which way it takes, when that is known.
    async fn path(&self) -> Option<Path>;
}

/// The channel has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("channel is closed")]
pub struct Closed;

/// Which way a channel takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Where it leaves from.
    pub local: Candidate,
    /// Where it arrives.
    pub remote: Candidate,
    /// Bytes sent along it.
    pub bytes_sent: u64,
    /// Bytes received along it.
    pub bytes_received: u64,
}

/// One end of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// How it was found.
    pub kind: CandidateKind,
    /// Its address; browsers hide theirs.
    pub address: Option<String>,
}

/// How an end was found (RFC 8445 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// An address of the machine.
    Host,
    /// An address of its router.
    ServerReflexive,
    /// Seen by the other side first.
    PeerReflexive,
    /// An address of a relay.
    Relay,
}
