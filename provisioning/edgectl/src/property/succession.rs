//! Devices from a property's former authority to its new one.

use std::collections::BTreeMap;
use std::path::Path;

use kit::ca::{KnownKey, Predecessors, Whereabouts, public_sha256};
use kit::credential::{claimed_replacement, verify_replacement};
use kit::identity::{CERT_FILE, Holder, KEY_FILE};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::registry::Registry;
use wire::replacement::SignedCaReplacement;
use wire::{DeviceId, Integer, Principal, PropertyId, Sha256, TenantId, Version};

use super::{Ledger, Property, PropertyError, on_box, store};

/// What has to be known of a property's devices when its box is gone; nothing of it is secret, but
/// whoever keeps it must be able to trust it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Roster {
    v: Version<1>,
    tenant: TenantId,
    property: PropertyId,
    /// Certificates of the authority and those before it, PEM.
    cas: Vec<String>,
    /// The devices.
    pub registry: Registry,
    ledger: Ledger,
    /// Their keys; of those that are revoked, none.
    pub keys: BTreeMap<DeviceId, KnownKey>,
}

/// Whether anybody may have read the disk of the box that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldDisk {
    /// It was stolen or lost: keys that lay on it are anybody's.
    Exposed,
    /// Nobody can have read it.
    Safe,
}

impl Roster {
    /// Everybody who ever had a name.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        self.ledger.holders()
    }
}

impl Property {
    /// The roster as it is now, without the keys of whoever is revoked.
    pub(crate) fn roster(&self, revoked: &[Principal]) -> Result<Roster, PropertyError> {
        let before = self.predecessors()?;
        let mut keys = BTreeMap::new();
        for known in &self.registry.devices {
            let device = &known.device;
            if revoked.contains(&device.clone().into()) {
                continue;
            }
            let inherited = before.keys.get(device).copied();
            if let Some(key) = self.known_key(device)?.or(inherited) {
                keys.insert(device.clone(), key);
            }
        }
        let mut cas = vec![self.ca.certificate().to_owned()];
        cas.extend(before.cas);
        cas.truncate(Predecessors::CAS_MAX);
        Ok(Roster {
            v: Version,
            tenant: self.record.tenant.clone(),
            property: self.record.property.clone(),
            cas,
            registry: self.registry.clone(),
            ledger: self.ledger.clone(),
            keys,
        })
    }

    /// The key of a device that was given its leaf here.
    fn known_key(&self, device: &DeviceId) -> Result<Option<KnownKey>, PropertyError> {
        let dir = self.layout.identity(&device.clone().into());
        let Some(leaf) = store::find_text(&dir.join(CERT_FILE))? else {
            return Ok(None);
        };
        let leaf = CertificateDer::from_pem_slice(leaf.as_bytes()).ok();
        let lies = if dir.join(KEY_FILE).exists() {
            Whereabouts::Box
        } else {
            Whereabouts::Device
        };
        let sha256 = leaf.and_then(|leaf| public_sha256(&leaf));
        Ok(sha256.map(|sha256| KnownKey { sha256, lies }))
    }

    /// Refuses a roster or a notice that are not for this property and its authority.
    pub(crate) fn check_succession(
        &self,
        roster: &Roster,
        notice: &SignedCaReplacement,
    ) -> Result<(), PropertyError> {
        for (field, existing, wanted) in [
            (
                "tenant",
                self.record.tenant.as_str(),
                roster.tenant.as_str(),
            ),
            (
                "property",
                self.record.property.as_str(),
                roster.property.as_str(),
            ),
        ] {
            if existing != wanted {
                return Err(PropertyError::Conflict {
                    field,
                    existing: existing.to_owned(),
                    wanted: wanted.to_owned(),
                });
            }
        }
        let file = self.layout.replacement();
        let body = wire::encode(notice);
        let failed = |source| PropertyError::Notice {
            file: file.clone(),
            source: Box::new(source),
        };
        let realm = self.record.realm();
        let claimed = match store::find_text(&self.layout.root_certificate())? {
            Some(root) => {
                let root = CertificateDer::from_pem_slice(root.as_bytes());
                let root = root.map_err(|_| PropertyError::Authority {
                    file: self.layout.root_certificate(),
                    source: kit::ca::CaError::Certificate,
                })?;
                verify_replacement(&body, &root, &realm, Integer::default())
            }
            None => claimed_replacement(&body, &realm),
        };
        let claimed = claimed.map_err(failed)?;
        let named = public_sha256(&CertificateDer::from(claimed.ca.as_slice()));
        if named != Some(self.ca.public_sha256()) {
            return Err(PropertyError::OtherCa {
                found: named.unwrap_or(Sha256([0; 32])),
                wanted: self.ca.public_sha256(),
            });
        }
        if roster.cas.iter().any(|ca| ca == self.ca.certificate()) {
            return Err(PropertyError::OwnRoster);
        }
        match self.ca_number()? {
            last if claimed.number < last => Err(PropertyError::Conflict {
                field: "number of the notice",
                existing: last.to_string(),
                wanted: claimed.number.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Lets devices of a former authority come over: those whose keys nobody else can have. Says whose
    /// keys are taken, and whose are not. The roster and the notice were checked before.
    pub(crate) fn succeed(
        &mut self,
        roster: &Roster,
        notice: &SignedCaReplacement,
        disk: OldDisk,
    ) -> Result<(Vec<DeviceId>, Vec<DeviceId>), PropertyError> {
        let mut predecessors = self.predecessors()?;
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for known in &roster.registry.devices {
            let device = known.device.clone();
            match roster.keys.get(&device) {
                Some(key) if key.lies == Whereabouts::Device || disk == OldDisk::Safe => {
                    predecessors.keys.insert(device.clone(), *key);
                    taken.push(device);
                }
                Some(_) | None => left.push(device),
            }
        }
        for ca in roster.cas.iter().rev() {
            predecessors.cas.retain(|known| known != ca);
            predecessors.cas.insert(0, ca.clone());
        }
        predecessors.cas.truncate(Predecessors::CAS_MAX);
        // Who may come over, before devices hear that they may.
        let [(file, copy), (notice_file, notice_copy)] = self.layout.succession_copies();
        on_box::write_both(&file, &copy, &predecessors)?;
        on_box::write_both(&notice_file, &notice_copy, notice)?;
        Ok((taken, left))
    }

    /// Number of the property's last notice; 0 before the first.
    pub(crate) fn ca_number(&self) -> Result<Integer, PropertyError> {
        let file = self.layout.replacement();
        let Some(notice) = find::<SignedCaReplacement>(&file)? else {
            return Ok(Integer::default());
        };
        let claimed = claimed_replacement(&wire::encode(&notice), &self.record.realm());
        match claimed {
            Ok(claimed) => Ok(claimed.number),
            Err(source) => Err(PropertyError::Notice {
                file,
                source: Box::new(source),
            }),
        }
    }

    /// The chain root that devices of this property carry, PEM, where it is known.
    pub(crate) fn root(&self) -> Result<Option<String>, PropertyError> {
        Ok(store::find_text(&self.layout.root_certificate())?)
    }

    fn predecessors(&self) -> Result<Predecessors, PropertyError> {
        Ok(find(&self.layout.predecessors())?.unwrap_or_default())
    }
}

/// The record in a file; nothing where there is no such file.
pub(super) fn find<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, PropertyError> {
    if file.exists() {
        Ok(Some(store::read(file)?))
    } else {
        Ok(None)
    }
}

/// Reads a roster or a notice.
pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<T, PropertyError> {
    Ok(store::read(file)?)
}

/// Writes a roster.
pub(crate) fn write(file: &Path, roster: &Roster) -> Result<(), PropertyError> {
    Ok(store::write(file, roster)?)
}
