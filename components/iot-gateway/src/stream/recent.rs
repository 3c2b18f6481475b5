//! Digests of the last messages, so that a repetition is told from a contradiction.

use std::collections::BTreeMap;

use wire::Sha256;

/// How many digests are remembered for one device.
pub const RECENT_MAX: u64 = 256;

/// The digest of the highest accepted place in each of [`RECENT_MAX`] slots, place modulo slots:
/// at least those of the last [`RECENT_MAX`] places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recent(BTreeMap<u64, (u64, Sha256)>);

impl Recent {
    /// The slot of a place.
    pub fn slot(place: u64) -> u64 {
        place % RECENT_MAX
    }

    /// The digest of a place, if it is remembered.
    pub fn digest(&self, place: u64) -> Option<Sha256> {
        let (held, sha256) = self.0.get(&Self::slot(place))?;
        (*held == place).then_some(*sha256)
    }

    /// Remembers a digest, unless its slot holds that of a higher place.
    pub fn insert(&mut self, place: u64, sha256: Sha256) {
        let held = self.0.entry(Self::slot(place)).or_insert((place, sha256));
        if held.0 <= place {
            *held = (place, sha256);
        }
    }
}

impl FromIterator<(u64, Sha256)> for Recent {
    fn from_iter<I: IntoIterator<Item = (u64, Sha256)>>(digests: I) -> Self {
        let mut recent = Self::default();
        for (place, sha256) in digests {
            recent.insert(place, sha256);
        }
        recent
    }
}
