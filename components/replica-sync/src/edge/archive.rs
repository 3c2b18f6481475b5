//! Files of backups: sealing and opening them, the sums of tables that they are compared by, and the
//! programs that make and read what is in them.
//!
//! Used by the box, which seals, and by `edgectl`, which opens.

mod programs;
mod seal;
mod sums;

pub use programs::newest;
pub use seal::{NotARecipient, NotAnIdentity, OpenError, Opened, Recipient, Sealing, Secret, open};
pub use sums::{SumsError, sums};
