//! Presenting oneself.

use std::fmt;
use std::sync::Arc;

use ring::signature::{EcdsaKeyPair, KeyPair as _};
use wire::credential::{Claims, Credential, POP_TYPE, TOKEN_MAX};
use wire::{Octets, Principal, PropertyId, PublicKey, Signature};

use super::Refused;
use super::token::{self, Parts};
use crate::ca::Key;
use crate::identity::Identity;
use crate::identity::signing;

/// A credential with its key; cloned freely, its key never printed.
#[derive(Clone)]
pub struct Passport {
    principal: Principal,
    property: PropertyId,
    credential: Credential,
    key: Arc<EcdsaKeyPair>,
}

impl Passport {
    /// Presents the leaf certificate of `identity`.
    pub fn of(identity: &Identity) -> Self {
        let leaf = identity.chain[0].to_vec();
        let leaf = Octets::new(leaf).expect("a leaf of a property is far below the bound");
        Self {
            principal: identity.spiffe.id.clone(),
            property: identity.spiffe.property.clone(),
            credential: Credential::Certificate(leaf),
            key: identity.signer(),
        }
    }

    /// Presents a token that is bound to `key`.
    pub fn with_token(token: String, key: &Key) -> Result<Self, NotThisKey> {
        let claims: Claims = Parts::of(&token, POP_TYPE, TOKEN_MAX)?.payload()?;
        let confirmation = claims.cnf.ok_or(Refused::Token { what: "cnf" })?;
        if token::key(&confirmation.jwk)? != key.public_key() {
            return Err(NotThisKey::Other);
        }
        Ok(Self {
            principal: claims.sub,
            property: claims.property,
            credential: Credential::Token(token),
            key: key.signer(),
        })
    }

    /// What is presented.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Who presents it.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Where they belong.
    pub fn property(&self) -> &PropertyId {
        &self.property
    }

    /// The key of the credential.
    pub fn public_key(&self) -> PublicKey {
        public_key(&self.key)
    }

    /// Signs a [`wire::credential::proof`].
    pub fn sign(&self, message: &[u8]) -> Signature {
        signing::sign(&self.key, message)
    }
}

impl fmt::Debug for Passport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passport")
            .field("principal", &self.principal)
            .field("property", &self.property)
            .finish_non_exhaustive()
    }
}

/// The public half of a key pair.
pub(crate) fn public_key(key: &EcdsaKeyPair) -> PublicKey {
    let point = key.public_key().as_ref();
    PublicKey(
        point
            .try_into()
            .expect("ring writes points of P-256 uncompressed"),
    )
}

/// A token cannot be presented.
#[derive(Debug, thiserror::Error)]
pub enum NotThisKey {
    /// It cannot be read.
    #[error("token cannot be presented")]
    Token(#[from] Refused),
    /// It is bound to another key.
    #[error("token is bound to another key")]
    Other,
}
