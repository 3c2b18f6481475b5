//! Who is there, by server.

use std::collections::BTreeMap;

use wire::Principal;
use wire::signaling::Peer;

/// Everybody that the joined servers have told of.
#[derive(Debug)]
pub(super) struct Roster(Vec<BTreeMap<Principal, Peer>>);

impl Roster {
    pub(super) fn new(servers: usize) -> Self {
        Self(vec![BTreeMap::new(); servers])
    }

    pub(super) fn welcome(&mut self, server: usize, peers: Vec<Peer>) {
        self.0[server] = peers
            .into_iter()
            .map(|peer| (peer.id.clone(), peer))
            .collect();
    }

    pub(super) fn joined(&mut self, server: usize, peer: Peer) {
        self.0[server].insert(peer.id.clone(), peer);
    }

    pub(super) fn left(&mut self, server: usize, peer: &Principal) {
        self.0[server].remove(peer);
    }

    pub(super) fn lost(&mut self, server: usize) {
        self.0[server].clear();
    }

    pub(super) fn has(&self, server: usize, peer: &Principal) -> bool {
        self.0[server].contains_key(peer)
    }

    pub(super) fn everybody(&self) -> BTreeMap<Principal, Peer> {
        self.0
            .iter()
            .rev()
            .flatten()
            .map(|(id, peer)| (id.clone(), peer.clone()))
            .collect()
    }
}
