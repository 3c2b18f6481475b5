//! What of the property lies with its components on a box, where a first boot put it
//! (`first_boot::settle`). A local hotel has none of it: there everybody reads the property itself.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use kit::identity::{CA_FILE, CERT_FILE, Holder, KEY_FILE};
use serde::Serialize;
use wire::Component;
use wire::registry::Registry;

use super::{Layout, PropertyError, store};

/// The identity that a component of this box works with.
pub(super) fn identity(layout: &Layout, holder: &Holder) -> Option<PathBuf> {
    let Holder::Component(component) = holder else {
        return None;
    };
    let dir = layout.dir().join(component.as_str()).join("identity");
    dir.is_dir().then_some(dir)
}

/// Leaves the files of an identity to whom their directory belongs: the component's Unix user, who
/// could not read a key of root's.
pub(super) fn give(dir: &Path) -> Result<(), PropertyError> {
    [CA_FILE, CERT_FILE, KEY_FILE]
        .iter()
        .try_for_each(|name| give_file(dir, &dir.join(name)))
}

/// Brings the registry that `iot-gateway` of this box reads to what it is now.
pub(super) fn share(layout: &Layout, registry: &Registry) -> Result<(), PropertyError> {
    let dir = layout.dir().join(Component::IotGateway.as_str());
    let file = dir.join("devices.json");
    if !file.exists() || store::read::<Registry>(&file).is_ok_and(|kept| kept == *registry) {
        return Ok(());
    }
    store::write(&file, registry)?;
    give_file(&dir, &file)
}

/// Writes a file of the property, and its copy where the first boot made a place for it.
pub(super) fn write_both<T: Serialize>(
    file: &Path,
    copy: &Path,
    value: &T,
) -> Result<(), PropertyError> {
    store::write(file, value)?;
    match copy.parent() {
        Some(dir) if dir.is_dir() => {
            store::write(copy, value)?;
            give_file(dir, copy)
        }
        Some(_) | None => Ok(()),
    }
}

fn give_file(dir: &Path, file: &Path) -> Result<(), PropertyError> {
    let given =
        fs::metadata(dir).and_then(|owner| chown(file, Some(owner.uid()), Some(owner.gid())));
    given.map_err(|source: io::Error| PropertyError::Owner {
        file: file.to_owned(),
        source,
    })
}
