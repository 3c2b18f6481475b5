//! Devices of the property: their ids, what they may do, and their certificates.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kit::clock::Clock;
use kit::config::Address;
use kit::identity::Holder;
use time::OffsetDateTime;
use wire::device::Kind;
use wire::registry::RegisteredDevice;
use wire::{Capability, DeviceId};

use crate::local;
use crate::operator::{AUTHORITY_PORT, BROKER_PORT, OperatorError, address};
use crate::output::{json, say};
use crate::property::{Change, Leaf, Property, PropertyError, Renewal, present};

mod capabilities;
mod enrolment;
mod onboarding;
mod rooms;
mod succession;

pub(crate) use enrolment::EnrolmentError;
pub(crate) use onboarding::OnboardingError;
pub(crate) use rooms::{ROOMS_MAX, hotel, room_numbers};

use onboarding::Addresses;
use succession::{Adopt, WriteRoster};

/// How every box is called in its own network.
const BOX: &str = "greengrass.local";

/// Adds and lists devices.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Add a device, or all devices of a simulated hotel.
    Add(Add),
    /// Show the registry.
    List(List),
    /// Write down what has to be known of the devices when this box is gone, to be kept elsewhere.
    Roster(WriteRoster),
    /// Let devices of a box that is gone come over to this property's new authority.
    Adopt(Adopt),
}

/// Arguments of `device add`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Add {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// The device.
    #[arg(required_unless_present = "rooms", requires = "kind")]
    id: Option<DeviceId>,
    /// thermostat, lock, occupancy or contact.
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Where it is, up to 40 characters.
    #[arg(long)]
    room: Option<String>,
    /// What it can do or measure, instead of what its kind usually can; repeat for several.
    #[arg(long = "capability", value_name = "CAPABILITY")]
    capabilities: Vec<Capability>,
    /// Thermostat, lock, occupancy sensor and window contact for this many rooms.
    #[arg(long, value_name = "N", conflicts_with_all = ["id", "kind", "room", "capabilities"])]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(ROOMS_MAX)))]
    rooms: Option<u32>,
    /// Signing request (PKCS #10, PEM) of a device that made its own key, which stays there.
    #[arg(long, value_name = "FILE", requires = "id", conflicts_with = "rooms")]
    csr: Option<PathBuf>,
    /// Write what the device needs to join into this directory: DEVICE.json, and the same as a QR code,
    /// DEVICE.png; nothing of it is secret.
    #[arg(long, value_name = "DIR", requires = "csr")]
    bundle: Option<PathBuf>,
    /// The broker as the device reaches it, HOST:PORT.
    #[arg(long, value_parser = address, requires = "csr")]
    broker: Option<Address>,
    /// The authority as the device reaches it, HOST:PORT.
    #[arg(long, value_parser = address, requires = "csr")]
    authority: Option<Address>,
    /// Issue new certificates although the old ones are not due.
    #[arg(long)]
    renew: bool,
}

/// Arguments of `device list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct List {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// Print JSON for another program.
    #[arg(long)]
    json: bool,
}

impl DeviceCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), DeviceError> {
        match self {
            Self::Add(add) => add.run(&Clock::system()),
            Self::List(list) => list.run(),
            Self::Roster(roster) => roster.run(),
            Self::Adopt(adopt) => adopt.run(),
        }
    }
}

impl Add {
    fn run(self, clock: &Clock) -> Result<(), DeviceError> {
        let mut property = Property::open(&self.dir)?;
        let renewal = if self.renew {
            Renewal::Now
        } else {
            Renewal::WhenDue
        };
        if let Some((device, csr)) = self.id.clone().zip(self.csr.as_deref()) {
            let request = onboarding::read_request(csr)?;
            return self.onboard(&mut property, device, &request, present(clock));
        }
        let wanted = self.devices();
        let count = wanted.len();
        let added = add(&mut property, wanted, renewal, present(clock))?;
        let Added { registered, issued } = added;
        say(format_args!(
            "{count} devices: {registered} registered, {issued} certificates issued"
        ));
        Ok(())
    }

    /// Takes a device in whose key stays with it.
    fn onboard(
        self,
        property: &mut Property,
        device: DeviceId,
        request: &str,
        now: OffsetDateTime,
    ) -> Result<(), DeviceError> {
        let (at, bundle) = (self.addresses(), self.bundle.clone());
        register(property, self.devices())?;
        let onboarding = onboarding::onboard(property, device, request, &at, now)?;
        say(format_args!(
            "{}: certificate issued for the key it keeps",
            onboarding.device
        ));
        if let Some(dir) = bundle {
            for file in onboarding::write(&dir, &onboarding)? {
                say(file.display());
            }
        }
        Ok(())
    }

    /// Where a device reaches the property: as said, as the local hotel is, or by the name of every box.
    fn addresses(&self) -> Addresses {
        let on_a_box = |port| Address {
            host: BOX.to_owned(),
            port,
        };
        let broker = self.broker.clone().or_else(|| local::broker(&self.dir));
        let authority = self.authority.clone();
        let authority = authority.or_else(|| local::authority(&self.dir));
        Addresses {
            broker: broker.unwrap_or_else(|| on_a_box(BROKER_PORT)),
            authority: authority.unwrap_or_else(|| on_a_box(AUTHORITY_PORT)),
        }
    }

    fn devices(self) -> Vec<RegisteredDevice> {
        if let Some(rooms) = self.rooms {
            return hotel(rooms);
        }
        let one = |(device, kind): (DeviceId, Kind)| {
            let capabilities = if self.capabilities.is_empty() {
                capabilities::usual(kind)
            } else {
                self.capabilities.into_iter().collect()
            };
            RegisteredDevice {
                device,
                kind,
                room: self.room,
                capabilities,
            }
        };
        self.id.zip(self.kind).map(one).into_iter().collect()
    }
}

/// What came of adding devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Added {
    /// Devices that were not in the registry before.
    pub registered: usize,
    /// Certificates issued.
    pub issued: usize,
}

/// Puts devices into the registry and gives each its identity, all or none of the registry.
///
/// Ids are given away first, the registry follows, certificates come last: whoever is interrupted
/// says the same again.
pub(crate) fn add(
    property: &mut Property,
    wanted: Vec<RegisteredDevice>,
    renewal: Renewal,
    now: OffsetDateTime,
) -> Result<Added, DeviceError> {
    let (holders, registered) = register(property, wanted)?;
    let mut issued = 0;
    for holder in &holders {
        match property.issue(holder, renewal, now)? {
            Leaf::Issued(_) => issued += 1,
            Leaf::Kept(_) => {}
        }
    }
    Ok(Added { registered, issued })
}

/// Gives the ids away and puts the devices into the registry; who they are, and how many are new.
fn register(
    property: &mut Property,
    wanted: Vec<RegisteredDevice>,
) -> Result<(Vec<Holder>, usize), DeviceError> {
    let holders: Vec<_> = wanted
        .iter()
        .map(|device| Holder::Device(device.device.clone()))
        .collect();
    let before = property.registry().devices.len();
    let (registry, change) = enrolment::enrol(property.registry(), wanted)?;
    property.give_away(&holders)?;
    let registered = registry.devices.len() - before;
    if change == Change::Made {
        property.register(registry)?;
    }
    // Also when nothing changed: the run before may have ended here.
    property.share_registry()?;
    Ok((holders, registered))
}

impl List {
    fn run(self) -> Result<(), DeviceError> {
        let property = Property::open(&self.dir)?;
        let registry = property.registry();
        if self.json {
            json(registry);
        } else {
            registry.devices.iter().map(line).for_each(say);
        }
        Ok(())
    }
}

fn line(known: &RegisteredDevice) -> String {
    let RegisteredDevice {
        device,
        kind,
        room,
        capabilities,
    } = known;
    let room = room.as_deref().unwrap_or("-");
    let capabilities: Vec<_> = capabilities.iter().map(Capability::as_str).collect();
    format!(
        "{device:<40} {:<11} {room:<10} {}",
        kind.as_str(),
        capabilities.join(" ")
    )
}

fn kind(text: &str) -> Result<Kind, String> {
    let kinds = [Kind::Thermostat, Kind::Lock, Kind::Occupancy, Kind::Contact];
    kinds
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| "not one of thermostat, lock, occupancy, contact".to_owned())
}

/// Devices cannot be added or listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeviceError {
    /// The property cannot be used.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The registry says otherwise.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// Nobody says who is revoked.
    #[error(transparent)]
    Operator(#[from] Box<OperatorError>),
    /// A device cannot be brought in with its own key.
    #[error(transparent)]
    Onboarding(#[from] OnboardingError),
}

#[cfg(test)]
mod tests;
