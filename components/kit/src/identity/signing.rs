//! Signing as a principal: ECDSA on P-256 with SHA-256, r and s (RFC 7518 §3.4).

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use wire::Signature;

/// Reads PKCS #8; nothing when it is no key pair on P-256.
pub(crate) fn key_pair(pkcs8: &[u8]) -> Option<EcdsaKeyPair> {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random).ok()
}

/// Signs.
///
/// # Panics
///
/// When the kernel has no randomness, in which case nothing may be signed.
pub(crate) fn sign(key: &EcdsaKeyPair, message: &[u8]) -> Signature {
    let signature = key
        .sign(&SystemRandom::new(), message)
        .expect("the kernel has randomness");
    let octets = signature.as_ref().try_into();
    Signature(octets.expect("a signature of P-256 in fixed form has 64 octets"))
}
