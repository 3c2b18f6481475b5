//! A property on its way to another box.

use std::path::Path;

use kit::ca::files::{create_dir, write_open, write_secret};
use kit::ca::{CaError, ChainRoot, Key, Predecessors};
use kit::identity::Realm;
use serde::{Deserialize, Serialize};
use wire::credential::Revocations;
use wire::registry::Registry;
use wire::replacement::SignedCaReplacement;
use wire::{BoxId, Sha256, Version};

use super::lock::Lock;
use super::pin_root::root_in;
use super::succession::find;
use super::{Layout, Ledger, Property, PropertyError, Record, store};

/// Everything of a property that does not belong to one box; secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bequest {
    v: Version<1>,
    record: Record,
    ca: String,
    ca_key: String,
    registry: Registry,
    ledger: Ledger,
    /// The chain root that the property's devices carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    /// The former authorities, and whose leaves of them are exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    predecessors: Option<Predecessors>,
    /// The chain root's notice for their devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replacement: Option<SignedCaReplacement>,
    /// Whom the box refuses, where its broker was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocations: Option<Revocations>,
}

impl Bequest {
    /// Whose authority it is.
    pub(crate) fn ca_sha256(&self) -> Result<Sha256, CaError> {
        Key::from_pem(&self.ca_key).map(|key| key.public_sha256())
    }

    /// Whether the property's devices carry the chain root of this certificate, or none.
    pub(crate) fn agrees_on_root(&self, certificate: &Path) -> Result<bool, PropertyError> {
        let wanted = root_in(certificate, &store::read_text(certificate)?)?;
        let own = self.root.as_deref().map(ChainRoot::certificate_in);
        Ok(own.is_none_or(|own| own.is_ok_and(|own| own == wanted)))
    }
}

impl Property {
    /// What another box needs to be of the same property, and to refuse whom this one refuses.
    pub(crate) fn bequeath(
        &self,
        revocations: Option<Revocations>,
    ) -> Result<Bequest, PropertyError> {
        Ok(Bequest {
            v: Version,
            record: self.record.clone(),
            ca: self.ca.certificate().to_owned(),
            ca_key: store::read_text(&self.layout.ca_key())?,
            registry: self.registry.clone(),
            ledger: self.ledger.clone(),
            root: self.root()?,
            predecessors: find(&self.layout.predecessors())?,
            replacement: find(&self.layout.replacement())?,
            revocations,
        })
    }

    /// Takes a property over on another box; one that is here already is kept, if it is the same.
    pub(crate) fn inherit(
        dir: &Path,
        bequest: Bequest,
        realm: &Realm,
        box_id: &BoxId,
        server_names: &[String],
    ) -> Result<Self, PropertyError> {
        let layout = Layout::new(dir);
        create_dir(&layout.chain())?;
        let lock = Lock::take(&layout.lock())?;
        let record = Record {
            box_id: box_id.clone(),
            server_names: server_names.to_vec(),
            ..bequest.record
        };
        if record.realm() != *realm {
            return Err(PropertyError::Conflict {
                field: "property",
                existing: record.property.to_string(),
                wanted: realm.property.to_string(),
            });
        }
        if layout.record().exists() {
            let property = Self::load(layout, lock)?;
            property.record.agree(&record)?;
            return Ok(property);
        }
        write_secret(&layout.ca_key(), bequest.ca_key.as_bytes())?;
        write_open(&layout.ca_certificate(), bequest.ca.as_bytes())?;
        store::write(&layout.devices(), &bequest.registry)?;
        store::write(&layout.principals(), &bequest.ledger)?;
        if let Some(root) = &bequest.root {
            write_open(&layout.root_certificate(), root.as_bytes())?;
        }
        if let Some(predecessors) = &bequest.predecessors {
            store::write(&layout.predecessors(), predecessors)?;
        }
        if let Some(replacement) = &bequest.replacement {
            store::write(&layout.replacement(), replacement)?;
        }
        if let Some(revocations) = &bequest.revocations {
            store::write(&layout.revocations(), revocations)?;
        }
        // It comes last and says that everything is there.
        store::write(&layout.record(), &record)?;
        Self::load(layout, lock)
    }
}
