//! Who may say and hear what on the bus: one table, from which the broker's rules are rendered.
//!
//! Promises: whatever the table does not grant is denied; a grant is made of `wire` filters, so no
//! rule can name a topic that does not exist; the rendered rules and [`Policy::allows`] say the
//! same. A grant says what its holder does as a matter of course; what a *person* may do by way of
//! a component is that component's decision.

use std::collections::{BTreeMap, BTreeSet};

use wire::{Filter, Principal, PropertyId, Topic};

use crate::identity::Holder;

mod apply;
mod control;
mod dynamic_security;
mod table;

pub use apply::{ApplyError, apply};
pub use control::{LiveRules, PluginError, control_commands};
pub use dynamic_security::dynamic_security_json;
pub use table::EDGECTL;

/// What a principal does with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Says something there.
    Publish,
    /// Hears what is said there.
    Subscribe,
}

/// A permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// To publish to every topic of a filter.
    Publish(Filter),
    /// To subscribe to a filter, or to any part of it.
    Subscribe(Filter),
    /// To change the broker's rules while it runs: to send it commands and hear its answers.
    Control,
}

/// The permissions of everybody in one property.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    grants: BTreeMap<Principal, BTreeSet<Grant>>,
}

impl Policy {
    /// The policy of a property with these principals; whoever is granted nothing is left out.
    pub fn of(property: &PropertyId, holders: impl IntoIterator<Item = Holder>) -> Self {
        let grants = holders
            .into_iter()
            .map(|holder| (holder.principal(), table::grants(property, &holder)))
            .filter(|(_, grants)| !grants.is_empty())
            .collect();
        Self { grants }
    }

    /// The same without those who have no rights any more.
    #[must_use]
    pub fn without(mut self, gone: &[Principal]) -> Self {
        self.grants.retain(|principal, _| !gone.contains(principal));
        self
    }

    /// Everybody who is granted something, by id.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.grants.keys()
    }

    /// What is granted to a principal.
    pub fn grants(&self, principal: &Principal) -> impl Iterator<Item = &Grant> {
        self.grants.get(principal).into_iter().flatten()
    }

    /// Whether a principal may say or hear something on a topic.
    pub fn allows(&self, principal: &Principal, access: Access, topic: &Topic) -> bool {
        let topic = topic.to_string();
        self.grants(principal).any(|grant| match (grant, access) {
            (Grant::Publish(filter), Access::Publish)
            | (Grant::Subscribe(filter), Access::Subscribe) => filter.matches(&topic),
            (Grant::Publish(_), Access::Subscribe)
            | (Grant::Subscribe(_), Access::Publish)
            | (Grant::Control, Access::Publish | Access::Subscribe) => false,
        })
    }

    /// Whether a principal may change the broker's rules.
    pub fn may_control(&self, principal: &Principal) -> bool {
        self.grants(principal).any(|grant| *grant == Grant::Control)
    }
}

#[cfg(test)]
mod tests;
