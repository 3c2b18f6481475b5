//! What the kinds of devices do each in its own way.

use wire::Integer;
use wire::device::{Delta, Kind, Scalar, State};

use super::{Happening, Memory};
use crate::sim::contact::Contact;
use crate::sim::lock::Lock;
use crate::sim::occupancy::Occupancy;
use crate::sim::physics::Surroundings;
use crate::sim::thermostat::{Settings, Thermostat};

/// The part of a device that makes its kind.
#[derive(Debug, Clone)]
pub(super) enum Machine {
    Thermostat(Thermostat),
    Lock(Lock),
    Occupancy(Occupancy),
    Contact(Contact),
}

impl Machine {
    pub(super) fn new(kind: Kind, memory: &Memory) -> Self {
        match kind {
            Kind::Thermostat => Self::Thermostat(Thermostat::new(
                memory.thermostat.clone().unwrap_or_default(),
            )),
            Kind::Lock => Self::Lock(Lock::default()),
            Kind::Occupancy => Self::Occupancy(Occupancy::default()),
            Kind::Contact => Self::Contact(Contact::default()),
        }
    }

    /// What people have set, where they can.
    pub(super) fn settings(&self) -> Option<&Settings> {
        match self {
            Self::Thermostat(thermostat) => Some(thermostat.settings()),
            Self::Lock(_) | Self::Occupancy(_) | Self::Contact(_) => None,
        }
    }

    pub(super) fn is_heating(&self) -> bool {
        match self {
            Self::Thermostat(thermostat) => thermostat.is_heating(),
            Self::Lock(_) | Self::Occupancy(_) | Self::Contact(_) => false,
        }
    }

    /// Only thermostats have desired state: a delta must not open a door.
    pub(super) fn apply(&mut self, delta: &Delta) -> bool {
        match self {
            Self::Thermostat(thermostat) => thermostat.apply(delta),
            Self::Lock(_) | Self::Occupancy(_) | Self::Contact(_) => false,
        }
    }

    pub(super) fn sense(&mut self, seen: &Surroundings) -> Option<Happening> {
        match self {
            Self::Thermostat(thermostat) => {
                thermostat.sense(seen);
                None
            }
            Self::Lock(lock) => lock.sense(seen),
            Self::Occupancy(occupancy) => occupancy.sense(seen),
            Self::Contact(contact) => contact.sense(seen),
        }
    }

    pub(super) fn measure(&self, capability: &str, seen: &Surroundings) -> Option<Scalar> {
        match self {
            Self::Thermostat(thermostat) => thermostat.measure(capability, seen),
            Self::Lock(lock) => lock.measure(capability, seen),
            Self::Occupancy(occupancy) => occupancy.measure(capability, seen),
            Self::Contact(contact) => contact.measure(capability, seen),
        }
    }

    pub(super) fn state(&self) -> State {
        match self {
            Self::Thermostat(thermostat) => thermostat.state(),
            Self::Lock(lock) => lock.state(),
            Self::Occupancy(occupancy) => occupancy.state(),
            Self::Contact(contact) => contact.state(),
        }
    }

    /// The desired version that the state answers.
    pub(super) fn version(&self) -> Integer {
        self.settings()
            .map_or(Integer::default(), |settings| settings.version)
    }

    /// The lock, where it is one.
    pub(super) fn lock(&mut self) -> Option<&mut Lock> {
        match self {
            Self::Lock(lock) => Some(lock),
            Self::Thermostat(_) | Self::Occupancy(_) | Self::Contact(_) => None,
        }
    }
}
