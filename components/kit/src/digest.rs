//! Digests and chance, from the one cryptographic provider.

use ring::rand::{SecureRandom, SystemRandom};
use wire::Sha256;

/// The SHA-256 of `bytes` (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> Sha256 {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut octets = [0; 32];
    octets.copy_from_slice(digest.as_ref());
    Sha256(octets)
}

/// Bytes that nobody can foresee.
///
/// # Panics
///
/// When the kernel has no randomness, in which case nothing here may go on.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the kernel has randomness");
    bytes
}
