//! All devices of the property and the commands under way on them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use wire::device::Ack;
use wire::{DeviceId, Problem};

use crate::command::{self, Execution};
use crate::desired::Report;
use crate::device::{self, Device, Kept, Moment};
use crate::effect::{Change, Effect, Note, Saying, Why};
use crate::executions::{Executions, Happened};
use crate::presence::{self, Origin};
use crate::record::Message;
use crate::registry;
use crate::requests::{self, Request};

/// What a device says, in the order of what it does with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Who or where it is.
    Presence(presence::Input),
    /// A numbered message.
    Message(Message),
    /// A report that the broker had kept.
    Hint(Report),
    /// How a command goes.
    Ack(Ack),
    /// Nothing any more: what was retained is cleared.
    Cleared,
}

/// What the world tells the gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A device said something.
    Said(DeviceId, Origin, Said),
    /// A message that cannot be understood.
    Unreadable(Option<DeviceId>, Problem),
    /// Somebody asks something.
    Asked(Request),
    /// Somebody asks again what was answered before, by this encoded reply.
    AskedAgain(Request, Vec<u8>),
    /// The registry is, or has become, this.
    Registry(registry::Devices),
    /// A moment asked for may have come.
    Elapsed,
}

/// Whether there is room for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Free,
    /// There is not: devices keep what they say until there is.
    Full,
}

/// What was kept through a restart.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Devices, also those that the registry may no longer know.
    pub devices: BTreeMap<DeviceId, Kept>,
    /// Executions.
    pub executions: Vec<Execution>,
}

/// The rules of the whole gateway.
///
/// Invariants: a device that the registry does not know has no state here; nothing retained starts
/// a command; each input is answered by effects alone, and the caller keeps before it says.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    pub(crate) executions: Executions,
    /// Devices that asked for a moment.
    waking: BTreeSet<DeviceId>,
    /// Numbers of devices taken out of the registry: they go on if such a device comes back,
    /// because it has forgotten what it was told to be received.
    retired: BTreeMap<DeviceId, Kept>,
    room: Room,
}

impl Gateway {
    /// Goes on with what was kept, for the devices of the registry; forgets the others.
    pub fn resume(now: Moment, registry: registry::Devices, memory: Memory) -> (Self, Vec<Effect>) {
        let Memory {
            mut devices,
            executions,
        } = memory;
        let mut resumed = |registered: wire::registry::RegisteredDevice| {
            let kept = devices.remove(&registered.device).unwrap_or_default();
            (registered.device.clone(), Device::resume(registered, kept))
        };
        let known = registry.into_values().map(&mut resumed).collect();
        let is_more_than_numbers = |(_, kept): &(&DeviceId, &Kept)| *kept != &kept.numbers();
        let gone = devices.iter().filter(is_more_than_numbers);
        let mut effects: Vec<_> = gone.flat_map(|(id, _)| forgotten(id.clone())).collect();
        effects.push(Effect::Note(Note::Presence));
        let retired = devices.into_iter().map(|(id, kept)| (id, kept.numbers()));
        let gateway = Self {
            devices: known,
            executions: Executions::resume(now.wall, now.monotonic, executions),
            waking: BTreeSet::new(),
            retired: retired.collect(),
            room: Room::Free,
        };
        (gateway, effects)
    }

    /// Tells whether there is room for records.
    pub fn set_room(&mut self, room: Room) {
        self.room = room;
    }

    /// Whether the registry knows a device.
    pub fn knows(&self, device: &DeviceId) -> bool {
        self.devices.contains_key(device)
    }

    /// How many devices there are, and how many of them are online.
    pub fn count(&self) -> (u32, u32) {
        let online = self.devices.values().filter(|device| device.is_online());
        (number(self.devices.len()), number(online.count()))
    }

    /// When [`Input::Elapsed`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        let devices = self.waking.iter().filter_map(|id| self.devices.get(id));
        let devices = devices.filter_map(Device::wake_at);
        devices.chain(self.executions.wake_at()).min()
    }

    /// Takes in what happens.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        match input {
            Input::Said(id, origin, said) => self.hear(now, &id, origin, said),
            Input::Unreadable(id, problem) => vec![Effect::Note(Note::Rejected(id, problem))],
            Input::Asked(request) => requests::answer(self, now, request),
            Input::AskedAgain(request, answer) => requests::answer_again(now, &request, answer),
            Input::Registry(registry) => self.register(registry),
            Input::Elapsed => self.elapse(now),
        }
    }

    fn hear(&mut self, now: Moment, id: &DeviceId, origin: Origin, said: Said) -> Vec<Effect> {
        if !self.knows(id) {
            return ignore(id, origin, &said);
        }
        match said {
            Said::Presence(input) => self.feed(now, id, device::Input::Presence(input)),
            Said::Message(message) => match self.room {
                Room::Free => self.feed(now, id, device::Input::Message(message)),
                Room::Full => self.feed(now, id, device::Input::Untaken(Why::OutboxFull)),
            },
            Said::Hint(report) => self.feed(now, id, device::Input::Hint(report)),
            Said::Ack(ack) => self.acknowledge(now, id, ack),
            Said::Cleared => vec![],
        }
    }

    /// Feeds one device.
    pub(crate) fn feed(&mut self, now: Moment, id: &DeviceId, input: device::Input) -> Vec<Effect> {
        let Some(device) = self.devices.get_mut(id) else {
            return vec![];
        };
        let effects = device.handle(now, input);
        if device.wake_at().is_some() {
            self.waking.insert(id.clone());
        } else {
            self.waking.remove(id);
        }
        effects
    }

    fn acknowledge(&mut self, now: Moment, id: &DeviceId, ack: Ack) -> Vec<Effect> {
        match self.executions.acknowledge(now.monotonic, id, ack) {
            Ok(Some(happened)) => follow(now, happened),
            Ok(None) => vec![],
            Err(problem) => vec![Effect::Note(Note::Rejected(Some(id.clone()), problem))],
        }
    }

    fn register(&mut self, mut registry: registry::Devices) -> Vec<Effect> {
        let gone: Vec<_> = self
            .devices
            .keys()
            .filter(|id| !registry.contains_key(*id))
            .cloned()
            .collect();
        for (id, device) in &mut self.devices {
            if let Some(registered) = registry.remove(id) {
                device.register(registered);
            }
        }
        for (id, registered) in registry {
            let kept = self.retired.remove(&id).unwrap_or_default();
            self.devices.insert(id, Device::resume(registered, kept));
        }
        for id in &gone {
            self.waking.remove(id);
            if let Some(device) = self.devices.remove(id) {
                self.retired.insert(id.clone(), device.retire());
            }
        }
        let mut effects: Vec<_> = gone.into_iter().flat_map(forgotten).collect();
        effects.push(Effect::Note(Note::Presence));
        effects
    }

    fn elapse(&mut self, now: Moment) -> Vec<Effect> {
        let expired = self.executions.expire(now.monotonic);
        let mut effects: Vec<_> = expired
            .into_iter()
            .flat_map(|happened| follow(now, happened))
            .collect();
        let due = |id: &&DeviceId| {
            let wake_at = self.devices.get(*id).and_then(Device::wake_at);
            wake_at.is_none_or(|at| at <= now.monotonic)
        };
        let due: Vec<_> = self.waking.iter().filter(due).cloned().collect();
        for id in due {
            effects.extend(self.feed(now, &id, device::Input::Elapsed));
        }
        effects
    }
}

/// A device that the registry does not know is not listened to, and leaves nothing behind at the
/// broker.
fn ignore(id: &DeviceId, origin: Origin, said: &Said) -> Vec<Effect> {
    match (origin, said) {
        (Origin::Live | Origin::Retained, Said::Cleared) => vec![],
        (Origin::Live, _) => vec![Effect::Note(Note::Unknown(id.clone()))],
        (Origin::Retained, _) => vec![
            Effect::Note(Note::Unknown(id.clone())),
            Effect::Say(Saying::Clear(id.clone())),
        ],
    }
}

fn forgotten(id: DeviceId) -> [Effect; 3] {
    [
        Effect::Store(Change::Forget(id.clone())),
        Effect::Note(Note::Removed(id.clone())),
        Effect::Say(Saying::Clear(id)),
    ]
}

/// What follows from a step of an execution.
pub(crate) fn follow(now: Moment, happened: Happened) -> Vec<Effect> {
    let Happened { execution, effect } = happened;
    let kept = Effect::Store(Change::Execution(execution.clone()));
    match effect {
        command::Effect::Advanced => vec![kept],
        command::Effect::Late(_) => vec![kept, Effect::Note(Note::Late(execution))],
        command::Effect::Ended(executed) => {
            let asker = requests::asker_of(&execution);
            let mut effects = vec![kept, Effect::Note(Note::Ended(execution))];
            effects.extend(requests::first_answer(now, asker, Ok(executed)));
            effects
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the registry is bounded")
}

#[cfg(test)]
mod tests;
