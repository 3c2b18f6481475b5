//! Digests of the last messages, so that a repetition is told from a contradiction.

use wire::{Sha256, ShortSha256};

/// How many digests are remembered for one device.
pub const RECENT_MAX: u64 = 256;

/// The digest of the highest accepted place in each of [`RECENT_MAX`] slots, place modulo slots:
/// at least those of the last [`RECENT_MAX`] places, as short as in its records. At most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recent {
    /// Places and their digests, by slot.
    held: Vec<(u64, ShortSha256)>,
}

impl Recent {
    /// The slot of a place.
    pub fn slot(place: u64) -> u64 {
        place % RECENT_MAX
    }

    /// Whether this is the digest of a place; nothing if that is not remembered.
    pub fn matches(&self, place: u64, sha256: Sha256) -> Option<bool> {
        let (held, digest) = self.held[self.find(place).ok()?];
        (held == place).then(|| digest == sha256.short())
    }

    /// Whether a digest is remembered for a place.
    pub fn remembers(&self, place: u64) -> bool {
        self.find(place).is_ok_and(|at| self.held[at].0 == place)
    }

    /// Remembers a digest, unless its slot holds that of a higher place.
    pub fn insert(&mut self, place: u64, sha256: Sha256) {
        let new = (place, sha256.short());
        match self.find(place) {
            Ok(at) if self.held[at].0 <= place => self.held[at] = new,
            Ok(_) => {}
            Err(at) => self.held.insert(at, new),
        }
    }

    /// Where the slot of a place is, or belongs.
    fn find(&self, place: u64) -> Result<usize, usize> {
        let slot = Self::slot(place);
        self.held
            .binary_search_by_key(&slot, |(held, _)| Self::slot(*held))
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
