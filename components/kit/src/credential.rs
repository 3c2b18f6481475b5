//! Who somebody is outside the bus: verifying tokens and leaf certificates, and presenting one's own.
//!
//! ```text
//! Passport ──credential, proof──▶ Verifier ──▶ Caller ──proves?──▶ let in, unless Refusals say no
//! ```
//!
//! Promises: a credential is believed only under the CA of the property it names, within its life,
//! and for that property; a token only when `authority` of that property signed it; nobody is let
//! in by a credential alone, except by a bearer token over TLS. Time is an argument.
//! Deliberately not here: which tokens are minted, which belongs to `authority`.

mod follow;
mod passport;
mod refusals;
mod replacement;
mod token;
mod verifier;

use wire::authority::Digits;
use wire::bound::INTEGER_MAX;
use wire::credential::{Standing, label, proof};
use wire::{
    Code, Component, Integer, Nonce, Principal, Problem, PublicKey, Signature, SittingId, TokenId,
    Word,
};

use crate::identity::{PrincipalKind, Realm, SpiffeId, WrongCertificate};

pub use follow::{NotAList, believed, follow_revocations, revocations};
pub use passport::{NotThisKey, Passport};
pub use refusals::Refusals;
pub use replacement::{NotAReplacement, claimed_replacement, verify_replacement};
pub(crate) use token::sign_by;
pub use token::{jwk, sign as sign_token};
pub use verifier::Verifier;

/// How far ahead of ours the clock of a signer may be, in milliseconds.
const SKEW_MS: u64 = 60_000;

/// Somebody whose credential was found valid; whether they hold its key is a question of
/// [`Caller::proves`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Where they belong.
    pub realm: Realm,
    /// Who they are.
    pub principal: Principal,
    /// What they are allowed by what they are.
    pub standing: Standing,
    /// Which program they are, if they are one.
    pub component: Option<Component>,
    /// Their key; a bearer token names none.
    pub key: Option<PublicKey>,
    /// Until when the credential is good, in Unix milliseconds.
    pub expires_at: Integer,
    /// The token they came with; a bearer token has the name of the bound one it came from.
    pub token: Option<TokenId>,
    /// The sitting of a guest.
    pub sitting: Option<SittingId>,
    /// The table of a guest.
    pub table: Option<Word>,
}

impl Caller {
    /// Whom the certificate of a connection names; the handshake has verified it and its key, and
    /// the connection's end is theirs.
    pub fn certified(spiffe: &SpiffeId) -> Self {
        let component = spiffe.role == PrincipalKind::Component;
        Self {
            realm: spiffe.realm(),
            principal: spiffe.id.clone(),
            standing: match spiffe.role {
                PrincipalKind::Component => Standing::Component,
                // A tablet with a leaf and no role yet is a machine like any other.
                PrincipalKind::Device | PrincipalKind::Peer => Standing::Device,
                PrincipalKind::Operator => Standing::Operator,
            },
            component: component.then(|| spiffe.id.as_str().parse().ok()).flatten(),
            key: None,
            expires_at: Integer::new(INTEGER_MAX).unwrap_or_default(),
            token: None,
            sitting: None,
            table: None,
        }
    }

    /// Whether `signature` over `message` was made with the caller's key; `message` is a
    /// [`wire::credential::proof`].
    pub fn proves(&self, message: &[u8], signature: &Signature) -> bool {
        self.key
            .is_some_and(|key| verified(&key, message, signature))
    }
}

/// Whether `signature` over `message` was made with `key`.
pub fn verified(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, key.0)
        .verify(message, &signature.0)
        .is_ok()
}

/// What a tablet with this key shows while it waits to be confirmed, and what whoever invited it
/// compares. The nonce is drawn when the key is known, so nobody can look for a key with the same
/// digits.
pub fn digits(nonce: &Nonce, key: &PublicKey) -> Digits {
    let text = proof(label::COMPARE, &[&nonce.0, &key.0]);
    Digits::of(&crate::digest::sha256(&text))
}

/// A new nonce.
pub fn nonce() -> Nonce {
    Nonce(crate::digest::random())
}

/// A credential is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not a token of ours, or longer than any.
    #[error("token is malformed: {what}")]
    Token {
        /// Which part of it.
        what: &'static str,
    },
    /// What the token says cannot be read.
    #[error("token is malformed")]
    Claims(#[source] Problem),
    /// Neither a leaf of ours nor the leaf of a signer of ours.
    #[error("certificate cannot be read")]
    Certificate(#[source] WrongCertificate),
    /// Not issued by the property's CA, or not valid now.
    #[error("certificate is not valid in its property")]
    Path(#[source] rustls::Error),
    /// Of a property that is not served here.
    #[error("credential belongs to another property")]
    OtherProperty,
    /// Not signed by the authority of its property.
    #[error("token is not signed by the property's authority")]
    Issuer,
    /// The signature is of something else.
    #[error("signature of the token is wrong")]
    Signature,
    /// From the future, by more than clocks differ.
    #[error("token is not valid yet")]
    Early,
    /// Its life is over.
    #[error("token has expired")]
    Expired,
}

impl Refused {
    /// The refusal for whoever presented the credential.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::Token { .. } | Self::Claims(_) | Self::Certificate(_) => Code::Malformed,
            Self::Path(_) | Self::OtherProperty | Self::Issuer | Self::Signature | Self::Early => {
                Code::Forbidden
            }
            Self::Expired => Code::Expired,
        };
        Problem::new(code, self.to_string()).at("credential")
    }
}

#[cfg(test)]
mod tests;
