//! The present, as rules see it.

use std::time::Instant;

use wire::Integer;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Unix time in milliseconds; what credentials count by.
    pub(crate) wall: Integer,
    /// Never jumps; what waits are measured by.
    pub(crate) monotonic: Instant,
}
