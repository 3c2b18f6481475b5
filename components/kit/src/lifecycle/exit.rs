//! How a component's process ends, for the supervisor that started it.

/// Stopped because it was asked to.
pub const STOPPED: u8 = 0;
/// Failed; starting again may help.
pub const FAILED: u8 = 1;
/// `EX_TEMPFAIL` of sysexits(3): put its work down in order and wants to be started again, because its
/// configuration changed or the nucleus was lost.
pub const AGAIN: u8 = 75;
/// `EX_NOPERM`: the nucleus knows this start no more; only the nucleus can make a new one.
pub const ORPHANED: u8 = 77;
/// `EX_CONFIG`: the configuration cannot work and none that did is kept; starting again will not help.
pub const CONFIGURATION: u8 = 78;
