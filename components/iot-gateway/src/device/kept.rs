//! What survives of a device.

use crate::desired::{Desired, Report};
use crate::presence::Birth;
use crate::stream::{Mark, Recent};

/// What is kept of a device through a restart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// Its last birth.
    pub birth: Option<Birth>,
    /// How far its stream is.
    pub mark: Option<Mark>,
    /// Digests of its last messages.
    pub recent: Recent,
    /// How many of its places are lost, ever.
    pub lost: u64,
    /// Its last report.
    pub report: Option<Report>,
    /// What it should become.
    pub desired: Desired,
}

impl Kept {
    /// What of it outlives the device's place in the registry.
    #[must_use]
    pub fn numbers(&self) -> Self {
        Self {
            mark: self.mark.clone(),
            recent: self.recent.clone(),
            lost: self.lost,
            ..Self::default()
        }
    }
}
