//! Who was here lately: for whom it makes sense to keep a message.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wire::credential::Standing;
use wire::{Component, Principal};

/// How long somebody is remembered: a tablet that sleeps overnight comes back in the morning.
const LIFE: Duration = Duration::from_hours(24);
/// Most that are remembered in one hotel: twice those who can be here at once.
const MOST: usize = 4_096;

/// Those of one hotel who were here and are away.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<Principal, Away>);

#[derive(Debug)]
struct Away {
    standing: Standing,
    since: Instant,
}

impl Known {
    /// Remembers somebody who goes; the one who went first is forgotten when there are too many.
    pub(crate) fn remember(&mut self, now: Instant, principal: Principal, standing: Standing) {
        self.0.retain(|_, away| now < away.since + LIFE);
        if self.0.len() >= MOST {
            let first = self.0.iter().min_by_key(|(_, away)| away.since);
            if let Some(first) = first.map(|(principal, _)| principal.clone()) {
                self.0.remove(&first);
            }
        }
        let away = Away {
            standing,
            since: now,
        };
        self.0.insert(principal, away);
    }

    /// Forgets somebody, who is here again or may not come back.
    pub(crate) fn forget(&mut self, principal: &Principal) {
        self.0.remove(principal);
    }

    /// What somebody who is away was when they were here; components are known without that.
    pub(crate) fn standing(&self, now: Instant, principal: &Principal) -> Option<Standing> {
        let away = self.0.get(principal).filter(|away| now < away.since + LIFE);
        away.map(|away| away.standing)
            .or_else(|| component(principal))
    }
}

/// The standing of a name that only a component can have.
pub(crate) fn component(principal: &Principal) -> Option<Standing> {
    let component = principal.as_str().parse::<Component>();
    component.is_ok().then_some(Standing::Component)
}

#[cfg(test)]
mod tests;
