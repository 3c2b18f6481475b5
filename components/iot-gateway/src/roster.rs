//! The devices that the registry knows, and the numbers of those that it knew.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::time::Instant;

use wire::DeviceId;
use wire::registry::RegisteredDevice;

use crate::device::{Device, Input, Kept};
use crate::effect::{Change, Effect, Note, Saying};
use crate::moment::Moment;
use crate::registry;

/// Devices by id.
///
/// Invariants: a device is known while the registry names it, and has no state otherwise; its
/// numbers go on if it comes back, because it has forgotten what it was told to be received.
#[derive(Debug, Default)]
pub struct Roster {
    devices: BTreeMap<DeviceId, Device>,
    /// Numbers of devices taken out of the registry.
    retired: BTreeMap<DeviceId, Kept>,
    /// Devices that asked for a moment.
    waking: BTreeSet<DeviceId>,
}

impl Roster {
    /// Goes on with what was kept, for the devices of the registry; forgets the others.
    pub fn resume(
        registry: registry::Devices,
        mut kept: BTreeMap<DeviceId, Kept>,
    ) -> (Self, Vec<Effect>) {
        let resumed = |(id, registered): (DeviceId, RegisteredDevice)| {
            let kept = kept.remove(&id).unwrap_or_default();
            (id, Device::resume(registered, kept))
        };
        let devices = registry.into_iter().map(resumed).collect();
        let is_more_than_numbers = |(_, kept): &(&DeviceId, &Kept)| **kept != kept.numbers();
        let gone = kept.iter().filter(is_more_than_numbers);
        let mut effects: Vec<_> = gone.flat_map(|(id, _)| forgotten(id)).collect();
        effects.push(Effect::Note(Note::Presence));
        let numbers = |(id, kept): (DeviceId, Kept)| (id, kept.numbers());
        let roster = Self {
            devices,
            retired: kept.into_iter().map(numbers).collect(),
            waking: BTreeSet::new(),
        };
        (roster, effects)
    }

    /// The device of that name.
    pub fn find(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// The devices behind one, or all, by id.
    pub fn after(&self, id: Option<&DeviceId>) -> impl Iterator<Item = &Device> {
        let after = id.map_or(Unbounded, Excluded);
        let devices = self.devices.range::<DeviceId, _>((after, Unbounded));
        devices.map(|(_, device)| device)
    }

    /// The devices that were taken out of the registry, by id.
    pub fn retired(&self) -> impl Iterator<Item = &DeviceId> {
        self.retired.keys()
    }

    /// How many devices there are, and how many of them are online.
    pub fn count(&self) -> (u32, u32) {
        let online = self.devices.values().filter(|device| device.is_online());
        (number(self.devices.len()), number(online.count()))
    }

    /// When [`Roster::elapse`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        let devices = self.waking.iter().filter_map(|id| self.devices.get(id));
        devices.filter_map(Device::wake_at).min()
    }

    /// Feeds one device; a device that is not known has no effects.
    pub fn feed(&mut self, now: Moment, id: &DeviceId, input: Input) -> Vec<Effect> {
        let Some(device) = self.devices.get_mut(id) else {
            return vec![];
        };
        let effects = device.handle(now, input);
        if device.wake_at().is_none() {
            self.waking.remove(id);
        } else if !self.waking.contains(id) {
            self.waking.insert(id.clone());
        }
        effects
    }

    /// Feeds the devices whose moment has come.
    pub fn elapse(&mut self, now: Moment) -> Vec<Effect> {
        let is_due = |id: &&DeviceId| {
            let wake_at = self.devices.get(*id).and_then(Device::wake_at);
            wake_at.is_some_and(|at| at <= now.monotonic)
        };
        let due: Vec<_> = self.waking.iter().filter(is_due).cloned().collect();
        let elapse = |id| self.feed(now, id, Input::Elapsed);
        due.iter().flat_map(elapse).collect()
    }

    /// Takes over a new registry.
    pub fn register(&mut self, mut registry: registry::Devices) -> Vec<Effect> {
        let mut effects = vec![Effect::Note(Note::Presence)];
        for (id, mut device) in std::mem::take(&mut self.devices) {
            if let Some(registered) = registry.remove(&id) {
                device.register(registered);
                self.devices.insert(id, device);
            } else {
                effects.extend(forgotten(&id));
                self.waking.remove(&id);
                self.retired.insert(id, device.retire());
            }
        }
        for (id, registered) in registry {
            let kept = self.retired.remove(&id).unwrap_or_default();
            self.devices.insert(id, Device::resume(registered, kept));
        }
        effects
    }
}

fn forgotten(id: &DeviceId) -> [Effect; 3] {
    [
        Effect::Store(Change::Forget(id.clone())),
        Effect::Note(Note::Removed(id.clone())),
        Effect::Say(Saying::Clear(id.clone())),
    ]
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the registry is bounded")
}
