//! Why the server ends a session, as the closing frame says it (RFC 6455 §7.4).

use wire::signaling::REPLACED;

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Closing {
    /// The peer said that it goes.
    Left,
    /// The server goes down; another time, or another server.
    Stopped,
    /// The peer was not let in.
    Refused,
    /// The same peer joined again; whoever is told so must not come back by itself.
    Replaced,
    /// The peer fell silent, or did not join in time.
    Silent,
    /// The credential's time, or the peer's right, is over.
    Revoked,
    /// The peer spoke too fast, for too long.
    Hasty,
    /// The peer does not take what it is sent.
    Slow,
}

impl Closing {
    /// The code of the frame; those from 4000 on are ours.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::Stopped => 1001,
            Self::Refused => 1008,
            Self::Replaced => REPLACED,
            Self::Silent => 4002,
            Self::Revoked => 4003,
            Self::Hasty => 4004,
            Self::Slow => 4005,
        }
    }

    /// The same as a word, for frames, logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Replaced => "replaced",
            Self::Silent => "silent",
            Self::Revoked => "revoked",
            Self::Hasty => "hasty",
            Self::Slow => "slow",
        }
    }
}
