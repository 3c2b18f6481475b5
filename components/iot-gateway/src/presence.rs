//! Whether a device is there, and in which of its lives.

use std::collections::BTreeSet;

use wire::{Capability, Integer};

/// How news reached the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The device said it just now, or while the gateway was away.
    Live,
    /// The broker had kept it; a hint from before.
    Retained,
}

/// What a device says of itself at connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Its outbox store.
    pub boot: Integer,
    /// What it says it can do.
    pub capabilities: BTreeSet<Capability>,
    /// Firmware version.
    pub firmware: String,
}

/// What is heard of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It was born, or says again who it is.
    Birth(Birth, Origin),
    /// It is connected, or its last will says that it is not.
    Online {
        /// The outbox store at connect.
        boot: Integer,
        /// Which of the two.
        online: bool,
    },
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Keep the birth.
    Store(Birth),
    /// The device is connected, or was born again: tell it what it missed.
    Came,
    /// The device is gone.
    Went,
    /// A birth of an older life arrived: its store of numbers went backwards, or it is a replay.
    Stale {
        /// The life it speaks of.
        boot: Integer,
    },
}

/// Presence of one device.
///
/// ```text
/// unknown ──birth──▶ offline ──online, same boot──▶ online ──will, same boot──▶ offline
///                       ▲                              │
///                       └────── birth, higher boot ────┘
/// ```
///
/// Invariants: online only by a word of the current boot, heard since the start; the boot never
/// falls; a retained birth never replaces what is known of the same boot.
#[derive(Debug, Clone, Default)]
pub struct Presence {
    birth: Option<Birth>,
    /// The last word about being connected, of the current boot or of one to come.
    heard: Option<Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    boot: Integer,
    online: bool,
}

impl Presence {
    /// A device of which nothing is heard yet.
    pub fn resume(birth: Option<Birth>) -> Self {
        Self { birth, heard: None }
    }

    /// The last birth.
    pub fn birth(&self) -> Option<&Birth> {
        self.birth.as_ref()
    }

    /// The current boot, unless the device was never born.
    pub fn boot(&self) -> Option<Integer> {
        self.birth.as_ref().map(|birth| birth.boot)
    }

    /// Whether it is connected.
    pub fn is_online(&self) -> bool {
        self.heard
            .is_some_and(|heard| heard.online && Some(heard.boot) == self.boot())
    }

    /// Takes in what is heard.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let was_online = self.is_online();
        let mut effects = match input {
            Input::Birth(birth, origin) => self.bear(birth, origin),
            Input::Online { boot, online } => {
                self.hear(Heard { boot, online });
                Vec::new()
            }
        };
        match (was_online, self.is_online()) {
            (false, true) if !effects.contains(&Effect::Came) => effects.push(Effect::Came),
            (true, false) => effects.push(Effect::Went),
            (false, true | false) | (true, true) => {}
        }
        effects
    }

    fn bear(&mut self, birth: Birth, origin: Origin) -> Vec<Effect> {
        let known = self.boot();
        match origin {
            Origin::Live if known.is_some_and(|known| birth.boot < known) => {
                return vec![Effect::Stale { boot: birth.boot }];
            }
            Origin::Retained if known.is_some_and(|known| birth.boot <= known) => return vec![],
            Origin::Live | Origin::Retained => {}
        }
        let store = (self.birth.as_ref() != Some(&birth)).then(|| Effect::Store(birth.clone()));
        self.birth = Some(birth);
        let came = (origin == Origin::Live && self.is_online()).then_some(Effect::Came);
        store.into_iter().chain(came).collect()
    }

    fn hear(&mut self, heard: Heard) {
        if self.boot().is_none_or(|boot| boot <= heard.boot) {
            self.heard = Some(heard);
        }
    }
}

#[cfg(test)]
mod tests;
