//! What a peer says about itself when it joins, held against its credential.

use wire::signaling::{CAPABILITIES_MAX, Join, Peer};
use wire::{Code, Problem, Text};

use crate::hotel::Member;

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Who, by credential and proof.
    pub(crate) member: Member,
    /// The same as others see it.
    pub(crate) peer: Peer,
}

impl Entry {
    /// Holds the words of `join` against the credential it came with.
    pub(crate) fn of(member: Member, join: Join) -> Result<Self, Problem> {
        let other_property = |given| given != &member.hotel.property;
        if join.property.as_ref().is_some_and(other_property) {
            return Err(other("property"));
        }
        if join
            .peer
            .as_ref()
            .is_some_and(|given| given != &member.principal)
        {
            return Err(other("peer"));
        }
        if join.capabilities.len() > CAPABILITIES_MAX {
            let detail = format!("more than {CAPABILITIES_MAX} capabilities");
            return Err(Problem::new(Code::TooLarge, detail).at("capabilities"));
        }
        let peer = Peer {
            id: member.principal.clone(),
            standing: member.standing,
            // What a guest is called is nobody's business.
            name: if member.standing.is_guest() {
                Text::default()
            } else {
                join.name
            },
            device_type: join.device_type,
            capabilities: join.capabilities,
        };
        Ok(Self { member, peer })
    }
}

fn other(field: &str) -> Problem {
    let detail = "not the one that the credential names";
    Problem::new(Code::Forbidden, detail).at(field)
}
