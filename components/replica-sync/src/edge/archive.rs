//! Files of backups: sealing and opening them, and the sums of tables that they are compared by.
//!
//! Used by the box, which seals, and by `edgectl`, which opens.

mod seal;
mod sums;

pub use seal::{NotARecipient, NotAnIdentity, OpenError, Opened, Recipient, Sealing, Secret, open};
pub use sums::{SumsError, sums};
