//! The place of one model: who answers now, and what is known of its versions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use wire::inference::{Model, Quarantined};
use wire::{Integer, Sha256, Word};

use crate::edge::runner::Runner;
use crate::manifest::Manifest;
use crate::vitals::Vitals;

/// A version at work.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) digest: Sha256,
    pub(crate) runner: Runner,
    pub(crate) vitals: Mutex<Vitals>,
}

impl Active {
    pub(crate) fn version(&self) -> u32 {
        self.manifest.version
    }

    pub(crate) fn vitals(&self) -> MutexGuard<'_, Vitals> {
        self.vitals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one model.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) name: Word,
    active: RwLock<Option<Arc<Active>>>,
    known: Mutex<Known>,
}

/// What the disk says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) previous: Option<u32>,
    pub(crate) quarantined: Vec<(u32, String)>,
}

impl Slot {
    pub(crate) fn new(name: Word) -> Self {
        Self {
            name,
            active: RwLock::default(),
            known: Mutex::default(),
        }
    }

    /// Who answers now; questions that it has taken in it answers, whoever comes after it.
    pub(crate) fn active(&self) -> Option<Arc<Active>> {
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        active.clone()
    }

    /// Lets another version answer, or none; returns the one that did.
    pub(crate) fn put(&self, active: Option<Arc<Active>>) -> Option<Arc<Active>> {
        let mut place = self.active.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, active)
    }

    pub(crate) fn learn(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// As it is told.
    pub(crate) fn tell(&self) -> Model {
        let active = self.active();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let quarantined = known
            .quarantined
            .iter()
            .map(|(version, reason)| Quarantined {
                version: Integer::from(*version),
                reason: reason.clone(),
            });
        Model {
            name: self.name.clone(),
            version: active.as_ref().map(|active| active.version().into()),
            digest: active.as_ref().map(|active| active.digest),
            previous: known.previous.map(Integer::from),
            quarantined: quarantined.collect(),
            degraded: active.is_none(),
        }
    }
}
