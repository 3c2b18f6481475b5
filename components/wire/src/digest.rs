//! SHA-256 digests as they are written: 64 lower-case hexadecimal digits, or the first 12.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A SHA-256 digest (FIPS 180-4); computed by `kit`, only carried here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Its first digits.
    pub fn short(&self) -> ShortSha256 {
        let first = self.0.first_chunk();
        ShortSha256(*first.expect("a digest has more octets than its beginning"))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        octets(text).map(Self)
    }
}

/// Exactly as many octets as are asked for.
fn octets<const N: usize>(text: &str) -> Result<[u8; N], NotADigest> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return Err(NotADigest);
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Ok(octets)
}

fn nibble(digit: u8) -> Result<u8, NotADigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotADigest),
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

/// The text is not as many lower-case hexadecimal digits as the digest has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest in lower-case hexadecimal digits: 64, or 12 where it is cut")]
pub struct NotADigest;

/// The first 12 hexadecimal digits of a SHA-256: enough to tell two versions of one thing apart, where
/// each digit costs, since digests cannot be compressed, and too few to look like the number of a
/// payment card, which have 13 to 19. No proof against whoever made both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9a-f]{12}$"))]
pub struct ShortSha256(pub [u8; 6]);

impl fmt::Display for ShortSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ShortSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ShortSha256 {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        octets(text).map(Self)
    }
}

impl TryFrom<String> for ShortSha256 {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<ShortSha256> for String {
    fn from(digest: ShortSha256) -> Self {
        digest.to_string()
    }
}
