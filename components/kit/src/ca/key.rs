//! Key pairs.

use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use ring::signature::EcdsaKeyPair;
use wire::{PublicKey, Sha256, Signature};

use super::CaError;
use crate::digest::sha256;
use crate::identity::signing;

/// A P-256 key pair; never printed, only written to its own file.
pub struct Key(pub(super) KeyPair);

impl Key {
    /// A new key.
    ///
    /// # Panics
    ///
    /// When the kernel has no randomness, in which case no key may be made.
    pub fn generate() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256);
        Self(pair.expect("the kernel has randomness"))
    }

    /// Reads PKCS #8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, CaError> {
        KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_ECDSA_P256_SHA256)
            .map(Self)
            .map_err(CaError::Key)
    }

    /// Writes PKCS #8 PEM: the secret itself.
    pub fn secret_pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        let point = self.0.public_key_raw();
        PublicKey(
            point
                .try_into()
                .expect("rcgen writes points of P-256 uncompressed"),
        )
    }

    /// Signs with the key (ECDSA P-256, SHA-256).
    pub fn sign(&self, message: &[u8]) -> Signature {
        signing::sign(&self.signer(), message)
    }

    pub(crate) fn signer(&self) -> Arc<EcdsaKeyPair> {
        let pair = signing::key_pair(self.0.serialized_der());
        Arc::new(pair.expect("the key is on P-256"))
    }

    /// A certificate signing request (PKCS #10, PEM) that says nothing but the key.
    pub fn signing_request(&self) -> Result<String, CaError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&self.0).map_err(CaError::Sign)?;
        request.pem().map_err(CaError::Sign)
    }

    /// SHA-256 of the public key as certificates carry it (`SubjectPublicKeyInfo` in DER).
    pub fn public_sha256(&self) -> Sha256 {
        sha256(&self.0.subject_public_key_info())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.public_sha256())
    }
}
