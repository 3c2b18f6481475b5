//! The CA of the property, and the leaves that it signs.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use kit::ca::files::{WriteError, write_open};
use kit::ca::{CaError, Key, PropertyCa, ServerNames};
use kit::identity::{
    CERT_FILE, Holder, Identity, IdentityError, KEY_FILE, Particulars, Realm, WrongCertificate,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::sync::watch;
use wire::{BoxId, Integer};

/// The CA's certificate, as provisioning leaves it.
const CERTIFICATE: &str = "ca.pem";
/// The CA's key.
const KEY: &str = "ca.key";
/// What the property is called, and under which names its box is reached.
const RECORD: &str = "property.json";

/// Names under which every component of a box is reached from the box itself, and the box from
/// the hotel; provisioning writes the same into first leaves.
const NAMES: &[&str] = &["greengrass.local", "localhost", "127.0.0.1", "::1"];

/// The CA with its key.
#[derive(Debug)]
pub(crate) struct Ca {
    dir: PathBuf,
    signer: PropertyCa,
    box_id: BoxId,
    /// The machine's own addresses, as far as leaves carry them.
    addresses: watch::Sender<BTreeSet<IpAddr>>,
}

/// The part of the property's record that is of interest here.
#[derive(Debug, Deserialize)]
struct Record {
    #[serde(default)]
    server_names: Vec<String>,
}

impl Ca {
    /// The CA whose files are in `dir`.
    pub(crate) fn load(dir: &Path, realm: Realm, box_id: BoxId) -> Result<Self, IssueError> {
        let certificate = read(&dir.join(CERTIFICATE))?;
        let key = read(&dir.join(KEY))?;
        let signer = PropertyCa::load(realm, &certificate, &key).map_err(IssueError::Authority)?;
        let ca = Self {
            dir: dir.to_owned(),
            signer,
            box_id,
            addresses: watch::Sender::default(),
        };
        ca.server_names()?;
        Ok(ca)
    }

    /// The certificate, PEM.
    pub(crate) fn certificate(&self) -> &str {
        self.signer.certificate()
    }

    /// The same in DER.
    pub(crate) fn der(&self) -> Result<CertificateDer<'static>, IssueError> {
        CertificateDer::from_pem_slice(self.certificate().as_bytes())
            .map_err(|_| IssueError::Authority(CaError::Certificate))
    }

    /// A leaf, PEM, for the key of a signing request.
    pub(crate) fn issue(
        &self,
        holder: &Holder,
        csr: &str,
        now: Integer,
    ) -> Result<String, IssueError> {
        let names = self.server_names()?;
        self.signer
            .issue_from_csr(holder, &names, csr, calendar(now))
            .map_err(IssueError::Issue)
    }

    /// Replaces the leaf in `dir` by a new one for the same key; only one file changes, so a power
    /// cut leaves the old leaf or the new one.
    pub(crate) fn renew(
        &self,
        holder: &Holder,
        dir: &Path,
        now: Integer,
    ) -> Result<Identity, IssueError> {
        let names = self.server_names()?;
        let key = Key::from_pem(&read(&dir.join(KEY_FILE))?).map_err(IssueError::Issue)?;
        let leaf = self
            .signer
            .issue(holder, &names, &key, calendar(now))
            .map_err(IssueError::Issue)?;
        write_open(&dir.join(CERT_FILE), leaf.as_bytes())?;
        Ok(Identity::load(dir)?)
    }

    /// Leaves carry these addresses of the machine from now on.
    pub(crate) fn carry(&self, addresses: BTreeSet<IpAddr>) {
        self.addresses.send_replace(addresses);
    }

    /// The machine's addresses that leaves carry, and their changes.
    pub(crate) fn carried(&self) -> watch::Receiver<BTreeSet<IpAddr>> {
        self.addresses.subscribe()
    }

    /// The addresses that a leaf carries because it was issued on this machine, not because
    /// provisioning named them.
    pub(crate) fn own_addresses(&self, leaf: &Particulars) -> Result<Vec<IpAddr>, IssueError> {
        let named = self.named()?.to_strings();
        let others = leaf
            .server_names
            .iter()
            .filter(|name| !named.contains(name));
        Ok(others.filter_map(|name| name.parse().ok()).collect())
    }

    /// What the leaf of a component that is issued now carries.
    pub(crate) fn server_names(&self) -> Result<ServerNames, IssueError> {
        let addresses = self.addresses.borrow().clone();
        let addresses = addresses.iter().map(ToString::to_string);
        let names = self.named()?.to_strings().into_iter().chain(addresses);
        ServerNames::parse(names).map_err(IssueError::Issue)
    }

    /// What it carries on whatever network the machine is; read each time, so that another name of the
    /// box counts with the next leaf.
    fn named(&self) -> Result<ServerNames, IssueError> {
        let path = self.dir.join(RECORD);
        let record: Record = serde_json::from_str(&read(&path)?)
            .map_err(|source| IssueError::Record { path, source })?;
        let fixed = NAMES.iter().copied().chain([self.box_id.as_str()]);
        let names = fixed.chain(record.server_names.iter().map(String::as_str));
        ServerNames::parse(names).map_err(IssueError::Issue)
    }
}

fn read(path: &Path) -> Result<String, IssueError> {
    fs::read_to_string(path).map_err(|source| IssueError::Read {
        path: path.to_owned(),
        source,
    })
}

fn calendar(now: Integer) -> OffsetDateTime {
    i64::try_from(now.value() / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A leaf cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A file of the CA, or of our own identity, cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The files are not those of the property's CA.
    #[error("cannot use the property's certificate authority")]
    Authority(#[source] CaError),
    /// The property's record is damaged.
    #[error("cannot decode {}", path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The leaf itself cannot be made.
    #[error("cannot issue a certificate")]
    Issue(#[source] CaError),
    /// Our own leaf does not say whose it is.
    #[error("our own leaf cannot be read")]
    OwnLeaf(#[source] WrongCertificate),
    /// Our own leaf cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Our own new leaf cannot be used.
    #[error("the renewed identity cannot be used")]
    Identity(#[from] IdentityError),
}

#[cfg(test)]
pub(crate) mod tests;
