//! Making a property, in steps that can be taken again after a power cut.

use std::path::{Path, PathBuf};

use kit::ca::files::{write_open, write_secret};
use kit::ca::{ChainRoot, CrossSignRequest, Key, PropertyCa, Registration};
use kit::identity::{Holder, Realm};
use time::OffsetDateTime;
use wire::registry::Registry;
use wire::{BoxId, Component, Integer};

use super::{Change, Layout, Ledger, PropertyError, Record, store};

/// What a new property is to be.
#[derive(Debug, Clone)]
pub(crate) struct Founding {
    /// Trust domain, tenant and property.
    pub realm: Realm,
    /// This box.
    pub box_id: BoxId,
    /// Names and addresses of the box besides those that every box has.
    pub server_names: Vec<String>,
    /// Who vouches for the property to the cloud.
    pub vouching: Vouching,
}

/// Who vouches for a property to the cloud.
#[derive(Debug, Clone)]
pub(crate) enum Vouching {
    /// A chain root made on the spot, for hotels that are thrown away.
    Throwaway,
    /// The chain root in these files.
    Now(ChainRootFiles),
    /// A chain root elsewhere: a request is left for it.
    Later,
}

/// Where a chain root is read from.
#[derive(Debug, Clone)]
pub(crate) struct ChainRootFiles {
    /// Its certificate.
    pub certificate: PathBuf,
    /// Its key, which is not kept.
    pub key: PathBuf,
}

/// Writes what is missing; `property.json` comes last and says that everything is there.
pub(super) fn found(
    layout: &Layout,
    founding: Founding,
    now: OffsetDateTime,
) -> Result<Change, PropertyError> {
    let record = Record::of(&founding)?;
    record.server_names(&Holder::Component(Component::Broker))?;
    if layout.record().exists() {
        let existing: Record = store::read(&layout.record())?;
        existing.agree(&record)?;
        agree_on_root(layout, &founding.vouching)?;
        return Ok(Change::None);
    }
    let ca = authority(layout, founding.realm, now)?;
    vouch(layout, founding.vouching, &ca, now)?;
    if !layout.devices().exists() {
        store::write(&layout.devices(), &Registry::default())?;
    }
    if !layout.principals().exists() {
        store::write(&layout.principals(), &Ledger::default())?;
    }
    store::write(&layout.record(), &record)?;
    Ok(Change::Made)
}

/// The property CA; the key of an interrupted run is used on.
fn authority(
    layout: &Layout,
    realm: Realm,
    now: OffsetDateTime,
) -> Result<PropertyCa, PropertyError> {
    let file = layout.ca_certificate();
    let failed = |source| PropertyError::Authority {
        file: file.clone(),
        source,
    };
    let key = match store::find_text(&layout.ca_key())? {
        Some(pem) => Key::from_pem(&pem).map_err(failed)?,
        None => new_key(&layout.ca_key())?,
    };
    let ca = PropertyCa::create(realm, key, now).map_err(failed)?;
    write_open(&file, ca.certificate().as_bytes())?;
    Ok(ca)
}

/// Lets the chain root vouch for the CA, and writes the record for the cloud, or asks for it.
fn vouch(
    layout: &Layout,
    vouching: Vouching,
    ca: &PropertyCa,
    now: OffsetDateTime,
) -> Result<(), PropertyError> {
    let file = layout.root_certificate();
    let failed = |source| PropertyError::Authority {
        file: file.clone(),
        source,
    };
    let root = match vouching {
        Vouching::Later => {
            store::write(&layout.cross_sign_request(), &CrossSignRequest::of(ca))?;
            return Ok(());
        }
        Vouching::Now(files) => {
            let (certificate, key) = (
                store::read_text(&files.certificate)?,
                store::read_text(&files.key)?,
            );
            ChainRoot::load(&certificate, &key).map_err(|source| PropertyError::Authority {
                file: files.certificate,
                source,
            })?
        }
        Vouching::Throwaway => {
            ChainRoot::create(new_key(&layout.root_key())?, now).map_err(failed)?
        }
    };
    let cross_signed = root.cross_sign(ca, now).map_err(failed)?;
    write_open(&file, root.certificate().as_bytes())?;
    write_open(&layout.cross_signed(), cross_signed.as_bytes())?;
    let registration = Registration::new(ca, cross_signed, unix_ms(now));
    store::write(&layout.registration(), &registration)?;
    Ok(())
}

fn new_key(file: &Path) -> Result<Key, PropertyError> {
    let key = Key::generate();
    write_secret(file, key.secret_pem().as_bytes())?;
    Ok(key)
}

/// Refuses another chain root than the one that vouched for the property.
fn agree_on_root(layout: &Layout, vouching: &Vouching) -> Result<(), PropertyError> {
    let Vouching::Now(files) = vouching else {
        return Ok(());
    };
    let existing = store::read_text(&layout.root_certificate())?;
    let wanted = store::read_text(&files.certificate)?;
    if existing == wanted {
        return Ok(());
    }
    Err(PropertyError::Conflict {
        field: "chain-root-cert",
        existing: layout.root_certificate().display().to_string(),
        wanted: files.certificate.display().to_string(),
    })
}

fn unix_ms(now: OffsetDateTime) -> Integer {
    let ms = now.unix_timestamp_nanos() / 1_000_000;
    u64::try_from(ms)
        .ok()
        .and_then(Integer::new)
        .unwrap_or_default()
}
