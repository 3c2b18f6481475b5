//! How people's devices and components say who they are outside the bus: roles, tokens, proofs.
//!
//! A credential alone lets nobody in. Its holder also signs, with the key that the credential
//! names, the [`proof`] of what it wants and a nonce of whoever asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Integer;
use crate::id::{Principal, PropertyId, SittingId, TenantId, TokenId, Word};
use crate::octets::Octets;

/// What a person does in the hotel; the word that policies know.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A guest of an open stay or sitting.
    Guest,
    /// Reception.
    FrontDesk,
    /// Rooms.
    Housekeeping,
    /// Dishes.
    Kitchen,
    /// Service and its tills.
    Pos,
    /// Technology of the house.
    Engineering,
    /// All of it.
    Manager,
}

impl Role {
    /// Every role.
    pub const ALL: &[Self] = &[
        Self::Guest,
        Self::FrontDesk,
        Self::Housekeeping,
        Self::Kitchen,
        Self::Pos,
        Self::Engineering,
        Self::Manager,
    ];

    /// Whether the role is one of the hotel's own people.
    pub fn is_staff(self) -> bool {
        self != Self::Guest
    }
}

/// What a principal is allowed by what it is: a person's role, or a kind of machine.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A program of the suite.
    Component,
    /// A thermostat, lock or sensor.
    Device,
    /// A person at a command line.
    Operator,
    /// A person with a page.
    #[serde(untagged)]
    Role(Role),
}

impl Standing {
    /// Whether a guest stands there.
    pub fn is_guest(self) -> bool {
        self == Self::Role(Role::Guest)
    }
}

/// Longest token, in characters; one of ours takes about 2,000.
pub const TOKEN_MAX: usize = 8 * 1024;
/// Longest revocation list, in characters: 900 principals and 900 sittings take about 100,000.
pub const REVOCATIONS_MAX: usize = 128 * 1024;
/// Longest certificate in a credential, in bytes of DER.
pub const CERTIFICATE_MAX: usize = 4 * 1024;

/// Who somebody says they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A token bound to the holder's key ([`POP_TYPE`]), as JWS compact serialisation.
    Token(String),
    /// A leaf certificate of the property, DER.
    Certificate(Octets<CERTIFICATE_MAX>),
}

/// `typ` of a token that is worth something only together with a proof by its `cnf` key.
pub const POP_TYPE: &str = "hotel-pop+jwt";
/// `typ` of a token that is worth something to whoever carries it; over TLS only, 15 minutes.
pub const BEARER_TYPE: &str = "hotel-bearer+jwt";
/// `typ` of a revocation list.
pub const REVOCATIONS_TYPE: &str = "hotel-revocations+jwt";
/// Life of a bearer token, in seconds.
pub const BEARER_LIFE_S: u32 = 15 * 60;
/// Longest life of a token bound to a key, in seconds: 30 days, the last third of a leaf's life.
pub const POP_LIFE_MAX_S: u32 = 30 * 24 * 60 * 60;

/// Header of a token (RFC 7515).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// [`POP_TYPE`], [`BEARER_TYPE`] or [`REVOCATIONS_TYPE`].
    pub typ: String,
    /// Always `ES256`.
    pub alg: String,
    /// The signer's leaf, base64 (not base64url) of DER; exactly one, of `authority`.
    pub x5c: Vec<String>,
}

/// What a token says (RFC 7519, RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    /// The company.
    pub tenant: TenantId,
    /// The hotel; nobody else's verifier takes it.
    pub property: PropertyId,
    /// Whom the token is issued to.
    pub sub: Principal,
    /// What they do.
    pub role: Role,
    /// Name of this token; a bearer token has that of the bound one it came from.
    pub jti: TokenId,
    /// From when, in Unix seconds.
    pub iat: Integer,
    /// Until when, in Unix seconds.
    pub exp: Integer,
    /// The key it is bound to; absent in a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The sitting a guest's token is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitting: Option<SittingId>,
    /// The table of that sitting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Word>,
}

/// The key a token is bound to (RFC 7800 §3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmation {
    /// The public key.
    pub jwk: Jwk,
}

/// A public key on P-256 (RFC 7518 §6.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jwk {
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// The point's first coordinate.
    pub x: Octets<32>,
    /// The point's second coordinate.
    pub y: Octets<32>,
}

/// Who is refused although their credential is valid; one growing, numbered list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Revocations {
    /// Grows with every list; a lower number than the last one seen is not believed.
    pub number: Integer,
    /// When it was signed, in Unix seconds.
    pub iat: Integer,
    /// Principals that are refused altogether.
    pub principals: Vec<Principal>,
    /// Tokens that are refused; kept until they would have expired.
    pub tokens: Vec<TokenId>,
    /// Sittings that are over; kept until the last of their tokens would have expired.
    pub sittings: Vec<SittingId>,
}

/// What is signed to prove that a key is at hand.
///
/// The bytes are the label, a zero octet, and each part behind its length in four octets, most
/// significant first. No two lists of parts, and no two labels, share a text.
pub fn proof(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = label.as_bytes().to_vec();
    bytes.push(0);
    for part in parts {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

/// Labels of [`proof`]: what a signature was made for, so that it serves for nothing else.
pub mod label {
    /// Joining a signaling server: its nonce, then the property.
    pub const SIGNALING_JOIN: &str = "hotel-signaling-join-v1";
    /// A POST to a signaling server's HTTP endpoint: its nonce, the path, the SHA-256 of the body.
    pub const SIGNALING_POST: &str = "hotel-signaling-post-v1";
    /// Asking for a bearer token: the authority's nonce, the SHA-256 of the bound token.
    pub const BEARER: &str = "hotel-bearer-v1";
    /// Asking for the next bound token: the authority's nonce, the SHA-256 of the present one.
    pub const RENEW: &str = "hotel-renew-v1";
    /// Asking for the next leaf: the authority's nonce, the SHA-256 of the present leaf, the SHA-256
    /// of the signing request.
    pub const RENEW_LEAF: &str = "hotel-renew-leaf-v1";
    /// Enrolling: the one-time code, the public key.
    pub const ENROL: &str = "hotel-enrol-v1";
    /// Comparing a tablet that enrols: the authority's nonce, the public key; hashed, not signed.
    pub const COMPARE: &str = "hotel-compare-v1";
    /// Asking for a guest's token: the table, the public key.
    pub const GUEST: &str = "hotel-guest-v1";
    /// Handshake on a channel: the signer's position (`offerer` or `answerer`), then the SHA-256
    /// of both Hellos, each behind its length in four octets, the offerer's first.
    pub const PEER_HANDSHAKE: &str = "hotel-peer-handshake-v1";
    /// Wanting a bolt turned: property, execution, device, operation, arguments as canonical JSON,
    /// expiry; texts and decimal numbers.
    pub const DOOR_PETITION: &str = "hotel-door-petition-v1";
    /// A gateway's command to a lock: property, device, boot, execution, operation, arguments as
    /// canonical JSON, expiry, the lock's challenge, milliseconds since it.
    pub const DOOR_COMMAND: &str = "hotel-door-command-v1";
    /// The end of the audit trail: property, place, digest, moment.
    pub const AUDIT_HEAD: &str = "hotel-audit-head-v1";
}
