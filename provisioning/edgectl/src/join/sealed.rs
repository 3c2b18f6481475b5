//! An answer that only one waiting process can open: X25519, HKDF-SHA256, AES-256-GCM (RFC 7748,
//! RFC 5869, RFC 5116). Each key is used once, so the nonce is zero; the whole request is the salt,
//! so an answer fits one request only.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kit::digest::sha256;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

/// What the key is for.
const INFO: &[u8] = b"hotel join v1";
/// Letters of a code: none that is mistaken for another (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 80 bits, so that nobody finds another request with the same one.
const CODE_LETTERS: usize = 16;

/// A key that was just made and is in memory only.
pub(super) struct Chest {
    key: EphemeralPrivateKey,
    public: Vec<u8>,
}

/// The key with the request that was sent.
pub(super) struct Waiting {
    key: EphemeralPrivateKey,
    request: Vec<u8>,
}

/// A sealed answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    /// The sender's key, used once.
    from: String,
    /// What only the addressee reads.
    content: String,
}

impl Chest {
    /// A new key.
    pub(super) fn new() -> Self {
        let key = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new());
        let key = key.expect("the kernel has randomness");
        let public = key
            .compute_public_key()
            .expect("an own key has its public half");
        let public = public.as_ref().to_vec();
        Self { key, public }
    }

    /// What the request says to seal the answer to.
    pub(super) fn address(&self) -> String {
        STANDARD.encode(&self.public)
    }

    /// Waits for the answer to a request.
    pub(super) fn wait(self, request: &[u8]) -> Waiting {
        Waiting {
            key: self.key,
            request: request.to_vec(),
        }
    }
}

impl Waiting {
    /// What people compare.
    pub(super) fn code(&self) -> Code {
        Code::of(&self.request)
    }

    /// What an answer says, if it is for this request.
    pub(super) fn open(self, answer: &Sealed) -> Option<Vec<u8>> {
        let from = STANDARD.decode(&answer.from).ok()?;
        let mut content = STANDARD.decode(&answer.content).ok()?;
        let key = agree(self.key, &from, &self.request)?;
        let opened = key.open_in_place(nonce(), Aad::from(&self.request), &mut content);
        opened.ok().map(|content| content.to_vec())
    }
}

/// Seals an answer to a request; nothing when its address is none.
pub(super) fn seal(to: &str, request: &[u8], mut content: Vec<u8>) -> Option<Sealed> {
    let to = STANDARD.decode(to).ok()?;
    let own = Chest::new();
    let from = own.address();
    let key = agree(own.key, &to, request)?;
    key.seal_in_place_append_tag(nonce(), Aad::from(request), &mut content)
        .ok()?;
    let content = STANDARD.encode(&content);
    Some(Sealed { from, content })
}

fn agree(own: EphemeralPrivateKey, other: &[u8], request: &[u8]) -> Option<LessSafeKey> {
    let other = UnparsedPublicKey::new(&X25519, other);
    agree_ephemeral(own, &other, |shared| {
        let salt = Salt::new(HKDF_SHA256, sha256(request).0.as_slice());
        let extracted = salt.extract(shared);
        let expanded = extracted.expand(&[INFO], &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(expanded)))
    })
    .ok()?
}

/// Each key seals one message.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// What two people compare: `7QK3-0VXM-…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code(String);

impl Code {
    /// Of a request's bytes.
    pub(super) fn of(request: &[u8]) -> Self {
        let digest = sha256(request).0;
        let letter = |index: usize| {
            let bit = index * 5;
            let pair = u16::from(digest[bit / 8]) << 8 | u16::from(digest[bit / 8 + 1]);
            let place = usize::from(pair >> (11 - bit % 8) & 31);
            char::from(LETTERS[place])
        };
        Self((0..CODE_LETTERS).map(letter).collect())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letters: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | ' '))
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let known = |letter: char| letter.is_ascii() && LETTERS.contains(&(letter as u8));
        if letters.len() != CODE_LETTERS || !letters.chars().all(known) {
            return Err(format!("a code has {CODE_LETTERS} letters and digits"));
        }
        Ok(Self(letters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_opens_for_its_request_only() {
        let chest = Chest::new();
        let to = chest.address();
        let sealed = seal(&to, b"request", b"secret".to_vec()).unwrap();
        assert!(!serde_json::to_string(&sealed).unwrap().contains("secret"));
        assert_eq!(chest.wait(b"request").open(&sealed).unwrap(), b"secret");

        let other = Chest::new();
        let sealed = seal(&other.address(), b"request", b"secret".to_vec()).unwrap();
        assert_eq!(other.wait(b"another").open(&sealed), None);
        assert_eq!(Chest::new().wait(b"request").open(&sealed), None);
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = Code::of(b"request");
        let shown = code.to_string();
        assert_eq!(shown.len(), 19);
        assert_eq!(
            shown
                .to_lowercase()
                .replace('-', " ")
                .parse::<Code>()
                .unwrap(),
            code
        );
        assert_ne!(Code::of(b"another"), code);
        assert!("1234".parse::<Code>().is_err());
    }
}
