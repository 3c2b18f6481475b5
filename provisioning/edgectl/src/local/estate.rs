//! The property of a local hotel: keys, devices and policy, made once and kept.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use kit::ca::ServerNames;
use kit::clock::Clock;
use kit::identity::{Holder, Realm};
use kit::policy::EDGECTL;
use time::OffsetDateTime;
use wire::{Component, Principal};

use super::LOOPBACK;
use super::files::{self, FileError};
use super::hotel::Hotel;
use super::layout::Layout;
use crate::device::{self, DeviceError};
use crate::policy;
use crate::property::{Founding, Property, PropertyError, Record, Renewal, Vouching, present};

/// Rooms of a new hotel when nobody says how many.
const ROOMS: u32 = 5;

/// What the hotel's files and processes need to know of the property.
#[derive(Debug)]
pub(super) struct Estate {
    pub(super) record: Record,
    pub(super) rooms: u32,
    /// Where components serve others.
    pub(super) listen: IpAddr,
    pub(super) registry: PathBuf,
    /// Directory of each principal's identity.
    pub(super) identities: BTreeMap<String, PathBuf>,
    /// Whether the policy is another than at the last start.
    pub(super) policy_changed: bool,
}

impl Estate {
    /// Makes what is missing of the property: leaves for the components and the operator, devices
    /// for every room, the policy for all of them. Rooms are added, never taken away: ids are not
    /// used twice.
    pub(super) fn found(
        layout: &Layout,
        components: &[&str],
        rooms: Option<u32>,
        listen: Option<IpAddr>,
    ) -> Result<Self, EstateError> {
        let now = present(&Clock::system());
        let before: Option<Hotel> = files::read_json(&layout.hotel())?;
        let listened = before.as_ref().map_or(LOOPBACK, |hotel| hotel.listen);
        let listen = listen.unwrap_or(listened);
        let (mut property, _) = Property::found(layout.dir(), founding(listen), now)?;
        for holder in holders(components)? {
            property.issue(&holder, Renewal::WhenDue, now)?;
        }
        let rooms = rooms
            .unwrap_or(ROOMS)
            .max(before.map_or(0, |hotel| hotel.rooms));
        add_devices(&mut property, rooms, now)?;
        let names = ServerNames::parse([listen.to_string()]).map_err(PropertyError::ServerName)?;
        property.serve_in_cloud(&layout.cloud_server(), &names, now)?;
        register_in_cloud(layout, &property)?;
        let policy = policy::rendered(&property.policy());
        let policy_changed = fs::read(layout.policy()).ok().as_ref() != Some(&policy);
        if policy_changed {
            files::replace(&layout.policy(), &policy)?;
        }
        Ok(Self {
            record: property.record().clone(),
            rooms,
            listen,
            registry: property.layout().devices(),
            identities: identities(&property, components)?,
            policy_changed,
        })
    }
}

fn founding(listen: IpAddr) -> Founding {
    // Loopback is among the names of every component.
    let served = Some(listen).filter(|listen| *listen != LOOPBACK);
    Founding {
        realm: Realm {
            trust_domain: "hotel.internal".parse().expect("a domain name"),
            tenant: "local".parse().expect("a word"),
            property: "local-hotel".parse().expect("a word"),
        },
        box_id: "local-box".parse().expect("a word"),
        server_names: served.iter().map(ToString::to_string).collect(),
        vouching: Vouching::Throwaway,
    }
}

/// The components, and whoever operates the hotel from here.
fn holders(components: &[&str]) -> Result<Vec<Holder>, EstateError> {
    let component = |name: &&str| match name.parse::<Component>() {
        Ok(component) => Ok(Holder::Component(component)),
        Err(_) => Err(EstateError::NotAComponent {
            name: (*name).to_owned(),
        }),
    };
    let operator = Holder::Operator(EDGECTL.parse().expect("a word"));
    components
        .iter()
        .map(component)
        .chain([Ok(operator)])
        .collect()
}

/// Puts the property on the list of the simulated cloud.
fn register_in_cloud(layout: &Layout, property: &Property) -> Result<(), FileError> {
    let (path, dir) = (property.layout().registration(), layout.cloud_properties());
    let record = fs::read(&path).map_err(|source| FileError::Read { path, source })?;
    files::make_dir(&dir)?;
    let name = format!("{}.json", property.record().property);
    files::replace(&dir.join(name), &record)
}

fn add_devices(
    property: &mut Property,
    rooms: u32,
    now: OffsetDateTime,
) -> Result<(), EstateError> {
    device::add(property, device::hotel(rooms), Renewal::WhenDue, now)?;
    Ok(())
}

fn identities(
    property: &Property,
    components: &[&str],
) -> Result<BTreeMap<String, PathBuf>, EstateError> {
    let staff = holders(components)?
        .into_iter()
        .map(|holder| holder.principal());
    let devices = property
        .registry()
        .devices
        .iter()
        .map(|known| known.device.clone().into());
    let dir = |principal: Principal| {
        (
            principal.to_string(),
            property.layout().identity(&principal),
        )
    };
    Ok(staff.chain(devices).map(dir).collect())
}

/// The property cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EstateError {
    /// A recipe wants an identity for something that is no component of the suite.
    #[error("recipe {name}: declares /identity_dir, but {name} is not a component of the suite")]
    NotAComponent {
        /// Its name.
        name: String,
    },
    /// Keys or leaves cannot be made.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// Devices cannot be added.
    #[error(transparent)]
    Device(Box<DeviceError>),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<DeviceError> for EstateError {
    fn from(error: DeviceError) -> Self {
        Self::Device(Box::new(error))
    }
}
