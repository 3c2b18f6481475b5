//! Digests and chance, from the one cryptographic provider.

use std::io;

use ring::rand::{SecureRandom, SystemRandom};
use wire::Sha256;

/// The SHA-256 of `bytes` (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> Sha256 {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut octets = [0; 32];
    octets.copy_from_slice(digest.as_ref());
    Sha256(octets)
}

/// The SHA-256 of bytes that come in pieces.
#[derive(Clone)]
pub struct Digesting(ring::digest::Context);

impl Digesting {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }

    /// Goes on with these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything that was added.
    pub fn finish(self) -> Sha256 {
        let mut octets = [0; 32];
        octets.copy_from_slice(self.0.finish().as_ref());
        Sha256(octets)
    }
}

/// Takes all that is written, for `std::io::copy`.
impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Default for Digesting {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Digesting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SHA-256 under way")
    }
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
