//! Peers of our hotel that announce themselves on the network.
//!
//! An announcement is a hint, and no more: who a peer is, it proves in its handshake.

use std::collections::BTreeMap;

use wire::{Principal, PropertyId};

/// Most announcements that are remembered: every native device of a large hotel.
const MOST: usize = 1_000;

/// The peers that announce themselves, by name of the announcement.
#[derive(Debug)]
pub(crate) struct Neighbours {
    property: PropertyId,
    ours: Principal,
    here: BTreeMap<String, Principal>,
}

/// What an announcement changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A peer was found.
    Found(Principal),
    /// A peer is gone.
    Lost(Principal),
}

impl Neighbours {
    /// Nobody yet; `ours` is the peer that we announce ourselves.
    pub(crate) fn new(property: PropertyId, ours: Principal) -> Self {
        Self {
            property,
            ours,
            here: BTreeMap::new(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.here.len()
    }

    /// Hears an announcement with the property and the peer it names.
    pub(crate) fn announced(&mut self, name: &str, property: &str, peer: &str) -> Option<Change> {
        let peer: Principal = peer.parse().ok()?;
        let foreign = property != self.property.as_str() || peer == self.ours;
        let known = self.here.contains_key(name);
        if foreign || (!known && self.here.len() >= MOST) {
            return None;
        }
        let before = self.here.insert(name.to_owned(), peer.clone());
        (before.as_ref() != Some(&peer)).then_some(Change::Found(peer))
    }

    /// Hears that an announcement was taken back or ran out.
    pub(crate) fn withdrawn(&mut self, name: &str) -> Option<Change> {
        self.here.remove(name).map(Change::Lost)
    }
}

#[cfg(test)]
mod tests;
