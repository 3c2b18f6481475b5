//! What the registry becomes when devices are added.

use std::collections::BTreeMap;

use wire::DeviceId;
use wire::registry::{RegisteredDevice, Registry};

use crate::property::Change;

/// Longest name of a room, in characters.
const ROOM_MAX: usize = 40;

/// The registry with these devices, by id; a known device has to be the same as before.
pub(super) fn enrol(
    registry: &Registry,
    wanted: Vec<RegisteredDevice>,
) -> Result<(Registry, Change), EnrolmentError> {
    let mut devices: BTreeMap<_, _> = registry
        .devices
        .iter()
        .map(|known| (known.device.clone(), known.clone()))
        .collect();
    let before = devices.len();
    for device in wanted {
        refuse_wrong_room(&device)?;
        match devices.get(&device.device) {
            Some(known) => agree(known, &device)?,
            None => {
                devices.insert(device.device.clone(), device);
            }
        }
    }
    let change = if devices.len() > before {
        Change::Made
    } else {
        Change::None
    };
    Ok((
        Registry {
            v: registry.v,
            devices: devices.into_values().collect(),
        },
        change,
    ))
}

fn refuse_wrong_room(device: &RegisteredDevice) -> Result<(), EnrolmentError> {
    let fits = |room: &String| {
        (1..=ROOM_MAX).contains(&room.chars().count()) && !room.chars().any(char::is_control)
    };
    if device.room.as_ref().is_none_or(fits) {
        Ok(())
    } else {
        Err(EnrolmentError::Room {
            device: device.device.clone(),
        })
    }
}

fn agree(known: &RegisteredDevice, wanted: &RegisteredDevice) -> Result<(), EnrolmentError> {
    let fields = |device: &RegisteredDevice| {
        let capabilities: Vec<_> = device
            .capabilities
            .iter()
            .map(ToString::to_string)
            .collect();
        [
            ("kind", device.kind.as_str().to_owned()),
            ("room", device.room.clone().unwrap_or_default()),
            ("capability", capabilities.join(" ")),
        ]
    };
    let device = &known.device;
    let differing = |((field, existing), (_, wanted)): (_, (_, String))| {
        let device = device.clone();
        (existing != wanted).then_some(EnrolmentError::Conflict {
            device,
            field,
            existing,
            wanted,
        })
    };
    fields(known)
        .into_iter()
        .zip(fields(wanted))
        .find_map(differing)
        .map_or(Ok(()), Err)
}

/// A device cannot be put into the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnrolmentError {
    /// It is there and is another.
    #[error("device {device} exists with {field} {existing:?}, not {wanted:?}")]
    Conflict {
        /// The device.
        device: DeviceId,
        /// What differs.
        field: &'static str,
        /// What it is.
        existing: String,
        /// What was asked for.
        wanted: String,
    },
    /// No room, or a long story.
    #[error("room of device {device} is not 1 to {ROOM_MAX} printable characters")]
    Room {
        /// The device.
        device: DeviceId,
    },
}
