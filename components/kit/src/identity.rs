//! Who this program is: its certificate, its key and the one CA it trusts.
//!
//! An identity is a directory of three files, `ca.pem`, `cert.pem` and `key.pem`, that provisioning
//! writes and renews. Promises: what loads is complete and fits together (leaf signed by the
//! anchor, key of the leaf, CN of the SPIFFE id); a key that others may read is refused; key
//! material is never printed; a renewed identity is taken up without a restart, a half-written one
//! never. Expiry is left to the handshake: an expired leaf may still ask for its renewal.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ring::signature::EcdsaKeyPair;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use wire::{Integer, Signature};

mod certificate;
mod follow;
mod load;
mod renewal;
mod replacement;
pub(crate) mod signing;
mod spiffe;

pub use certificate::{Particulars, WrongCertificate};
pub use follow::follow;
pub use load::IdentityError;
pub use renewal::{Door, DoorError, RenewalError, keep_current, renew, show_overdue};
pub use replacement::{
    DeviceLeaf, REPLACEMENT_FILE, ROOT_FILE, ReplacementError, accept, come_over, load_device,
    note_number,
};
pub use spiffe::{
    Holder, NotASpiffeId, NotATrustDomain, PrincipalKind, Realm, SpiffeId, TrustDomain,
};

/// File of the trusted CA certificates; more than one only while a CA is being replaced.
pub const CA_FILE: &str = "ca.pem";
/// File of the leaf certificate, followed by intermediates if there are any.
pub const CERT_FILE: &str = "cert.pem";
/// File of the leaf's private key (PKCS #8), for its owner's eyes only.
pub const KEY_FILE: &str = "key.pem";

/// How long after it was due a renewal is late, in milliseconds: whoever holds the leaf has tried some
/// hundred times.
const OVERDUE_MS: u64 = 24 * 60 * 60 * 1_000;

/// A principal's certificate with its key, and the CA of its property.
#[derive(Clone)]
pub struct Identity {
    /// Who.
    pub spiffe: SpiffeId,
    /// The property's CA; the only one trusted.
    pub anchor: Vec<CertificateDer<'static>>,
    /// The leaf, then its intermediates.
    pub chain: Vec<CertificateDer<'static>>,
    /// Valid from, in Unix milliseconds.
    pub not_before: Integer,
    /// Valid until, in Unix milliseconds.
    pub not_after: Integer,
    roots: Arc<RootCertStore>,
    certified: Arc<CertifiedKey>,
    signer: Arc<EcdsaKeyPair>,
}

impl Identity {
    /// Loads the identity kept in `dir`.
    pub fn load(dir: &Path) -> Result<Self, IdentityError> {
        load::Files::read(dir)?.parse(dir)
    }

    /// When a renewal is due: two thirds of the leaf's life, in Unix milliseconds.
    pub fn renewal_at(&self) -> Integer {
        let (from, until) = (self.not_before.value(), self.not_after.value());
        let due = from + until.saturating_sub(from) / 3 * 2;
        Integer::new(due).expect("two thirds lie between two integers")
    }

    /// How long until a renewal is due; nothing when it is: at two thirds of the leaf's life, or when
    /// the leaf begins after `now`, which a clock that was ahead leaves behind.
    pub fn due_in(&self, now: Integer) -> Option<Duration> {
        let left = self.renewal_at().value().saturating_sub(now.value());
        (now >= self.not_before && left > 0).then(|| Duration::from_millis(left))
    }

    /// Whether its renewal is late: it was due a day ago.
    pub fn is_overdue(&self, now: Integer) -> bool {
        now.value().saturating_sub(self.renewal_at().value()) > OVERDUE_MS
    }

    /// DNS names and addresses under which browsers reach the holder; none unless it is a component.
    pub fn server_names(&self) -> BTreeSet<String> {
        Particulars::of(&self.chain[0])
            .map(|leaf| leaf.server_names.into_iter().collect())
            .unwrap_or_default()
    }

    /// Signs with the leaf's key (ECDSA P-256, SHA-256).
    pub fn sign(&self, message: &[u8]) -> Signature {
        signing::sign(&self.signer, message)
    }

    pub(crate) fn signer(&self) -> Arc<EcdsaKeyPair> {
        Arc::clone(&self.signer)
    }

    /// The same leaf of somebody who believes another CA, which has not issued it.
    pub(crate) fn under(self, ca: CertificateDer<'static>) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone()).ok()?;
        Some(Self {
            anchor: vec![ca],
            roots: Arc::new(roots),
            ..self
        })
    }

    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.roots)
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("spiffe", &self.spiffe.to_string())
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
