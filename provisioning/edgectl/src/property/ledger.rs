//! Every id ever given away: one namespace for components, devices, peers and operators.

use std::collections::BTreeMap;

use kit::identity::{Holder, PrincipalKind};
use kit::policy::EDGECTL;
use serde::{Deserialize, Serialize};
use wire::{Component, DeviceId, Principal, Version, Word};

use super::Change;

/// Who holds which id; only ever grows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ledger {
    /// Version of this record.
    v: Version<1>,
    principals: BTreeMap<Principal, PrincipalKind>,
}

impl Ledger {
    /// Every id of a kind.
    pub(crate) fn of_kind(&self, kind: PrincipalKind) -> impl Iterator<Item = &Principal> {
        self.principals
            .iter()
            .filter(move |(_, held)| **held == kind)
            .map(|(id, _)| id)
    }

    /// Everybody.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        let holder = |(id, kind): (&Principal, &PrincipalKind)| {
            Some(match kind {
                PrincipalKind::Component => Holder::Component(id.as_str().parse().ok()?),
                PrincipalKind::Device => Holder::Device(DeviceId::from(Word::from(id.clone()))),
                PrincipalKind::Peer => Holder::Peer(id.clone()),
                PrincipalKind::Operator => Holder::Operator(id.clone()),
            })
        };
        self.principals.iter().filter_map(holder).collect()
    }

    /// Gives ids to their holders, to all or to none.
    pub(crate) fn add(&mut self, holders: &[Holder]) -> Result<Change, Taken> {
        for holder in holders {
            self.refuse_taken(&holder.principal(), holder.kind())?;
        }
        let before = self.principals.len();
        let entries = holders
            .iter()
            .map(|holder| (holder.principal(), holder.kind()));
        self.principals.extend(entries);
        Ok(if self.principals.len() > before {
            Change::Made
        } else {
            Change::None
        })
    }

    fn refuse_taken(&self, id: &Principal, wanted: PrincipalKind) -> Result<(), Taken> {
        let held = reserved(id).or_else(|| self.principals.get(id).copied());
        match held {
            Some(held) if held != wanted => Err(Taken {
                id: id.clone(),
                held,
                wanted,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// The kind for which an id is set aside in every property.
fn reserved(id: &Principal) -> Option<PrincipalKind> {
    if id.as_str().parse::<Component>().is_ok() {
        Some(PrincipalKind::Component)
    } else {
        (id.as_str() == EDGECTL).then_some(PrincipalKind::Operator)
    }
}

/// The id belongs to somebody else, now or once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("id {id} is set aside for kind {held} and cannot be given to kind {wanted}")]
pub(crate) struct Taken {
    id: Principal,
    held: PrincipalKind,
    wanted: PrincipalKind,
}
