//! The chain root: it vouches for property CAs to the cloud, and for the cloud to properties.

use std::fmt;

use rcgen::{Issuer, KeyPair, PublicKeyData};
use time::OffsetDateTime;

use super::leaf::{self, ServerNames};
use super::property::{self, authority, issuer};
use super::{CaError, Key, PropertyCa};
use crate::identity::Realm;

/// Signs property CAs and the servers of the cloud; kept offline, never on a box.
pub struct ChainRoot {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl ChainRoot {
    /// A new root, as throw-away hotels use.
    pub fn create(key: Key, now: OffsetDateTime) -> Result<Self, CaError> {
        let params = authority("hotel chain root", 1, now);
        let certificate = params.self_signed(&key.0).map_err(CaError::Sign)?.pem();
        Ok(Self {
            certificate,
            issuer: Issuer::new(params, key.0),
        })
    }

    /// The root of files written before.
    pub fn load(certificate: &str, key: &str) -> Result<Self, CaError> {
        match issuer(certificate, key)? {
            (_, Some(0)) => Err(CaError::ChainTooShort),
            (issuer, _) => Ok(Self {
                certificate: certificate.to_owned(),
                issuer,
            }),
        }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The property CA's own key and name under this root, in PEM.
    pub fn cross_sign(&self, ca: &PropertyCa, now: OffsetDateTime) -> Result<String, CaError> {
        ca.signed_by(&self.issuer, now)
    }

    /// The key of a property's CA, under the CA's name and this root, in PEM.
    pub(super) fn vouch(
        &self,
        realm: &Realm,
        key: &impl PublicKeyData,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        leaf::sign(property::params(realm, now), key, &self.issuer)
    }

    /// The leaf of a server in the cloud, in PEM; at least one name.
    pub fn issue_cloud_server(
        &self,
        names: &ServerNames,
        key: &Key,
        now: OffsetDateTime,
    ) -> Result<String, CaError> {
        leaf::sign(leaf::of_cloud_server(names, now)?, &key.0, &self.issuer)
    }
}

impl fmt::Debug for ChainRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainRoot").finish_non_exhaustive()
    }
}
