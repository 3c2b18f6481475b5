//! Where things are in the directory of a local hotel.

use std::path::{Path, PathBuf};

/// The directory of a local hotel.
///
/// ```text
/// hotel.json            where everything is
/// property/             registry and keys, as edgectl's offline commands keep them
/// identity/NAME/        ca.pem, cert.pem, key.pem of everybody
/// config/NAME.json      configuration of a component        data/NAME/  what it keeps
/// work/NAME/            its working directory               logs/NAME.log
/// sim/ledger.db         what the simulated devices said
/// tickets/              what the simulated printer printed
/// cloud/                what the simulated cloud knows of hotels, and its server's identity
/// models/               signed bundles for `inference`    models.key  what they are signed with
/// installed/            releases that were checked, and which one runs
/// handover/             backups on their way to `uplink`  backup.key  what opens them
/// run/                  lock, state, chosen ports, notification sockets
/// ```
#[derive(Debug, Clone)]
pub(super) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The layout below an absolute directory.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn hotel(&self) -> PathBuf {
        self.dir.join("hotel.json")
    }

    pub(super) fn property(&self) -> PathBuf {
        self.dir.join("property")
    }

    pub(super) fn policy(&self) -> PathBuf {
        self.dir.join("config/policy.json")
    }

    pub(super) fn config(&self, name: &str) -> PathBuf {
        self.dir.join(format!("config/{name}.json"))
    }

    pub(super) fn data(&self, name: &str) -> PathBuf {
        self.dir.join("data").join(name)
    }

    pub(super) fn work(&self, name: &str) -> PathBuf {
        self.dir.join("work").join(name)
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.dir.join("sim/ledger.db")
    }

    pub(super) fn tickets(&self) -> PathBuf {
        self.dir.join("tickets")
    }

    /// Where a database of this name has its socket.
    pub(super) fn database(&self, name: &str) -> PathBuf {
        self.data(name).join("run")
    }

    /// Identity of the servers in the simulated cloud.
    pub(super) fn cloud_server(&self) -> PathBuf {
        self.dir.join("cloud/server")
    }

    /// Records of the hotels that the simulated cloud knows.
    pub(super) fn cloud_properties(&self) -> PathBuf {
        self.dir.join("cloud/properties")
    }

    /// Bundles for `inference`.
    pub(super) fn models(&self) -> PathBuf {
        self.dir.join("models")
    }

    /// The throw-away key that signs them.
    pub(super) fn models_key(&self) -> PathBuf {
        self.dir.join("models.key")
    }

    /// Releases, for `up --installed`.
    pub(super) fn installed(&self) -> PathBuf {
        self.dir.join("installed")
    }

    /// Where backups are handed over.
    pub(super) fn handover(&self) -> PathBuf {
        self.dir.join("handover")
    }

    /// The key that opens backups; on a real box nobody has it.
    pub(super) fn backup_key(&self) -> PathBuf {
        self.dir.join("backup.key")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.dir.join("run")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.run().join("lock")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.run().join("state.json")
    }

    pub(super) fn ports(&self) -> PathBuf {
        self.run().join("ports.json")
    }

    pub(super) fn socket(&self, name: &str) -> PathBuf {
        self.run().join(name)
    }
}
