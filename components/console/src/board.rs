//! How the components of the property are, as they last said.

use std::collections::BTreeMap;

use wire::Component;
use wire::status::Status;

/// The newest status of each component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Board(BTreeMap<Component, Status>);

impl Board {
    /// Takes what a component says of itself; nothing when its retained status was cleared.
    pub(crate) fn take(&mut self, component: Component, status: Option<Status>) {
        match status {
            Some(status) => drop(self.0.insert(component, status)),
            None => drop(self.0.remove(&component)),
        }
    }

    /// Every component that ever spoke, by name.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Component, &Status)> {
        self.0
            .iter()
            .map(|(component, status)| (*component, status))
    }
}

#[cfg(test)]
mod tests;
