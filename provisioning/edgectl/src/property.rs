//! The property on this box: its keys, its registry of devices and everybody's identity.
//!
//! ```text
//! DIR/property/property.json        tenant, property, trust domain, box, names of its servers
//! DIR/property/ca.pem, ca.key       the property CA
//! DIR/property/devices.json         the registry, a `wire::registry::Registry`
//! DIR/property/principals.json      every id ever given away
//! DIR/property/chain/               chain root, cross-signed CA, registration record; or the
//!                                   request for them
//! DIR/property/ca-replacement.json  the chain root's notice, where the property had another CA
//! DIR/property/predecessors.json    the former CAs, and whose leaves of them are exchanged
//! DIR/identity/PRINCIPAL/           ca.pem, cert.pem, key.pem
//! ```
//!
//! On a box, `authority` and `iot-gateway` have copies of `principals.json`, `devices.json` and the last
//! two of their own, which follow.
//!
//! Promises: a command that was carried out changes nothing when it is repeated; one that
//! contradicts an earlier one is refused and names the field; an id is never given to anybody
//! else; a power cut leaves each file old or new, and the next run completes what is missing;
//! runs at the same time take turns.

use std::path::Path;

use clap::Subcommand;
use kit::ca::PropertyCa;
use kit::ca::files;
use kit::clock::Clock;
use kit::identity::{Holder, PrincipalKind};
use kit::policy::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use wire::registry::Registry;
use wire::{Component, Principal, Sha256};

mod announce;
mod bequest;
mod cloud_server;
mod create;
mod cross_sign;
mod error;
mod founding;
mod layout;
mod leaves;
mod ledger;
mod lock;
mod on_box;
mod pin_root;
mod record;
mod store;
mod succession;

pub(crate) use bequest::Bequest;
pub(crate) use error::PropertyError;
pub(crate) use founding::{ChainRootFiles, Founding, Vouching};
pub(crate) use layout::Layout;
pub(crate) use leaves::{Leaf, Renewal};
pub(crate) use ledger::{Ledger, Taken};
pub(crate) use record::Record;
pub(crate) use store::StoreError;
pub(crate) use succession::{OldDisk, Roster, read as read_succession, write as write_roster};

use announce::AnnounceCa;
use cloud_server::CloudServer;
use create::Create;
use cross_sign::CrossSign;
use lock::Lock;
use pin_root::PinRoot;

/// Makes a property.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PropertyCommand {
    /// Make the property's certificate authority and its record for the cloud.
    Create(Create),
    /// Let the chain root vouch for the property of a new box.
    CrossSign(CrossSign),
    /// Tell the devices of a property, by the chain root, that it has another authority.
    AnnounceCa(AnnounceCa),
    /// Give the devices of a property the chain root to carry, whose notices they believe.
    PinRoot(PinRoot),
    /// Issue the certificate of a server in the cloud, by the chain root.
    CloudServer(CloudServer),
}

impl PropertyCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), PropertyError> {
        match self {
            Self::Create(create) => create.run(&Clock::system()),
            Self::CrossSign(request) => request.run(&Clock::system()),
            Self::AnnounceCa(announce) => announce.run(&Clock::system()),
            Self::PinRoot(pin) => pin.run(),
            Self::CloudServer(server) => server.run(&Clock::system()),
        }
    }
}

/// Whether an act changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It did.
    Made,
    /// Everything was so already.
    None,
}

/// A property that this process alone works on.
#[derive(Debug)]
pub(crate) struct Property {
    layout: Layout,
    record: Record,
    ca: PropertyCa,
    registry: Registry,
    ledger: Ledger,
    _lock: Lock,
}

impl Property {
    /// Makes the property in `dir`, or finds that it exists as asked.
    pub(crate) fn found(
        dir: &Path,
        founding: Founding,
        now: OffsetDateTime,
    ) -> Result<(Self, Change), PropertyError> {
        let layout = Layout::new(dir);
        files::create_dir(&layout.chain())?;
        let lock = Lock::take(&layout.lock())?;
        let change = founding::found(&layout, founding, now)?;
        Ok((Self::load(layout, lock)?, change))
    }

    /// The property in `dir`.
    pub(crate) fn open(dir: &Path) -> Result<Self, PropertyError> {
        let layout = Layout::new(dir);
        if !layout.record().exists() {
            return Err(PropertyError::Missing {
                dir: dir.to_owned(),
            });
        }
        let lock = Lock::take(&layout.lock())?;
        Self::load(layout, lock)
    }

    fn load(layout: Layout, lock: Lock) -> Result<Self, PropertyError> {
        let record: Record = store::read(&layout.record())?;
        let (certificate, key) = (layout.ca_certificate(), layout.ca_key());
        let ca = PropertyCa::load(
            record.realm(),
            &store::read_text(&certificate)?,
            &store::read_text(&key)?,
        )
        .map_err(|source| PropertyError::Authority {
            file: certificate,
            source,
        })?;
        let registry = store::read(&layout.devices())?;
        let ledger = store::read(&layout.principals())?;
        Ok(Self {
            layout,
            record,
            ca,
            registry,
            ledger,
            _lock: lock,
        })
    }

    /// Where everything is.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What the property is called.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// SHA-256 of its authority's key, by which people compare it.
    pub(crate) fn ca_sha256(&self) -> Sha256 {
        self.ca.public_sha256()
    }

    /// Its devices.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Every operator, by id.
    pub(crate) fn operators(&self) -> impl Iterator<Item = &Principal> {
        self.ledger.of_kind(PrincipalKind::Operator)
    }

    /// Writes down a changed registry.
    pub(crate) fn register(&mut self, registry: Registry) -> Result<(), PropertyError> {
        store::write(&self.layout.devices(), &registry)?;
        settled(&self.layout.settled_devices(), &registry)?;
        self.registry = registry;
        Ok(())
    }

    /// Brings the gateway of this box to the registry as it is; safe to repeat.
    pub(crate) fn share_registry(&self) -> Result<(), PropertyError> {
        on_box::share(&self.layout, &self.registry)
    }

    /// Gives ids away, for ever; an id that somebody else holds is refused before any is given.
    pub(crate) fn give_away(&mut self, holders: &[Holder]) -> Result<(), PropertyError> {
        if self.ledger.add(holders)? == Change::Made {
            store::write(&self.layout.principals(), &self.ledger)?;
        }
        settled(&self.layout.settled_principals(), &self.ledger)
    }

    /// Sees to it that a principal has a current leaf for its key.
    pub(crate) fn issue(
        &mut self,
        holder: &Holder,
        renewal: Renewal,
        now: OffsetDateTime,
    ) -> Result<Leaf, PropertyError> {
        if let Some(dir) = on_box::identity(&self.layout, holder) {
            let leaf = self.issue_into(holder, &dir, renewal, now)?;
            on_box::give(&dir)?;
            return Ok(leaf);
        }
        let dir = self.layout.identity(&holder.principal());
        self.issue_into(holder, &dir, renewal, now)
    }

    /// The same, for an identity that is kept elsewhere.
    pub(crate) fn issue_into(
        &mut self,
        holder: &Holder,
        dir: &Path,
        renewal: Renewal,
        now: OffsetDateTime,
    ) -> Result<Leaf, PropertyError> {
        self.give_away(std::slice::from_ref(holder))?;
        let names = self.record.server_names(holder)?;
        let leaf = leaves::issue(&self.ca, dir, holder, &names, renewal, now)?;
        if matches!((holder, leaf), (Holder::Device(_), Leaf::Issued(_))) {
            leaves::carry_root(dir, self.root()?.as_deref(), self.ca_number()?)?;
        }
        Ok(leaf)
    }

    /// A leaf for the key of a signing request, PEM; the key stays where it is.
    pub(crate) fn issue_for_request(
        &mut self,
        holder: &Holder,
        request: &str,
        now: OffsetDateTime,
    ) -> Result<String, PropertyError> {
        self.give_away(std::slice::from_ref(holder))?;
        let names = self.record.server_names(holder)?;
        let dir = self.layout.identity(&holder.principal());
        leaves::issue_for_request(&self.ca, &dir, holder, &names, (request, now))
    }

    /// Who may do what on the property's bus: every component, every operator, every device.
    pub(crate) fn policy(&self) -> Policy {
        let components = Component::ALL.iter().copied().map(Holder::Component);
        let operators = self.operators().cloned().map(Holder::Operator);
        let devices = self
            .registry
            .devices
            .iter()
            .map(|known| Holder::Device(known.device.clone()));
        Policy::of(
            &self.record.property,
            components.chain(operators).chain(devices),
        )
    }
}

/// Brings the copy of a component of this box up to date, where the first boot has left one.
fn settled<T: Serialize + DeserializeOwned + PartialEq>(
    copy: &Path,
    original: &T,
) -> Result<(), PropertyError> {
    if copy.exists() && store::read::<T>(copy).ok().as_ref() != Some(original) {
        store::write(copy, original)?;
    }
    Ok(())
}

/// The present on the calendar.
pub(crate) fn present(clock: &Clock) -> OffsetDateTime {
    let ms = i128::from(clock.wall().value());
    OffsetDateTime::from_unix_timestamp_nanos(ms * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
pub(crate) mod tests;
