//! Where the files of a property are.

use std::path::{Path, PathBuf};

use wire::Principal;

/// The directory of a property.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The directory itself.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The layout below `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The authority and what it knows.
    pub(crate) fn property_dir(&self) -> PathBuf {
        self.dir.join("property")
    }

    fn property(&self, name: &str) -> PathBuf {
        self.property_dir().join(name)
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.property("lock")
    }

    /// `property.json`.
    pub(crate) fn record(&self) -> PathBuf {
        self.property("property.json")
    }

    /// The registry of devices.
    pub(crate) fn devices(&self) -> PathBuf {
        self.property("devices.json")
    }

    pub(super) fn principals(&self) -> PathBuf {
        self.property("principals.json")
    }

    /// The copy of `principals.json` that the box's `authority` reads.
    pub(super) fn settled_principals(&self) -> PathBuf {
        self.dir.join("authority/ca/principals.json")
    }

    /// The copy of `devices.json` that the box's `iot-gateway` reads.
    pub(super) fn settled_devices(&self) -> PathBuf {
        self.dir.join("iot-gateway/devices.json")
    }

    /// The CA's certificate.
    pub(crate) fn ca_certificate(&self) -> PathBuf {
        self.property("ca.pem")
    }

    pub(super) fn ca_key(&self) -> PathBuf {
        self.property("ca.key")
    }

    pub(super) fn chain(&self) -> PathBuf {
        self.property("chain")
    }

    /// The chain root's certificate.
    pub(crate) fn root_certificate(&self) -> PathBuf {
        self.chain().join("root.pem")
    }

    pub(super) fn root_key(&self) -> PathBuf {
        self.chain().join("root.key")
    }

    /// The chain root's notice, for devices of a former authority.
    pub(super) fn replacement(&self) -> PathBuf {
        self.property("ca-replacement.json")
    }

    /// The former authorities, and whose leaves of them are exchanged.
    pub(super) fn predecessors(&self) -> PathBuf {
        self.property("predecessors.json")
    }

    /// Whom the box refused that handed the property on.
    pub(super) fn revocations(&self) -> PathBuf {
        self.property("inherited-revocations.json")
    }

    /// The former authorities and the notice, with the copies that the box's `authority` reads.
    pub(super) fn succession_copies(&self) -> [(PathBuf, PathBuf); 2] {
        let copies = self.dir.join("authority/ca");
        [self.predecessors(), self.replacement()].map(|file| {
            let name = file.file_name().expect("files of a property have names");
            let copy = copies.join(name);
            (file, copy)
        })
    }

    pub(super) fn cross_signed(&self) -> PathBuf {
        self.chain().join("cross.pem")
    }

    /// What the chain root is asked, while it has not answered.
    pub(crate) fn cross_sign_request(&self) -> PathBuf {
        self.chain().join("request.json")
    }

    /// The record for the cloud.
    pub(crate) fn registration(&self) -> PathBuf {
        self.chain().join("registration.json")
    }

    /// The directory of a principal's identity.
    pub(crate) fn identity(&self, principal: &Principal) -> PathBuf {
        self.dir.join("identity").join(principal.as_str())
    }
}
