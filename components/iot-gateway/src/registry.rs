//! The devices of the property, as provisioning wrote them down.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use wire::DeviceId;
use wire::registry::{RegisteredDevice, Registry};

/// Most devices of one property.
pub const DEVICES_MAX: usize = 20_000;
/// Longest name of a room, in characters.
pub const ROOM_MAX: usize = 40;

/// The devices by their ids.
pub type Devices = BTreeMap<DeviceId, RegisteredDevice>;

/// Checks a registry and orders it by id.
pub fn check(registry: Registry) -> Result<Devices, NotARegistry> {
    let count = registry.devices.len();
    if count > DEVICES_MAX {
        return Err(NotARegistry::TooMany { count });
    }
    let mut devices = BTreeMap::new();
    for registered in registry.devices {
        let room = registered.room.as_deref().unwrap_or_default();
        if room.chars().count() > ROOM_MAX {
            let device = registered.device;
            return Err(NotARegistry::LongRoom { device });
        }
        match devices.entry(registered.device.clone()) {
            Entry::Vacant(vacant) => vacant.insert(registered),
            Entry::Occupied(known) => {
                let device = known.key().clone();
                return Err(NotARegistry::Twice { device });
            }
        };
    }
    Ok(devices)
}

/// The list cannot be a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARegistry {
    /// More devices than a property may have.
    #[error("{count} devices are more than {DEVICES_MAX}")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// One id for two devices.
    #[error("device {device} is listed twice")]
    Twice {
        /// The id.
        device: DeviceId,
    },
    /// The name of a room is too long.
    #[error("the room of device {device} has a name of more than {ROOM_MAX} characters")]
    LongRoom {
        /// The device.
        device: DeviceId,
    },
}

#[cfg(test)]
mod tests;
