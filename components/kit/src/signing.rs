//! Ed25519 (RFC 8032): keys by which releases and models are signed before they reach a box.
//!
//! Keys and signatures are base64url without padding; a signing key is kept as its seed.

use std::fmt;
use std::str::FromStr;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::octets::{from_base64url, to_base64url};

/// A key whose signatures are believed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key as configurations have it: base64url without padding.
    pub fn text(&self) -> String {
        to_base64url(&self.0)
    }

    /// Whether this key signed a content; a text that is no signature was signed by nobody.
    pub fn signed(&self, content: &[u8], signature: &[u8]) -> bool {
        let text = std::str::from_utf8(signature).unwrap_or_default();
        let signature = from_base64url(text.trim()).unwrap_or_default();
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        key.verify(content, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl FromStr for PublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let octets = from_base64url(text).and_then(|octets| octets.try_into().ok());
        octets.map(Self).ok_or(NotAKey)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 key, 32 octets in base64url without padding")]
pub struct NotAKey;

/// A key that signs; never printed.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new key, as it is kept: the seed in base64url.
    pub fn generate() -> String {
        to_base64url(&crate::digest::random::<32>())
    }

    /// Reads a key as [`Self::generate`] made it.
    pub fn read(text: &str) -> Result<Self, NotAKey> {
        let seed = from_base64url(text.trim()).ok_or(NotAKey)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        pair.map(Self).map_err(|_| NotAKey)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        let key = self.0.public_key().as_ref().try_into();
        PublicKey(key.expect("Ed25519 keys have 32 octets"))
    }

    /// The signature of a content, as text.
    pub fn sign(&self, content: &[u8]) -> String {
        to_base64url(self.0.sign(content).as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().text())
    }
}
