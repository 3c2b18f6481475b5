//! The steps of a first boot and their order.
//!
//! ```text
//! looks, at every run          acts, once each, kept in the journal
//! hardware ▸ clock ▸ network ▸ key ▸ certificate ▸ proof ▸ claim ▸ property ▸ nucleus ▸ deployment
//! ```
//!
//! Invariants: an act is begun only when everything before it is done; what is in the journal is
//! done, and is not done again; every run ends after at most one attempt at each step.

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::{Integer, Version};

use super::plan::Serial;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Processors, memory, disk.
    Hardware,
    /// The clock is not before the image.
    Clock,
    /// Names, a free way out, the cloud's MQTT; the clock agrees with others.
    Network,
    /// The box's key for the cloud.
    Key,
    /// The certificate for it, and the box's thing.
    Certificate,
    /// The certificate lets the box in.
    Proof,
    /// The claim is gone from the disk.
    Claim,
    /// The property's authority, or the wait for it.
    Property,
    /// Greengrass is configured and started.
    Nucleus,
    /// Every component is ready.
    Deployment,
}

impl Step {
    /// All, in order.
    pub(crate) const ALL: [Self; 10] = [
        Self::Hardware,
        Self::Clock,
        Self::Network,
        Self::Key,
        Self::Certificate,
        Self::Proof,
        Self::Claim,
        Self::Property,
        Self::Nucleus,
        Self::Deployment,
    ];

    /// Whether it only looks, so that an earlier look proves nothing.
    pub(crate) fn looks(self) -> bool {
        match self {
            Self::Hardware | Self::Clock | Self::Network => true,
            Self::Key
            | Self::Certificate
            | Self::Proof
            | Self::Claim
            | Self::Property
            | Self::Nucleus
            | Self::Deployment => false,
        }
    }

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Clock => "clock",
            Self::Network => "network",
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Proof => "proof",
            Self::Claim => "claim",
            Self::Property => "property",
            Self::Nucleus => "nucleus",
            Self::Deployment => "deployment",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    /// Which.
    pub step: Step,
    /// When, in Unix milliseconds of the box's clock.
    pub at: Integer,
    /// What came of it.
    pub detail: String,
}

/// What is done so far: the file that makes a first boot resumable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// Version of this file.
    pub v: Version<1>,
    /// Whose.
    pub serial: Serial,
    /// The acts that are done, in order.
    pub done: Vec<Done>,
}

impl Journal {
    /// Of a box that has done nothing yet.
    pub(crate) fn new(serial: Serial) -> Self {
        Self {
            v: Version,
            serial,
            done: Vec::new(),
        }
    }

    /// Whether nothing is left.
    pub(crate) fn is_complete(&self) -> bool {
        Step::ALL
            .into_iter()
            .filter(|step| !step.looks())
            .all(|step| self.has(step))
    }

    /// Whether an act is done.
    pub(crate) fn has(&self, step: Step) -> bool {
        self.done.iter().any(|done| done.step == step)
    }
}

/// One run over the steps.
#[derive(Debug)]
pub(crate) struct Run {
    /// What earlier runs did, and this one.
    pub journal: Journal,
    looked: Vec<Done>,
}

impl Run {
    /// Goes on where the journal ends.
    pub(crate) fn resume(journal: Journal) -> Self {
        Self {
            journal,
            looked: Vec::new(),
        }
    }

    /// The step to take now; none when all is done. A box that is done needs no more looks.
    pub(crate) fn next(&self) -> Option<Step> {
        if self.journal.is_complete() {
            return None;
        }
        Step::ALL.into_iter().find(|step| !self.did(*step))
    }

    /// Notes that a step was taken; says whether the journal has to be written.
    pub(crate) fn took(&mut self, done: Done) -> bool {
        let looks = done.step.looks();
        let list = if looks {
            &mut self.looked
        } else {
            &mut self.journal.done
        };
        list.push(done);
        !looks
    }

    /// What is known of a step.
    pub(crate) fn known(&self, step: Step) -> Option<&Done> {
        let mut all = self.looked.iter().chain(&self.journal.done);
        all.find(|done| done.step == step)
    }

    fn did(&self, step: Step) -> bool {
        self.known(step).is_some()
    }
}

#[cfg(test)]
mod tests;
