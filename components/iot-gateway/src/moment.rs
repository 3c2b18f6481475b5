//! The present, as the rules are told it.

use std::time::Instant;

use wire::Integer;

/// The present, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix time in milliseconds; for records and expiries, never for order.
    pub wall: Integer,
    /// Never jumps.
    pub monotonic: Instant,
}
